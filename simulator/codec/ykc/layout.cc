#include "simulator/codec/ykc/layout.h"

#include <algorithm>
#include <charconv>

namespace vfleet::codec::ykc {

const Word* Field::word(std::int64_t value) const {
  for (const Word& each : words) {
    if (each.value == value) return &each;
  }
  return nullptr;
}

int FrameLayout::find(std::string_view field) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == field) return static_cast<int>(i);
  }
  return -1;
}

std::string FrameLayout::length_text() const {
  std::string text = std::to_string(bytes);
  if (group && group->rows == 0) text += "+" + std::to_string(group->row_bytes) + "n";
  std::size_t optional_bits = 0;
  for (const Field& field : fields) {
    if (field.bit_size == 0) text += "+n";
    if (field.optional) optional_bits += field.bit_size;
  }
  if (optional_bits != 0) text += ".." + std::to_string(bytes + optional_bits / 8);
  return text;
}

Layout::Layout() {
  at_.fill(-1);
}

const FrameLayout* Layout::find(std::uint8_t type) const {
  return at_[type] < 0 ? nullptr : &frames_[static_cast<std::size_t>(at_[type])];
}

const FrameLayout* Layout::find(std::string_view name) const {
  for (const FrameLayout& frame : frames_) {
    if (frame.name == name) return &frame;
  }
  const auto type = parse_type(name);
  return type ? find(*type) : nullptr;
}

void Layout::index() {
  std::sort(frames_.begin(), frames_.end(), [](const auto& a, const auto& b) { return a.type < b.type; });
  at_.fill(-1);
  for (std::size_t i = 0; i < frames_.size(); ++i) at_[frames_[i].type] = static_cast<std::int16_t>(i);
}

std::optional<std::uint8_t> parse_type(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  std::uint8_t type = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), type, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return type;
}

std::string type_text(std::uint8_t type) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  return {'0', 'x', kDigits[type >> 4U], kDigits[type & 15U]};
}

}  // namespace vfleet::codec::ykc
