#include "simulator/uplink/stream_faults.h"

#include <array>
#include <utility>

#include "simulator/core/ascii.h"

namespace vfleet::uplink {
namespace {

using Kind = StreamFault::Kind;

constexpr std::pair<std::string_view, Kind> kWords[] = {
    {"none", Kind::none}, {"cut", Kind::cut}, {"flip", Kind::flip},       {"drop", Kind::drop},
    {"deaf", Kind::deaf}, {"raw", Kind::raw}, {"hang_up", Kind::hang_up},
};

}  // namespace

std::string_view to_string(Kind kind) {
  for (const auto& [word, each] : kWords) {
    if (each == kind) return word;
  }
  return "unknown";
}

std::optional<Kind> stream_fault(std::string_view word) {
  for (const auto& [each, kind] : kWords) {
    if (each == word) return kind;
  }
  return std::nullopt;
}

Result<std::string> bytes_of_hex(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int value = hex_digit(c);
    if (value < 0) return fail(Errc::invalid_argument, "bytes: expected hexadecimal digits: \"c0 00\"");
    if (high < 0) {
      high = value;
      continue;
    }
    out += static_cast<char>(high << 4 | value);
    high = -1;
  }
  if (high >= 0) return fail(Errc::invalid_argument, "bytes: a digit is missing: two make a byte");
  return out;
}

config::Key choice_key(std::string path, std::vector<std::string> choices, std::string initial,
                       std::string doc) {
  config::Key key;
  key.path = std::move(path);
  key.kind = config::Kind::choice;
  key.choices = std::move(choices);
  key.initial.data = std::move(initial);
  key.doc = std::move(doc);
  return key;
}

config::Key number_key(std::string path, std::int64_t initial, double maximum, std::string doc) {
  config::Key key;
  key.path = std::move(path);
  key.kind = config::Kind::integer;
  key.minimum = 0;
  key.maximum = maximum;
  key.initial.data = initial;
  key.doc = std::move(doc);
  return key;
}

config::Key text_key(std::string path, std::string doc) {
  config::Key key;
  key.path = std::move(path);
  key.kind = config::Kind::text;
  key.initial.data = std::string();
  key.doc = std::move(doc);
  return key;
}

config::Key flag_key(std::string path, std::string doc) {
  config::Key key;
  key.path = std::move(path);
  key.kind = config::Kind::boolean;
  key.initial.data = false;
  key.doc = std::move(doc);
  return key;
}

LinkAction stream_misbehaviour(const std::string& uplink) {
  std::vector<std::string> kinds;
  for (const auto& [word, kind] : kWords) kinds.emplace_back(word);
  return {
      uplink + ".misbehave",
      "The connection breaks the rules: cut and flip behind after_bytes of what is sent from now on, drop "
      "what is sent, deaf (reads nothing), raw bytes, hang_up; none ends it.",
      {choice_key("kind", std::move(kinds), "hang_up", "What goes wrong."),
       number_key("after_bytes", 0, 1e9, "cut, flip: how many bytes leave as they should."),
       number_key("times", 1, 1e9, "drop: how many writes; flip: how many bytes; 0: until kind=none."),
       text_key("bytes", "raw: what is sent, hexadecimal."),
       flag_key("reconnect", "Connect anew first, so that the greeting is hit.")}};
}

StreamFault* StreamFaults::find(LinkKey link) {
  const auto at = faults_.find(link);
  return at == faults_.end() ? nullptr : &at->second;
}

}  // namespace vfleet::uplink
