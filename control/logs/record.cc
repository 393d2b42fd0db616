#include "control/logs/record.h"

#include <nlohmann/json.hpp>

#include "simulator/codec/json/writer.h"

namespace vfleet::control::logs {

using nlohmann::json;

namespace {

/// More than any line that to_json() makes: every byte of text escaped.
constexpr std::size_t kLineBytesMax = 8 * log::kTextBytesMax;

template <class Number>
bool read(const json& object, const char* name, Number& out) {
  const auto at = object.find(name);
  if (at == object.end() || !at->is_number_integer()) return false;
  if constexpr (std::is_unsigned_v<Number>) {
    if (!at->is_number_unsigned()) return false;
  }
  out = at->get<Number>();
  return true;
}

bool read(const json& object, const char* name, std::string& out) {
  const auto at = object.find(name);
  if (at == object.end() || !at->is_string()) return false;
  out = at->get<std::string>();
  return true;
}

}  // namespace

std::string to_json(const Record& record) {
  std::string out;
  codec::json::Writer writer(out);
  writer.begin_object();
  writer.key("at_us").integer(record.line.at_us);
  if (record.is_gap()) writer.key("gap").begin_object();
  writer.key("source").text(record.source);
  writer.key("boot").raw(std::to_string(record.boot));
  if (record.is_gap()) {
    writer.key("from").raw(std::to_string(record.gap_from));
    writer.key("to").raw(std::to_string(record.gap_to));
    writer.end_object();
  } else {
    writer.key("seq").raw(std::to_string(record.line.seq));
    writer.key("level").text(log::to_string(record.line.level));
    if (!record.line.device.empty()) writer.key("device").text(record.line.device);
    writer.key("text").text(record.line.text);
  }
  writer.end_object();
  return out;
}

std::optional<Record> parse_record(std::string_view text) {
  if (text.size() > kLineBytesMax) return std::nullopt;
  const json object = json::parse(text.begin(), text.end(), nullptr, false);
  if (!object.is_object()) return std::nullopt;
  Record out;
  if (!read(object, "at_us", out.line.at_us)) return std::nullopt;
  if (const auto gap = object.find("gap"); gap != object.end()) {
    const bool good = gap->is_object() && read(*gap, "source", out.source) && read(*gap, "boot", out.boot) &&
                      read(*gap, "from", out.gap_from) && read(*gap, "to", out.gap_to);
    if (!good || out.gap_from == 0 || out.gap_to < out.gap_from) return std::nullopt;
    return out;
  }
  std::string level;
  if (!read(object, "source", out.source) || !read(object, "boot", out.boot) ||
      !read(object, "seq", out.line.seq) || !read(object, "level", level) ||
      !read(object, "text", out.line.text)) {
    return std::nullopt;
  }
  const auto known = log::parse_level(level);
  if (!known) return std::nullopt;
  out.line.level = *known;
  if (object.contains("device") && !read(object, "device", out.line.device)) return std::nullopt;
  return out;
}

bool is_of_source(std::string_view name, std::string_view wanted) {
  return name.starts_with(wanted) && (name.size() == wanted.size() || name[wanted.size()] == '/');
}

}  // namespace vfleet::control::logs
