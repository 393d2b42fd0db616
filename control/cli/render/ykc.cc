#include "control/cli/render/ykc.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/cli/render/table.h"
#include "simulator/codec/ykc/describe.h"
#include "simulator/codec/ykc/text.h"

namespace vfleet::cli {
namespace {

namespace ykc = codec::ykc;

// Where a field stands: "24", "31.4" (bit 4 of that byte), "+8" in a row.
std::string place(const ykc::FrameLayout& frame, std::size_t index) {
  const ykc::Field& field = frame.fields[index];
  std::string text = frame.in_group(index) ? "+" : "";
  text += std::to_string(field.bit_at / 8);
  if (field.bit_size % 8 != 0) text += fmt::format(".{}", field.bit_at % 8);
  return text;
}

// A line of the table in parts: "u8 x0.1 V", "0 off, 1 on".
struct SpecParts {
  std::string written;
  std::string words;
};

SpecParts parts_of(std::string_view spec) {
  SpecParts parts;
  for (std::string_view word; !(word = ykc::take_word(spec)).empty();) {
    if (word.front() == '#') break;
    if (const std::size_t equals = word.find('='); equals != std::string_view::npos) {
      parts.words += fmt::format("{}{} {}", parts.words.empty() ? "" : ", ", word.substr(0, equals),
                                 word.substr(equals + 1));
    } else {
      parts.written += (parts.written.empty() ? "" : " ") + std::string(word);
    }
  }
  return parts;
}

// Calls with (place, name, written, values, doc) of each line of a frame.
template <class Row>
void each_line(const ykc::FrameLayout& frame, const Row& row) {
  for (const ykc::FieldLine& line : frame.lines) {
    const int index = frame.find(line.name);
    const SpecParts parts = parts_of(line.spec);
    if (index >= 0) {
      const auto at = static_cast<std::size_t>(index);
      row(place(frame, at), line.name, parts.written, parts.words, frame.fields[at].doc);
    } else if (frame.group) {
      row(std::to_string(frame.bytes - frame.group->rows * frame.group->row_bytes), line.name, parts.written,
          parts.words, frame.group->doc);
    }
  }
}

std::string_view sender(const ykc::FrameLayout& frame) {
  return frame.type % 2 != 0 ? "pile" : "platform";
}

std::string field_table(const ykc::Layout& layout, const DecodedPiece& decoded, const Style& style) {
  const ykc::BodyReader body(layout, *decoded.layout, decoded.piece.frame.body);
  Table table({"  BYTE", "FIELD", "BYTES", "VALUE", "MEANING"});
  const auto row = [&](std::size_t index, std::size_t number) {
    const int field = static_cast<int>(index);
    if (!body.has(field, number)) return;
    const ykc::Field& what = decoded.layout->fields[index];
    std::string name = what.name;
    if (decoded.layout->in_group(index)) name.insert(name.find('.'), fmt::format("[{}]", number));
    std::string value;
    ykc::append_value(body, field, number, value);
    if (!what.unit.empty() && what.words.empty()) value += " " + what.unit;
    table.row({fmt::format("  {}", body.offset(field, number)), name, spaced_hex(body.bytes(field, number)),
               value, what.doc});
  };
  for (std::size_t i = 0; i < decoded.layout->fields.size() && !decoded.layout->in_group(i); ++i) row(i, 0);
  for (std::size_t number = 0; number < body.rows(); ++number) {
    for (std::size_t i = decoded.layout->group->first; i < decoded.layout->fields.size(); ++i) row(i, number);
  }
  return table.render(style);
}

std::string deviation_text(const ykc::Deviation& deviation) {
  return fmt::format("byte {} of the body{}: {}", deviation.offset,
                     deviation.field.empty() ? "" : ", " + deviation.field, deviation.what);
}

void markdown_cell(std::string& out, std::string_view text) {
  out += " ";
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  out += " |";
}

void append_markdown(const ykc::FrameLayout& frame, std::string& out) {
  out += fmt::format("\n### {} {}\n\nFrom the {}, {} bytes.", ykc::type_text(frame.type), frame.name,
                     sender(frame), frame.length_text());
  if (!frame.doc.empty()) {
    std::string doc = frame.doc;
    if (doc[0] >= 'a' && doc[0] <= 'z') doc[0] = static_cast<char>(doc[0] - 'a' + 'A');
    out += fmt::format(" {}.", doc);
  }
  out += "\n\n| Byte | Field | Written | Values | Meaning |\n|---|---|---|---|---|\n";
  each_line(frame, [&](const auto&... cells) {
    out += "|";
    (markdown_cell(out, cells), ...);
    out += "\n";
  });
}

}  // namespace

DecodedPiece decode_piece(const ykc::Layout& layout, const ykc::Piece& piece) {
  DecodedPiece out;
  out.piece = piece;
  if (!piece.is_frame) return out;
  out.layout = ykc::readable(layout, piece.frame);
  if (out.layout != nullptr) {
    out.deviations = ykc::BodyReader(layout, *out.layout, piece.frame.body).check();
  } else if (piece.frame.encryption != 0) {
    out.deviations.push_back(
        {"", 0, fmt::format("encrypted (0x{:02X}): the body cannot be read", piece.frame.encryption)});
  } else {
    out.deviations.push_back(
        {"", 0, fmt::format("{} has no frame {}", layout.name(), ykc::type_text(piece.frame.type))});
  }
  return out;
}

std::string render_pieces(const ykc::Layout& layout, const std::vector<DecodedPiece>& pieces, bool strict,
                          bool verbose, const Style& style) {
  std::string out;
  for (const DecodedPiece& each : pieces) {
    if (each.piece.is_frame) {
      std::string line;
      ykc::append_frame_text(layout, each.piece.frame, line);
      const std::size_t colon = line.find(':') + 1;
      out += style.strong(printable(line.substr(0, colon))) + printable(line.substr(colon)) + "\n";
    } else {
      out += spaced_hex(each.piece.bytes) + "\n";
    }
    if (verbose && each.piece.is_frame && each.piece.wrong.empty()) {
      out +=
          style.faint(fmt::format("  sequence {}, CRC {} byte first", each.piece.frame.sequence,
                                  each.piece.frame.crc_order == ykc::CrcOrder::low_first ? "low" : "high")) +
          "\n";
    }
    if (verbose && each.layout != nullptr) out += field_table(layout, each, style);
    if (!each.piece.wrong.empty()) out += "  " + style.bad("wrong: " + each.piece.wrong) + "\n";
    for (const ykc::Deviation& deviation : each.deviations) {
      const std::string text = printable(deviation_text(deviation));
      out += "  " + (strict ? style.bad("wrong: " + text) : style.warn("deviates: " + text)) + "\n";
    }
  }
  return out;
}

std::string pieces_json(const ykc::Layout& layout, const std::vector<DecodedPiece>& pieces, int status) {
  std::string text;
  codec::json::Writer out(text);
  out.begin_object();
  out.key("status").integer(status);
  out.key("layout").text(layout.name());
  out.key("frames").begin_array();
  for (const DecodedPiece& each : pieces) {
    out.begin_object();
    out.key("offset").integer(static_cast<std::int64_t>(each.piece.offset));
    std::string hex;
    ykc::append_hex(each.piece.bytes, hex);
    out.key("hex").text(hex);
    out.key("wrong");
    if (each.piece.wrong.empty()) {
      out.null();
    } else {
      out.text(each.piece.wrong);
    }
    if (each.piece.is_frame) ykc::write_frame(layout, each.piece.frame, out, each.piece.wrong.empty());
    out.key("deviations").begin_array();
    for (const ykc::Deviation& deviation : each.deviations) {
      out.begin_object();
      out.key("field").text(deviation.field);
      out.key("offset").integer(static_cast<std::int64_t>(deviation.offset));
      out.key("what").text(deviation.what);
      out.end_object();
    }
    out.end_array();
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return text;
}

std::string render_frame_list(const ykc::Layout& layout, const Style& style) {
  Table table({"TYPE", "NAME", "FROM", "BYTES", "WHAT"});
  for (const ykc::FrameLayout& frame : layout.frames()) {
    table.row(
        {ykc::type_text(frame.type), frame.name, std::string(sender(frame)), frame.length_text(), frame.doc});
  }
  return table.render(style);
}

std::string render_frame_layout(const ykc::FrameLayout& frame, const Style& style) {
  std::string out = fmt::format("{} {}, from the {}, {} bytes\n", ykc::type_text(frame.type), frame.name,
                                sender(frame), frame.length_text());
  if (!frame.doc.empty()) out += frame.doc + "\n";
  Table table({"BYTE", "FIELD", "WRITTEN", "MEANING"});
  each_line(frame,
            [&](const auto& at, const auto& name, const auto& written, const auto& words, const auto& doc) {
              const std::string between = words.empty() || doc.empty() ? "" : "; ";
              table.row({at, name, written, std::string(doc) + between + words});
            });
  return out + table.render(style);
}

std::string frames_markdown(const ykc::Layout& layout, const ykc::FrameLayout* only) {
  std::string out;
  for (const ykc::FrameLayout& frame : layout.frames()) {
    if (only == nullptr || only == &frame) append_markdown(frame, out);
  }
  return out.substr(1);
}

nlohmann::json frames_json(const ykc::Layout& layout, const ykc::FrameLayout* only) {
  nlohmann::json frames = nlohmann::json::array();
  for (const ykc::FrameLayout& frame : layout.frames()) {
    if (only != nullptr && only != &frame) continue;
    nlohmann::json fields = nlohmann::json::array();
    for (const ykc::FieldLine& line : frame.lines)
      fields.push_back({{"name", line.name}, {"spec", line.spec}});
    frames.push_back({{"type", ykc::type_text(frame.type)},
                      {"name", frame.name},
                      {"from", sender(frame)},
                      {"bytes", frame.length_text()},
                      {"doc", frame.doc},
                      {"fields", std::move(fields)}});
  }
  return {{"status", 0}, {"layout", layout.name()}, {"frames", std::move(frames)}};
}

std::string spaced_hex(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0) out += ' ';
    ykc::append_hex(bytes.substr(i, 1), out);
  }
  return out;
}

}  // namespace vfleet::cli
