// Bytes from a pile or a platform, values from an operator, a vendor's layout. The first byte says which of
// them the rest is:
//
//   0  bytes of a connection, the second byte is the size of the slices
//   1  a value for every field of the frame that the second byte is the type of
//   2  a layout as text
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/framing/framing.h"
#include "simulator/codec/ykc/body_writer.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/cipher.h"
#include "simulator/codec/ykc/describe.h"
#include "simulator/codec/ykc/inspect.h"
#include "simulator/codec/ykc/layout_text.h"
#include "tests/support/ykc_samples.h"

namespace {

using namespace vfleet::codec::ykc;

constexpr std::size_t kLayoutMax = 8192;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string> frames_of(std::string_view bytes, std::size_t slice) {
  FrameReader reader;
  FrameReader::Totals totals;
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size(); at += slice) {
    std::string_view part = bytes.substr(at, slice);
    for (std::string_view frame; !(frame = reader.next(part, totals)).empty();) {
      require(parse_frame(frame).has_value());
      out.emplace_back(frame);
    }
    require(part.empty());
  }
  return out;
}

// The same as a pile's connection finds them.
std::vector<std::string> messages_of(std::string_view bytes, std::size_t slice) {
  namespace framing = vfleet::codec::framing;
  const framing::Framing sized{.kind = framing::Kind::sized, .size_of = sized_frame};
  framing::FrameReader reader;
  std::vector<std::string> out;
  for (std::size_t at = 0; at < bytes.size(); at += slice) {
    std::string_view part = bytes.substr(at, slice);
    std::string_view message;
    while (reader.next(sized, part, message) == framing::FrameReader::Progress::frame) {
      require(!message.empty());
      if (!is_noise(message)) out.emplace_back(message);
    }
    require(part.empty());
  }
  return out;
}

// Whatever a body is, it is decrypted or told to be none of ours; what was encrypted comes back.
void secret(std::string_view body) {
  static const Cipher cipher =
      *Cipher::make({.key = "0123456789ABCDEFFEDCBA9876543210", .mode = CipherSettings::Mode::cbc});
  std::string plain;
  if (cipher.decrypt(body, plain)) require(plain.size() < body.size());
  std::string wire;
  if (!cipher.encrypt(body, wire)) return;
  plain.clear();
  require(cipher.decrypt(wire, plain));
  require(plain == body);
}

// A body that is strictly as the layout says is the same after all its values were read and written.
void there_and_back(const Layout& layout, const FrameLayout& frame, std::string_view body) {
  const BodyReader reader(layout, frame, body);
  for (const Deviation& each : reader.check()) require(each.offset <= body.size() && !each.what.empty());
  if (!reader.check().empty()) return;
  const auto again = body_of(layout, frame, values_of(reader));
  require(again.has_value());
  require(*again == body);
}

void show(const Layout& layout, const Frame& frame) {
  std::string text;
  append_frame_text(layout, frame, text);
  for (const char c : text) require(c >= ' ' && c <= '~');
  std::string json;
  vfleet::codec::json::Writer out(json);
  out.begin_object();
  write_frame(layout, frame, out);
  out.end_object();
  require(nlohmann::json::accept(json));
  if (const FrameLayout* known = readable(layout, frame)) there_and_back(layout, *known, frame.body);
}

void connection(std::string_view bytes, std::size_t slice) {
  const auto whole = frames_of(bytes, std::max<std::size_t>(bytes.size(), 1));
  require(frames_of(bytes, slice) == whole);
  require(messages_of(bytes, slice) == whole);
  std::size_t at = 0;
  for (const Piece& piece : inspect(bytes)) {
    require(piece.offset == at && !piece.bytes.empty());
    at += piece.bytes.size();
    if (piece.is_frame) show(*built_in("ykc"), piece.frame);
    if (piece.is_frame) secret(piece.frame.body);
    require(piece.is_frame || !piece.wrong.empty());
  }
  require(at == bytes.size());
}

void values(std::uint8_t type, const std::string& value) {
  const Layout& layout = *built_in("ykc");
  const FrameLayout* frame = layout.find(type);
  if (frame == nullptr) return;
  for (std::size_t i = 0; i < frame->fields.size(); ++i) {
    std::string name = frame->fields[i].name;
    if (frame->in_group(i)) name.insert(name.find('.'), "[0]");
    std::string body;
    BodyWriter writer(layout, *frame, body);
    const bool good = writer.set(name, value).has_value();
    require(writer.good());  // what set() says, it says to its caller alone
    if (!good) continue;
    require(body.size() <= kBodyBytesMax);
    there_and_back(layout, *frame, body);
  }
}

void fork(std::string_view text) {
  if (text.size() > kLayoutMax) return;
  const auto layout = parse_layout(text);
  if (!layout) {
    require(layout.error().detail.starts_with("line "));
    return;
  }
  const std::string written = to_text(*layout);
  const auto again = parse_layout(written);
  require(again.has_value());
  require(to_text(*again) == written);
  vfleet::Random random(1, 1, "fork");
  for (const FrameLayout& frame : layout->frames()) {
    require(frame.bytes <= kBodyBytesMax);
    show(*layout, {.type = frame.type, .body = std::string(frame.bytes, '\xff')});
    there_and_back(*layout, frame, std::string(frame.bytes, '\0'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string rest(reinterpret_cast<const char*>(data + 2), size - 2);
  if (data[0] == 0) connection(rest, 1 + data[1]);
  if (data[0] == 1) values(data[1], rest);
  if (data[0] == 2) fork(rest);
  return 0;
}
