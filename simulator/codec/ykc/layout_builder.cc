#include "simulator/codec/ykc/layout_builder.h"

#include <algorithm>

#include "simulator/codec/ykc/field_spec.h"
#include "simulator/codec/ykc/text.h"
#include "simulator/core/suggest.h"

namespace vfleet::codec::ykc {
namespace {

tl::unexpected<Error> wrong(std::string text) {
  return fail(Errc::invalid_argument, std::move(text));
}

// "cards.logical_card"
bool is_field_name(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return is_name(name);
  return is_name(name.substr(0, dot)) && is_name(name.substr(dot + 1));
}

std::vector<std::string> names_of(const std::vector<FieldLine>& lines) {
  std::vector<std::string> names;
  for (const FieldLine& line : lines) names.push_back(line.name);
  return names;
}

std::string unknown(std::string_view name, const std::vector<FieldLine>& lines) {
  return "there is no field '" + std::string(name) + "'" + did_you_mean(nearest_word(name, names_of(lines)));
}

// The line without "after NAME", which says where it goes now and not what it is.
std::string without_after(std::string_view spec) {
  const std::size_t mark = spec.starts_with('#') ? 0 : std::min(spec.find(" #"), spec.size());
  std::string_view rest = spec.substr(0, mark);
  std::string out;
  for (std::string_view word; !(word = take_word(rest)).empty();) {
    if (word == "after") {
      (void)take_word(rest);
      continue;
    }
    out += (out.empty() ? "" : " ") + std::string(word);
  }
  const std::string_view doc = trimmed(spec.substr(mark));
  return doc.empty() ? out : out + " " + std::string(doc);
}

/// Gives the fields of a frame their places.
class Placer {
 public:
  explicit Placer(FrameLayout& frame) : frame_(frame) {}

  Status line(const FieldLine& line) {
    auto spec = parse_spec(line.spec);
    if (!spec) return wrong(line.name + ": " + spec.error().detail);
    return spec->kind == FieldSpec::Kind::rows ? rows(line.name, *spec) : field(line.name, *spec);
  }

  Status finish() {
    if (at_ % 8 != 0) return inside("the end");
    if (!frame_.group) {
      if (!optional_) frame_.bytes = at_ / 8;
      return total(at_ / 8);
    }
    Group& group = *frame_.group;
    if (group.first == frame_.fields.size()) return wrong(group.name + ": no field " + group.name + ".NAME");
    group.row_bytes = at_ / 8;
    if (group.rows_max == 0) group.rows_max = (kBodyBytesMax - frame_.bytes) / group.row_bytes;
    if (auto good = total(frame_.bytes + group.rows_max * group.row_bytes); !good) return good;
    frame_.bytes += group.rows * group.row_bytes;
    return {};
  }

 private:
  Status inside(std::string_view what) const {
    return wrong(std::string(what) + " is inside a byte: the numbers before it end " +
                 std::to_string(at_ % 8) + " bits into one");
  }

  static Status total(std::size_t bytes) {
    if (bytes <= kBodyBytesMax) return {};
    return wrong("the body has up to " + std::to_string(bytes) + " bytes; a frame holds " +
                 std::to_string(kBodyBytesMax));
  }

  // The field that says how many rows or how long a text is.
  Result<int> counting(const std::string& name, const std::string& count) const {
    const int at = frame_.find(count);
    if (at < 0) return wrong(name + ": no field '" + count + "' stands before it");
    const Field& field = frame_.fields[static_cast<std::size_t>(at)];
    if (field.encoding != Encoding::number || field.decimals != 0 || field.offset != 0 || field.optional) {
      return wrong(name + ": '" + count + "' is no plain number");
    }
    return at;
  }

  Status rows(const std::string& name, const FieldSpec& spec) {
    if (frame_.group || varies_ || optional_) return wrong(name + ": only one thing can vary, at the end");
    if (at_ % 8 != 0) return inside(name);
    Group group;
    group.name = name;
    group.doc = spec.field.doc;
    group.first = frame_.fields.size();
    group.rows = spec.rows;
    group.rows_max = spec.rows_max;
    if (!spec.count.empty()) {
      const auto count = counting(name, spec.count);
      if (!count) return tl::unexpected<Error>(count.error());
      group.count_field = *count;
    }
    frame_.bytes = at_ / 8;
    at_ = 0;
    frame_.group = std::move(group);
    return {};
  }

  Status field(const std::string& name, FieldSpec& spec) {
    Field& field = spec.field;
    const std::size_t dot = name.find('.');
    if (frame_.group && name.substr(0, dot) != frame_.group->name) {
      return wrong(name + ": stands behind the rows of " + frame_.group->name + ", which are a body's end");
    }
    if (frame_.group.has_value() != (dot != std::string::npos)) {
      return wrong(name + ": no line '" + name.substr(0, dot) + ": repeat ...' stands before it");
    }
    if (varies_) return wrong(name + ": stands behind a text that varies, which is a body's end");
    if (optional_ && !field.optional) return wrong(name + ": stands behind one that is optional");
    if ((field.encoding != Encoding::number || field.optional) && at_ % 8 != 0) return inside(name);
    if (field.optional && (frame_.group || field.bit_size % 8 != 0)) {
      return wrong(name + ": what is optional is whole bytes, and no part of a row");
    }
    if (!spec.count.empty()) {
      if (frame_.group || field.optional) return wrong(name + ": a text that varies is a body's end");
      const auto count = counting(name, spec.count);
      if (!count) return tl::unexpected<Error>(count.error());
      field.length_field = *count;
      varies_ = true;
    }
    if (field.optional && !optional_) {
      optional_ = true;
      frame_.bytes = at_ / 8;
    }
    field.name = name;
    field.bit_at = at_;
    at_ += field.bit_size;
    frame_.fields.push_back(std::move(field));
    return {};
  }

  FrameLayout& frame_;
  std::size_t at_ = 0;  // bits from the body's begin, in a row from the row's
  bool varies_ = false;
  bool optional_ = false;
};

}  // namespace

void LayoutBuilder::begin(std::uint8_t type, std::string_view name) {
  draft_ = {};
  draft_.type = type;
  draft_.name = name;
}

Status LayoutBuilder::begin_like(std::uint8_t type, std::uint8_t other) {
  const FrameLayout* from = layout_.find(other);
  if (from == nullptr) return wrong("there is no frame " + type_text(other) + " to begin with");
  FrameLayout next;
  next.type = type;
  next.name = from->name;
  next.doc = from->doc;
  next.lines = from->lines;
  draft_ = std::move(next);
  return {};
}

Status LayoutBuilder::field(std::string_view name, std::string_view spec) {
  if (!is_field_name(name)) {
    return wrong("'" + std::string(name) + "': a field's name has a-z, 0-9 and _ (in rows ROWS.FIELD)");
  }
  const auto parsed = parse_spec(spec);
  if (!parsed) return tl::unexpected<Error>(parsed.error());
  auto& lines = draft_.lines;
  const auto named = [&](std::string_view what) {
    return std::find_if(lines.begin(), lines.end(), [&](const FieldLine& each) { return each.name == what; });
  };
  const auto old = named(name);
  if (parsed->kind == FieldSpec::Kind::removed) {
    if (old == lines.end()) return wrong(unknown(name, lines));
    lines.erase(old);
    return {};
  }
  FieldLine line{std::string(name), without_after(spec)};
  if (parsed->after.empty()) {
    if (old != lines.end())
      *old = std::move(line);
    else
      lines.push_back(std::move(line));
    return {};
  }
  if (parsed->after == name || named(parsed->after) == lines.end())
    return wrong(unknown(parsed->after, lines));
  if (old != lines.end()) lines.erase(old);
  lines.insert(named(parsed->after) + 1, std::move(line));
  return {};
}

Status LayoutBuilder::end() {
  if (!is_name(draft_.name)) return wrong("a frame's name has a-z, 0-9 and _, not '" + draft_.name + "'");
  for (const FrameLayout& each : layout_.frames_) {
    if (each.name == draft_.name && each.type != draft_.type) {
      return wrong("the frame " + type_text(each.type) + " is called '" + each.name + "' too");
    }
  }
  draft_.fields.clear();
  draft_.group.reset();
  draft_.bytes = 0;
  Placer placer(draft_);
  for (const FieldLine& line : draft_.lines) {
    if (auto placed = placer.line(line); !placed) return placed;
  }
  if (auto good = placer.finish(); !good) return good;
  std::erase_if(layout_.frames_, [&](const FrameLayout& each) { return each.type == draft_.type; });
  layout_.frames_.push_back(std::move(draft_));
  draft_ = {};
  layout_.index();
  return {};
}

Status LayoutBuilder::remove(std::uint8_t type) {
  if (layout_.find(type) == nullptr) return wrong("there is no frame " + type_text(type));
  std::erase_if(layout_.frames_, [&](const FrameLayout& each) { return each.type == type; });
  layout_.index();
  return {};
}

Status set_setting(Settings& settings, std::string_view name, std::string_view value) {
  const auto choose = [&](std::string_view no, std::string_view yes) -> Result<bool> {
    if (value == no || value == yes) return value == yes;
    return wrong("expected " + std::string(no) + " or " + std::string(yes) + ", not '" + std::string(value) +
                 "'");
  };
  const auto take = [](const Result<bool>& chosen, auto&& set) -> Status {
    if (!chosen) return tl::unexpected<Error>(chosen.error());
    set(*chosen);
    return {};
  };
  if (name == "fault_bit_base") {
    return take(choose("0", "1"), [&](bool one) { settings.fault_bit_base = one ? 1 : 0; });
  }
  if (name == "card_order") {
    return take(choose("printed", "reversed"), [&](bool yes) { settings.card_reversed = yes; });
  }
  if (name == "weekday") return take(choose("off", "on"), [&](bool on) { settings.weekday = on; });
  if (name == "crc_order") {
    return take(choose("low", "high"),
                [&](bool high) { settings.crc_order = high ? CrcOrder::high_first : CrcOrder::low_first; });
  }
  const std::vector<std::string> names = {"fault_bit_base", "card_order", "weekday", "crc_order"};
  std::string near = nearest_word(name, names);
  return wrong("unknown setting; there are fault_bit_base, card_order, weekday and crc_order" +
               did_you_mean(near));
}

}  // namespace vfleet::codec::ykc
