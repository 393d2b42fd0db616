#include "simulator/codec/ykc/describe.h"

#include <algorithm>

#include "simulator/codec/ykc/civil_time.h"
#include "simulator/codec/ykc/text.h"
#include "simulator/codec/ykc/wire_bits.h"

namespace vfleet::codec::ykc {
namespace {

bool all_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

void append_flags(const Field& field, std::int64_t flags, std::string& out) {
  bool first = true;
  for (int number = 0; number <= static_cast<int>(field.bit_size); ++number) {
    if ((flags >> number & 1) == 0) continue;
    if (!first) out += ',';
    first = false;
    if (const Word* word = field.word(number)) {
      out += word->text;
    } else {
      out += "bit" + std::to_string(number);
    }
  }
  if (first) out += "none";
}

// Text that is more than its characters show: bytes instead.
bool readable_text(std::string_view text) {
  return !text.starts_with("raw:") &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// As on the wire.
void append_raw(const BodyReader& body, int index, std::size_t row, std::string& out) {
  out += "raw:";
  append_hex(body.bytes(index, row), out);
}

void append_people(const BodyReader& body, int index, std::size_t row, std::string& out) {
  const Field& field = body.frame().fields[static_cast<std::size_t>(index)];
  const std::size_t at = out.size();
  append_value(body, index, row, out);
  switch (field.encoding) {
    case Encoding::number: {
      if (field.unit.empty() || !field.words.empty()) return;
      out += ' ';
      out += field.unit;
      return;
    }
    case Encoding::bcd:
      if (field.bit_size == 8 && out.size() - at == 2 && out[at] == '0') out.erase(at, 1);
      [[fallthrough]];
    case Encoding::hex:
    case Encoding::card:
      if (all_zero(body.bytes(index, row))) out.replace(at, std::string::npos, "0");
      return;
    case Encoding::ascii:
      if (out.size() == at) {
        out += "\"\"";
      } else if (out.find(' ', at) != std::string::npos) {
        out.insert(at, 1, '"');
        out += '"';
      }
      return;
    case Encoding::bits:
    case Encoding::cp56:
      return;
  }
}

void write_value(const BodyReader& body, int index, std::size_t row, json::Writer& out) {
  const Field& field = body.frame().fields[static_cast<std::size_t>(index)];
  const auto number = body.number(index, row);
  if (number && field.encoding == Encoding::number && field.word(*number) == nullptr) {
    out.fixed(*number, field.decimals);
    return;
  }
  if (number && field.encoding == Encoding::bcd && field.bit_size == 8) {
    out.integer(*number);
    return;
  }
  std::string text;
  if (field.encoding != Encoding::bits) {
    append_value(body, index, row, text);
    out.text(text);
    return;
  }
  out.begin_array();
  for (int flag = 0; flag <= static_cast<int>(field.bit_size); ++flag) {
    if ((*number >> flag & 1) == 0) continue;
    const Word* word = field.word(flag);
    out.text(word != nullptr ? word->text : "bit" + std::to_string(flag));
  }
  out.end_array();
}

// The field's name within its row.
std::string_view short_name(const Field& field) {
  return std::string_view(field.name).substr(field.name.find('.') + 1);
}

void append_rows(const BodyReader& body, std::string& out) {
  const Group& group = *body.frame().group;
  out += ' ' + group.name + " [";
  const bool single = group.first + 1 == body.frame().fields.size();
  std::string last;
  std::size_t times = 0;
  std::string row_text;
  const auto flush = [&] {
    if (times == 0) return;
    if (out.back() != '[') out += single ? " " : "; ";
    out += last;
    if (times > 1) out += "*" + std::to_string(times);
  };
  for (std::size_t row = 0; row < body.rows(); ++row) {
    row_text.clear();
    for (std::size_t i = group.first; i < body.frame().fields.size(); ++i) {
      if (!single) {
        if (i != group.first) row_text += ' ';
        row_text += short_name(body.frame().fields[i]);
        row_text += ' ';
      }
      append_people(body, static_cast<int>(i), row, row_text);
    }
    if (single && row_text == last && times != 0) {
      ++times;
      continue;
    }
    flush();
    last = row_text;
    times = 1;
  }
  flush();
  out += ']';
}

}  // namespace

void append_value(const BodyReader& body, int index, std::size_t row, std::string& out) {
  if (!body.has(index, row)) return;
  const Field& field = body.frame().fields[static_cast<std::size_t>(index)];
  const auto number = body.number(index, row);
  switch (field.encoding) {
    case Encoding::number: {
      if (const Word* word = field.word(*number)) {
        out += word->text;
      } else {
        append_scaled(*number, field.decimals, out);
      }
      return;
    }
    case Encoding::bits:
      return append_flags(field, *number, out);
    case Encoding::cp56:
      if (number) return append_time(*number, out);
      return append_raw(body, index, row, out);
    case Encoding::ascii: {
      const std::size_t at = out.size();
      body.append_text(index, row, out);
      if (readable_text(std::string_view(out).substr(at))) return;
      out.resize(at);
      return append_raw(body, index, row, out);
    }
    case Encoding::bcd:
    case Encoding::hex:
    case Encoding::card:
      return body.append_text(index, row, out);
  }
}

void append_fields(const BodyReader& body, std::string& out) {
  const FrameLayout& frame = body.frame();
  const std::size_t at = out.size();
  for (std::size_t i = 0; i < frame.fields.size() && !frame.in_group(i); ++i) {
    if (!body.has(static_cast<int>(i))) continue;
    out += ' ' + frame.fields[i].name + ' ';
    append_people(body, static_cast<int>(i), 0, out);
  }
  if (frame.group) append_rows(body, out);
  if (out.size() > at) out.erase(at, 1);
}

void write_fields(const BodyReader& body, json::Writer& out) {
  const FrameLayout& frame = body.frame();
  out.begin_object();
  for (std::size_t i = 0; i < frame.fields.size() && !frame.in_group(i); ++i) {
    if (!body.has(static_cast<int>(i))) continue;
    out.key(frame.fields[i].name);
    write_value(body, static_cast<int>(i), 0, out);
  }
  if (frame.group) {
    const std::size_t first = frame.group->first;
    const bool single = first + 1 == frame.fields.size();
    out.key(frame.group->name).begin_array();
    for (std::size_t row = 0; row < body.rows(); ++row) {
      if (!single) out.begin_object();
      for (std::size_t i = first; i < frame.fields.size(); ++i) {
        if (!single) out.key(short_name(frame.fields[i]));
        write_value(body, static_cast<int>(i), row, out);
      }
      if (!single) out.end_object();
    }
    out.end_array();
  }
  out.end_object();
}

const FrameLayout* readable(const Layout& layout, const Frame& frame) {
  return frame.encryption == 0 ? layout.find(frame.type) : nullptr;
}

void append_frame_text(const Layout& layout, const Frame& frame, std::string& out) {
  const FrameLayout* known = layout.find(frame.type);
  out += type_text(frame.type);
  out += ' ';
  out += known == nullptr ? std::string_view("unknown") : std::string_view(known->name);
  out += ": ";
  if (const FrameLayout* read = readable(layout, frame)) {
    append_fields(BodyReader(layout, *read, frame.body), out);
    return;
  }
  if (frame.encryption != 0) out += "encrypted (" + std::to_string(frame.encryption) + ") ";
  append_hex(frame.body, out);
}

void write_frame(const Layout& layout, const Frame& frame, json::Writer& out, bool crc_is_right) {
  const FrameLayout* known = layout.find(frame.type);
  out.key("type").text(type_text(frame.type));
  out.key("name");
  if (known == nullptr) {
    out.null();
  } else {
    out.text(known->name);
  }
  out.key("sequence").integer(frame.sequence);
  out.key("encryption").integer(frame.encryption);
  out.key("crc_order");
  if (crc_is_right) {
    out.text(frame.crc_order == CrcOrder::low_first ? "low" : "high");
  } else {
    out.null();
  }
  if (const FrameLayout* read = readable(layout, frame)) {
    out.key("fields");
    write_fields(BodyReader(layout, *read, frame.body), out);
    return;
  }
  std::string body;
  append_hex(frame.body, body);
  out.key("body").text(body);
}

}  // namespace vfleet::codec::ykc
