#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>

#include "control/cli/commands/all.h"
#include "control/cli/parser.h"
#include "control/cli/render/ykc.h"
#include "control/cli/session.h"
#include "control/cli/ykc_layout_option.h"
#include "simulator/codec/ykc/body_writer.h"
#include "simulator/codec/ykc/cipher.h"
#include "simulator/codec/ykc/inspect.h"
#include "simulator/codec/ykc/text.h"
#include "simulator/dialect/ykc_layout_file.h"

namespace vfleet::cli {
namespace {

namespace ykc = codec::ykc;

constexpr std::size_t kInputMax = 16 * 1024 * 1024;

// The hexadecimal digits of a line as bytes.
Outcome<std::string> bytes_of(std::string_view line, const std::string& where) {
  std::string digits;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == ' ' || c == '\t' || c == '\r') continue;
    if (ykc::hex_value(c) < 0) {
      return wrong_usage(fmt::format("{}character {} is '{}', no hexadecimal digit", where, i + 1,
                                     c >= ' ' && c <= '~' ? c : '?'),
                         "vfleet ykc decode 68 0C 00 00 00 02 55 03 14 12 78 23 05 00 DA 4C");
    }
    digits += c;
  }
  if (digits.size() % 2 != 0) {
    return wrong_usage(
        fmt::format("{}there are {} digits; a byte has two: one is missing", where, digits.size()));
  }
  std::string bytes;
  [[maybe_unused]] const bool read = ykc::append_bytes(digits, bytes);
  return bytes;
}

// What was given, a line a piece of its own.
Outcome<std::vector<std::string>> input(Session& session, const std::vector<std::string>& words) {
  std::vector<std::string> lines;
  if (words.size() != 1 || words[0] != "-") {
    auto bytes = bytes_of(fmt::format("{}", fmt::join(words, " ")), "");
    if (!bytes) return tl::unexpected<Failure>(bytes.error());
    lines.push_back(std::move(*bytes));
    return lines;
  }
  std::string line;
  std::size_t total = 0;
  for (std::size_t number = 1; std::getline(session.env().in, line); ++number) {
    total += line.size();
    if (total > kInputMax) return wrong_usage(fmt::format("more than {} characters", kInputMax));
    const std::string_view text = ykc::trimmed(line);
    if (text.empty() || text.front() == '#') continue;
    auto bytes = bytes_of(text, fmt::format("line {}: ", number));
    if (!bytes) return tl::unexpected<Failure>(bytes.error());
    lines.push_back(std::move(*bytes));
  }
  return lines;
}

// What --key and the options beside it say; nullopt: there is no key.
Outcome<std::optional<ykc::Cipher>> cipher_of(const Invocation& invocation) {
  using Settings = ykc::CipherSettings;
  const auto key = invocation.text("key");
  if (!key) return std::optional<ykc::Cipher>();
  Settings settings{.key = *key, .iv = invocation.text_or("iv", "")};
  if (invocation.text_or("cipher-mode", "ecb") == "cbc") settings.mode = Settings::Mode::cbc;
  if (invocation.text_or("padding", "pkcs7") == "zeros") settings.padding = Settings::Padding::zeros;
  auto cipher = ykc::Cipher::make(settings);
  if (!cipher) return wrong_usage("--key: " + cipher.error().detail);
  return std::optional<ykc::Cipher>(std::move(*cipher));
}

// An encrypted frame as it was before, as far as the key is right; `kept` owns its body.
void decrypt(const ykc::Cipher& cipher, const ykc::Layout& layout, ykc::Piece& piece,
             std::deque<std::string>& kept) {
  if (!piece.is_frame || piece.frame.encryption != ykc::kTripleDes) return;
  std::string& body = kept.emplace_back();
  if (!cipher.decrypt(piece.frame.body, body)) {
    piece.wrong +=
        std::string(piece.wrong.empty() ? "" : "; ") + "it is encrypted in another way than --key says";
    return;
  }
  piece.frame.encryption = 0;
  piece.frame.body = body;
  if (const ykc::FrameLayout* frame = layout.find(piece.frame.type))
    piece.frame.body = ykc::without_padding(layout, *frame, body);
}

Outcome<ExitStatus> decode(Session& session, const Invocation& invocation, const ykc::Layout& layout,
                           const std::vector<std::string>& words) {
  if (words.empty())
    return wrong_usage("decode needs the frame's digits, or - to read them", "vfleet ykc --help");
  const auto lines = input(session, words);
  if (!lines) return tl::unexpected<Failure>(lines.error());
  const auto cipher = cipher_of(invocation);
  if (!cipher) return tl::unexpected<Failure>(cipher.error());
  const bool strict = invocation.has("strict");
  bool good = true;
  std::deque<std::string> decrypted;
  std::vector<DecodedPiece> pieces;
  for (const std::string& line : *lines) {
    for (ykc::Piece& piece : ykc::inspect(line)) {
      if (*cipher) decrypt(**cipher, layout, piece, decrypted);
      pieces.push_back(decode_piece(layout, piece));
      const DecodedPiece& last = pieces.back();
      good = good && last.piece.wrong.empty() && !(strict && !last.deviations.empty());
    }
  }
  if (pieces.empty()) return wrong_usage("there are no bytes", "vfleet ykc --help");
  const ExitStatus status = good ? ExitStatus::done : ExitStatus::failed;
  if (session.out().json()) {
    session.out().stream_line(pieces_json(layout, pieces, static_cast<int>(status)));
  } else {
    session.out().text(render_pieces(layout, pieces, strict, session.verbose(), session.out().style()));
  }
  return status;
}

tl::unexpected<Failure> unknown_frame(const ykc::Layout& layout, const std::string& name) {
  std::vector<std::string> names;
  for (const ykc::FrameLayout& frame : layout.frames()) names.push_back(frame.name);
  const std::string near = nearest_word(names, name);
  return give_up(ExitStatus::no_match, "unknown_frame",
                 fmt::format("{} has no frame '{}'{}", layout.name(), name,
                             near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
                 "vfleet ykc frames");
}

Outcome<ExitStatus> frames(Session& session, const Invocation& invocation, const ykc::Layout& layout,
                           const std::vector<std::string>& words) {
  if (words.size() > 1) return wrong_usage("frames takes one frame", "vfleet ykc frames realtime");
  const ykc::FrameLayout* only = nullptr;
  if (!words.empty()) {
    only = layout.find(std::string_view(words[0]));
    if (only == nullptr) return unknown_frame(layout, words[0]);
  }
  const std::string as = invocation.text_or("as", "table");
  if (as == "yaml" && only != nullptr) return wrong_usage("--as yaml writes a whole layout: without a frame");
  std::string text;
  if (as == "yaml") {
    text = dialect::to_yaml(layout);
  } else if (as == "markdown") {
    text = frames_markdown(layout, only);
  } else if (only != nullptr) {
    text = render_frame_layout(*only, session.out().style());
  } else {
    text = render_frame_list(layout, session.out().style());
  }
  session.out().document(frames_json(layout, only));
  session.out().text(text);
  return ExitStatus::done;
}

Outcome<ExitStatus> encode(Session& session, const Invocation& invocation, const ykc::Layout& layout,
                           const std::vector<std::string>& words) {
  if (words.empty())
    return wrong_usage("encode needs a frame", "vfleet ykc encode heartbeat pile=32010600019236");
  const ykc::FrameLayout* frame = layout.find(std::string_view(words[0]));
  if (frame == nullptr) return unknown_frame(layout, words[0]);
  std::string body;
  ykc::BodyWriter writer(layout, *frame, body);
  const auto values = assignments({words.begin() + 1, words.end()}, "voltage=373.2");
  if (!values) return tl::unexpected<Failure>(values.error());
  for (const Assignment& each : *values) {
    if (const auto set = writer.set(each.key, each.value); !set) {
      return wrong_usage(set.error().detail, "vfleet ykc frames " + frame->name);
    }
  }
  ykc::Frame whole;
  const auto sequence = invocation.number("sequence").value_or(0);
  if (sequence > 0xFFFF) return wrong_usage("--sequence is 0 to 65535");
  whole.sequence = static_cast<std::uint16_t>(sequence);
  whole.type = frame->type;
  whole.body = body;
  whole.crc_order = layout.settings().crc_order;
  if (const auto order = invocation.text("crc-order")) {
    whole.crc_order = *order == "high" ? ykc::CrcOrder::high_first : ykc::CrcOrder::low_first;
  }
  const auto cipher = cipher_of(invocation);
  if (!cipher) return tl::unexpected<Failure>(cipher.error());
  std::string encrypted;
  if (*cipher) {
    if (!(*cipher)->encrypt(body, encrypted)) return wrong_usage("the body is too long to be encrypted");
    whole.encryption = ykc::kTripleDes;
    whole.body = encrypted;
  }
  std::string bytes;
  if (!ykc::append_frame(whole, bytes)) return wrong_usage("the body is longer than a frame can be");
  const std::string hex = spaced_hex(bytes);
  session.out().document({{"status", 0}, {"frame", frame->name}, {"hex", hex}});
  session.out().text(hex);
  return ExitStatus::done;
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const std::string action = invocation.text_or("ACTION", "");
  const auto words = invocation.texts("WORD");
  const bool known = action == "decode" || action == "encode" || action == "frames";
  if (!known) {
    const std::string near = nearest_word({"decode", "encode", "frames"}, action);
    return wrong_usage(fmt::format("there is no 'ykc {}'{}", action,
                                   near.empty() ? "" : fmt::format("; did you mean '{}'?", near)),
                       "vfleet ykc --help");
  }
  const WantedLayout wanted = wanted_layout(session, invocation);
  if (!wanted.layout) return wanted.status;
  if (action == "decode") return decode(session, invocation, *wanted.layout, words);
  if (action == "encode") return encode(session, invocation, *wanted.layout, words);
  return frames(session, invocation, *wanted.layout, words);
}

}  // namespace

CommandSpec ykc_command() {
  return {
      .name = "ykc",
      .group = "Other",
      .summary = "Read, make and explain frames of YKC (云快充)",
      .details =
          "decode HEX...|-   what frames say, and what is wrong with them; - reads lines from stdin, each a\n"
          "                  frame or several; lines that begin with # are passed over\n"
          "encode FRAME FIELD=VALUE...   the bytes of a frame; fields that are not given are zeros;\n"
          "                  raw:FF puts a field's bytes as they are\n"
          "frames [FRAME]    the tables of all frames, or of one\n"
          "\n"
          "FRAME is a name (realtime) or a type (0x13). Layouts: ykc (every frame of V1.5 to V1.7), "
          "ykc-1.5,\n"
          "ykc-1.6, ykc-1.7, or a file with a vendor's fork (docs/ykc.md).\n"
          "Status of decode: 0 all frames are right, 1 a length or a CRC is wrong (with --strict: or any "
          "field),\n"
          "2 that is no hexadecimal text, or the layout has mistakes.",
      .positionals = {{"ACTION", "decode, encode or frames", true, false},
                      {"WORD", "What it takes; see below", false, true}},
      .options =
          {ykc_layout_option(),
           {"strict", Takes::nothing, "", "decode: every deviation from the layout is an error", {}, 0},
           {"as", Takes::choice, "FORM", "frames: how they are written", {"table", "markdown", "yaml"}, 0},
           {"key",
            Takes::text,
            "HEX",
            "decode and encode: the key of 3DES, 48 digits or 32 (encryption 1)",
            {},
            0},
           {"cipher-mode", Takes::choice, "MODE", "of 3DES (default ecb)", {"ecb", "cbc"}, 0},
           {"iv", Takes::text, "HEX", "of mode cbc: 16 digits (default zeros)", {}, 0},
           {"padding", Takes::choice, "HOW", "of 3DES (default pkcs7)", {"pkcs7", "zeros"}, 0},
           {"sequence", Takes::number, "N", "encode: the sequence number (default 0)", {}, 0},
           {"crc-order",
            Takes::choice,
            "ORDER",
            "encode: which byte of the CRC is first (default: as the layout says)",
            {"low", "high"},
            0}},
      .examples = {{"vfleet ykc decode 68 0D 02 00 00 05 32 01 06 00 01 92 36 00 00 0F 62", "one frame"},
                   {"vfleet ykc decode --json --strict - < frames.txt", "many, for a program"},
                   {"vfleet ykc decode -v 680C000000025503141278230500DA4C", "every field with its place"},
                   {"vfleet ykc decode --key 0123456789ABCDEFFEDCBA9876543210 - < frames.txt",
                    "frames that are encrypted"},
                   {"vfleet ykc encode realtime_request pile=32010600019236 gun=1", "the bytes of a frame"},
                   {"vfleet ykc frames 0x13", "the fields of a frame"},
                   {"vfleet ykc frames --layout ykc-1.6 --as yaml > fork.yaml",
                    "a file to make a fork from"}},
      .run = run};
}

}  // namespace vfleet::cli
