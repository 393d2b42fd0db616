#include "devices/charging_pile/dialects/ykc/speech.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>

#include "devices/charging_pile/dialects/ykc/gun.h"
#include "simulator/codec/ykc/body_writer.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/civil_time.h"
#include "simulator/codec/ykc/frame.h"
#include "simulator/codec/ykc/layout_builder.h"
#include "simulator/codec/ykc/layout_text.h"

namespace vfleet::pile::ykc {
namespace {

using codec::envelope::Override;
using codec::ykc::BodyWriter;
using codec::ykc::Encoding;
using codec::ykc::Field;
using codec::ykc::FrameLayout;

std::optional<codec::ykc::Layout> make_layout(const Speech::Choice& choice) {
  codec::ykc::Layout base;
  if (const codec::ykc::Layout* known = codec::ykc::built_in(choice.layout)) {
    base = *known;
  } else {
    auto read = codec::ykc::parse_layout(choice.layout);
    if (!read) return std::nullopt;
    base = std::move(*read);
  }
  codec::ykc::LayoutBuilder builder(std::move(base));
  codec::ykc::Settings& settings = builder.settings();
  if (choice.fault_bit_base != FaultBitBase::layout)
    settings.fault_bit_base = choice.fault_bit_base == FaultBitBase::one ? 1 : 0;
  if (choice.card_order != CardOrder::layout)
    settings.card_reversed = choice.card_order == CardOrder::reversed;
  if (choice.weekday != Weekday::layout) settings.weekday = choice.weekday == Weekday::on;
  if (choice.crc_order != CrcFirst::layout) {
    settings.crc_order = choice.crc_order == CrcFirst::low ? codec::ykc::CrcOrder::low_first
                                                           : codec::ykc::CrcOrder::high_first;
  }
  return builder.take();
}

std::int64_t rescale(std::int64_t value, int from, int to) {
  for (; from < to; ++from) value *= 10;
  std::int64_t divisor = 1;
  for (; from > to; --from) divisor *= 10;
  return (value + (value < 0 ? -divisor : divisor) / 2) / divisor;
}

void put_number(BodyWriter& body, int index, const Field& field, std::int64_t value, int decimals) {
  if (field.encoding == Encoding::number) {
    value = std::clamp(rescale(value, decimals, field.decimals), field.low(), field.high());
  } else if (field.encoding == Encoding::cp56) {
    // A platform may have set the clock to the last day that a frame can tell.
    value = std::clamp(value, codec::ykc::kCp56Low, codec::ykc::kCp56High);
  }
  body.number(index, value);
}

// "373.2" as 3732 with one decimal, whatever it means.
std::optional<std::int64_t> plain_number(std::string_view text, int decimals) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  for (int i = 0; i < decimals; ++i) value *= 10;
  if (!(value > -1e18 && value < 1e18)) return std::nullopt;
  return static_cast<std::int64_t>(value < 0 ? value - 0.5 : value + 0.5);
}

Status set_field(BodyWriter& body, const FrameLayout& frame, const Override& override_, bool unchecked) {
  const auto& [name, value] = override_;
  const int index = frame.find(name);
  if (unchecked && index >= 0 && !frame.in_group(static_cast<std::size_t>(index))) {
    const Field& field = frame.fields[static_cast<std::size_t>(index)];
    const auto number = plain_number(value, field.decimals);
    if (field.encoding == Encoding::number && number) {
      put_number(body, index, field, *number, field.decimals);
      return {};
    }
  }
  return body.set(name, value);
}

}  // namespace

const Speech* Speech::of(const Choice& choice) {
  static std::mutex guard;
  static std::map<Choice, std::unique_ptr<const Speech>> made;
  const std::lock_guard lock(guard);
  const auto at = made.find(choice);
  if (at != made.end()) return at->second.get();
  auto layout = make_layout(choice);
  if (!layout) return nullptr;
  return made.emplace(choice, std::make_unique<const Speech>(std::move(*layout))).first->second.get();
}

Speech::Speech(codec::ykc::Layout layout) : layout_(std::move(layout)) {
  static constexpr std::array<std::string_view, 4> kParts = {"_price", "_energy", "_adjusted_energy",
                                                             "_amount"};
  for (const FrameLayout& frame : layout_.frames()) {
    std::vector<Line>& lines = lines_.emplace_back();
    for (std::size_t i = 0; i < frame.fields.size(); ++i) {
      if (frame.in_group(i)) break;
      const Fact* fact = find_fact(frame.type, frame.fields[i].name);
      if (fact != nullptr) lines.push_back({static_cast<int>(i), fact});
    }
    Rates& rates = rates_.emplace_back();
    for (std::size_t p = 0; p < kPeriods; ++p) {
      for (std::size_t part = 0; part < kParts.size(); ++part) {
        rates.fields[p][part] =
            frame.find(std::string(to_string(static_cast<Period>(p))) + std::string(kParts[part]));
      }
    }
    const int result = frame.find("cards.result");
    cards_.push_back({frame.find("cards.physical_card"), result >= 0 ? result : frame.find("cards.exists")});
  }
}

Status Speech::write(const FrameLayout& frame, const Picture& picture, std::span<const Override> overrides,
                     bool unchecked, std::string& out) const {
  const auto at = static_cast<std::size_t>(&frame - layout_.frames().data());
  BodyWriter body(layout_, frame, out);
  for (const auto& [index, fact] : lines_[at]) {
    const Field& field = frame.fields[static_cast<std::size_t>(index)];
    if (fact->number != nullptr) {
      put_number(body, index, field, picture.*(fact->number), fact->decimals);
    } else if (fact->text != nullptr && !(picture.*(fact->text)).empty()) {
      body.text(index, picture.*(fact->text));
    } else if (fact->bytes != nullptr && !(picture.*(fact->bytes)).empty()) {
      body.bytes(index, picture.*(fact->bytes));
    }
  }
  for (std::size_t p = 0; p < kPeriods && frame.type % 2 == 1; ++p) {
    const std::int64_t values[] = {picture.price_e5[p], picture.period_e4[p], picture.period_e4[p],
                                   picture.amount_e4[p]};
    for (std::size_t part = 0; part < 4; ++part) {
      const int index = rates_[at].fields[p][part];
      if (index < 0) continue;
      put_number(body, index, frame.fields[static_cast<std::size_t>(index)], values[part], part == 0 ? 5 : 4);
    }
  }
  for (std::size_t row = 0; row < picture.cards.size() && cards_[at].card >= 0; ++row) {
    body.bytes(cards_[at].card, as_view(picture.cards[row].card), row);
    body.number(cards_[at].verdict, picture.cards[row].verdict, row);
  }
  if (!picture.flag.empty()) body.number(frame.find(picture.flag), 1);
  for (const Override& each : overrides) {
    if (each.first.starts_with("$.")) continue;  // of the frame around it: enclose()
    if (auto set = set_field(body, frame, each, unchecked); !set) return set;
  }
  if (!body.good()) return fail(Errc::invalid_argument, body.error());
  return {};
}

Status Speech::enclose(std::uint8_t type, std::uint16_t sequence, std::string_view body,
                       std::span<const Override> overrides, const codec::ykc::Cipher* cipher,
                       std::string& out) const {
  codec::ykc::Frame frame{.sequence = sequence,
                          .encryption = cipher != nullptr ? codec::ykc::kTripleDes : std::uint8_t{0},
                          .type = type,
                          .body = body,
                          .crc_order = layout_.settings().crc_order};
  bool bad = false;
  for (const auto& [name, value] : overrides) {
    if (!name.starts_with("$.")) continue;
    const auto number = plain_number(value, 0);
    if (name == "$.sequence" && number && *number >= 0 && *number <= 0xFFFF) {
      frame.sequence = static_cast<std::uint16_t>(*number);
    } else if (name == "$.encryption" && number && *number >= 0 && *number <= 0xFF) {
      frame.encryption = static_cast<std::uint8_t>(*number);
    } else if (name == "$.crc" && (value == "low" || value == "high" || value == "bad")) {
      bad = value == "bad";
      if (!bad)
        frame.crc_order = value == "low" ? codec::ykc::CrcOrder::low_first : codec::ykc::CrcOrder::high_first;
    } else {
      return fail(Errc::invalid_argument,
                  name + "=" + value +
                      ": expected $.sequence=0..65535, $.encryption=0..255 or $.crc=low, high or bad");
    }
  }
  static thread_local std::string encrypted;
  if (cipher != nullptr && frame.encryption == codec::ykc::kTripleDes) {
    encrypted.clear();
    if (!cipher->encrypt(body, encrypted))
      return fail(Errc::invalid_argument, "the body is too long to be encrypted");
    frame.body = encrypted;
  }
  if (!codec::ykc::append_frame(frame, out)) return fail(Errc::invalid_argument, "the body is too long");
  if (bad) {  // in either order
    out[out.size() - 2] = static_cast<char>(out[out.size() - 2] ^ 0x33);
    out.back() = static_cast<char>(out.back() ^ 0x5A);
  }
  return {};
}

}  // namespace vfleet::pile::ykc
