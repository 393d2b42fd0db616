#include "simulator/platform/roles/ykc/frames.h"

#include "simulator/codec/json/writer.h"
#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/describe.h"
#include "simulator/codec/ykc/frame.h"
#include "simulator/codec/ykc/text.h"

namespace vfleet::platform::ykc {
namespace {

constexpr std::string_view kPrefix = "ykc_";
constexpr std::uint8_t kQrPrefix = 0xF0;

}  // namespace

Frames::Frames() : layout_(*codec::ykc::built_in("ykc")) {
  for (const codec::ykc::FrameLayout& frame : layout_.frames()) {
    known_[frame.type] = {&frame, frame.find("pile"), frame.find("gun"), frame.find("order"),
                          std::string(kPrefix) + frame.name};
  }
}

const Frames::Known* Frames::find(std::string_view name) const {
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  const codec::ykc::FrameLayout* frame = layout_.find(name);
  return frame == nullptr ? nullptr : find(frame->type);
}

std::optional<std::uint8_t> answer_to(std::uint8_t type) {
  switch (type) {
    case 0x12:  // the data themselves
    case 0x62:
    case kQrPrefix:
      return static_cast<std::uint8_t>(type + 1);
    case 0x34:
    case 0x36:
    case 0x42:
    case 0x44:
    case 0x46:
    case 0x48:
    case 0x52:
    case 0x56:
    case 0x58:
    case 0x92:
    case 0x94:
    case 0xA4:
      return static_cast<std::uint8_t>(type - 1);
    default:
      return std::nullopt;
  }
}

bool is_of_piles(std::uint8_t type) {
  return type % 2 == 1;
}

std::string frame_json(const codec::ykc::Layout& layout, std::string_view bytes) {
  const auto frame = codec::ykc::parse_frame(bytes);
  std::string out;
  codec::json::Writer writer(out);
  writer.begin_object();
  const codec::ykc::FrameLayout* read = frame ? codec::ykc::readable(layout, *frame) : nullptr;
  if (read != nullptr) {
    writer.key("type").text(codec::ykc::type_text(frame->type));
    writer.key("name").text(read->name);
    writer.key("sequence").integer(frame->sequence);
    writer.key("data");
    codec::ykc::write_fields(codec::ykc::BodyReader(layout, *read, frame->body), writer);
  }
  std::string hex;
  codec::ykc::append_hex(bytes, hex);
  writer.key("hex").text(hex);
  writer.end_object();
  return out;
}

std::optional<std::string> json_of_hex(std::string_view digits) {
  std::string bytes;
  if (!digits.starts_with("68") || !codec::ykc::append_bytes(digits, bytes) ||
      !codec::ykc::parse_frame(bytes))
    return std::nullopt;
  return frame_json(*codec::ykc::built_in("ykc"), bytes);
}

}  // namespace vfleet::platform::ykc
