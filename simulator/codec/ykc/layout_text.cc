#include "simulator/codec/ykc/layout_text.h"

#include <algorithm>

#include "simulator/codec/ykc/layout_builder.h"
#include "simulator/codec/ykc/text.h"

namespace vfleet::codec::ykc {
namespace {

class Reader {
 public:
  Status line(std::string_view line) {
    const bool inner = !line.empty() && (line.front() == ' ' || line.front() == '\t');
    std::string_view rest = trimmed(line);
    if (rest.empty() || rest.front() == '#') return {};
    if (inner) {
      if (!open_) return fail(Errc::malformed, "a field stands in no frame");
      const std::string_view name = take_word(rest);
      return builder_.field(name, rest);
    }
    if (auto ended = end(); !ended) return ended;
    std::string_view doc;
    if (const std::size_t mark = rest.find(" #"); mark != std::string_view::npos) {
      doc = trimmed(rest.substr(mark + 2));
      rest = rest.substr(0, mark);
    }
    const std::string_view what = take_word(rest);
    if (what == "layout") {
      builder_.name(trimmed(rest));
      builder_.doc(doc);
      return {};
    }
    if (what == "setting") {
      const std::string_view name = take_word(rest);
      return set_setting(builder_.settings(), name, trimmed(rest));
    }
    if (what == "frame") return frame(rest, doc);
    return fail(Errc::malformed, "'" + std::string(what) + "': expected layout, setting or frame");
  }

  Result<Layout> take() {
    if (auto ended = end(); !ended) return tl::unexpected<Error>(ended.error());
    return builder_.take();
  }

 private:
  Status frame(std::string_view rest, std::string_view doc) {
    const std::string_view word = take_word(rest);
    const auto type = parse_type(word);
    if (!type)
      return fail(Errc::malformed, "'" + std::string(word) + "': expected a frame's type, such as 0x13");
    const std::string_view name = take_word(rest);
    const std::string_view like = take_word(rest);
    if (like == "like") {
      const auto other = parse_type(take_word(rest));
      if (!other) return fail(Errc::malformed, "like: expected a frame's type, such as 0x13");
      if (auto begun = builder_.begin_like(*type, *other); !begun) return begun;
      builder_.frame_name(name);
    } else {
      builder_.begin(*type, name);
    }
    if (!like.empty() && (like != "like" || !trimmed(rest).empty())) {
      return fail(Errc::malformed,
                  "'" + std::string(like) + "': expected like 0x13, # and a doc, or nothing");
    }
    builder_.frame_doc(doc);
    open_ = true;
    return {};
  }

  Status end() {
    if (!open_) return {};
    open_ = false;
    return builder_.end();
  }

  LayoutBuilder builder_;
  bool open_ = false;
};

}  // namespace

Result<Layout> parse_layout(std::string_view text) {
  Reader reader;
  std::size_t number = 0;
  const auto at_line = [&](const Error& error) {
    return fail(error.code, "line " + std::to_string(number) + ": " + error.detail);
  };
  for (std::size_t at = 0; at < text.size();) {
    ++number;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (auto read = reader.line(text.substr(at, end - at)); !read) return at_line(read.error());
    at = end + 1;
  }
  auto layout = reader.take();
  if (!layout) return at_line(layout.error());
  return layout;
}

std::string to_text(const Layout& layout) {
  const auto documented = [](std::string line, const std::string& doc) {
    return line + (doc.empty() ? "" : " # " + doc) + "\n";
  };
  const Settings& settings = layout.settings();
  std::string out = documented("layout " + layout.name(), layout.doc());
  out += std::string("setting fault_bit_base ") + (settings.fault_bit_base == 0 ? "0" : "1") + "\n";
  out += std::string("setting card_order ") + (settings.card_reversed ? "reversed" : "printed") + "\n";
  out += std::string("setting weekday ") + (settings.weekday ? "on" : "off") + "\n";
  out += std::string("setting crc_order ") + (settings.crc_order == CrcOrder::high_first ? "high" : "low") +
         "\n";
  for (const FrameLayout& frame : layout.frames()) {
    out += documented("frame " + type_text(frame.type) + " " + frame.name, frame.doc);
    for (const FieldLine& line : frame.lines) out += "  " + line.name + " " + line.spec + "\n";
  }
  return out;
}

}  // namespace vfleet::codec::ykc
