#include "simulator/config/reference_yaml.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "simulator/config/value_text.h"
#include "simulator/core/ascii.h"

namespace vfleet::config {
namespace {

constexpr std::size_t kColumns = 110;

constexpr const char* kHead =
    R"(# Every key that a fleet file may have, each with its default. Generated from the descriptions that the workers
# print (`vfleet-worker --describe`); a test keeps it complete. A profile has the keys below `config:`, at its root,
# and two more: `type` (required) and `extends` (another profile, relative to the file).
#
# Values carry units (30s, 120kW, 4Mbps, 10%). ${NAME} and ${NAME:-default} are environment variables, $$ is a dollar
# sign. A secret may stand in a file: `token: {secret_file: token.txt}`. What changing a key of a running device does:
# live: takes effect at once; connection: its connection is remade; boot: when it reboots; fleet: at the next start.

# The fleet's name.
fleet: reference
# All random streams of the devices follow from it: the same seed gives the same run.
seed: 1
# Model time passes so many times faster than the clock; 0.001 to 100000.
time_scale: 1
# Of schedules that follow the day (reports.NAME.at and day_curve): UTC, or a name such as Asia/Shanghai. Where clocks
# are set forward, a time of day that is left out is due at that moment; where they are set back, one that comes twice
# is due the first time.
time_zone: UTC
# platform: {figures: "http://127.0.0.1:8080/figures"}    # where the stand-in platform serves its figures
# What a run must achieve: p99(meter.ack) < 300ms, loss == 0, rate >= 5000/s, errors(timed_out) == 0, online >= 99%.
# docs/results.md has all measures. `vfleet up --for` ends with 6 when one does not hold.
thresholds: []
# Results are invalid (status 7) when the workers themselves were behind by more.
limits:
  # The 99th percentile of how late reports begin, in the whole run and in its worst five seconds.
  # a duration; live
  lateness_p99: 100ms
  # Of a core, by the busiest worker in its busiest five seconds.
  # a ratio (%); live
  utilisation: 90%

# A group: `name`; `type` (the profile's, if not given); `count`; `first` (number of the first device, 1); `id`
# (NAME-{:05}); `labels` (a value each, or a list that the devices share out); `profile`; `config` (settings over those
# of the profile); `uplink` (one kind and its settings). `devices: {from: FILE.csv}` lists them instead of `count`:
# columns id, label.NAME, any path below, uplink.KIND.PATH, and PATH.secret_file.
groups:
)";

class Printer {
 public:
  void line(std::size_t indent, const std::string& text) { out_ += std::string(indent, ' ') + text + "\n"; }

  /// A comment, wrapped.
  void comment(std::size_t indent, const std::string& text) {
    const std::string start = std::string(indent, ' ') + "#";
    std::string row = start;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
      if (row.size() > start.size() && row.size() + 1 + end - at > kColumns) {
        out_ += row + "\n";
        row = start;
      }
      if (end > at) row += " " + text.substr(at, end - at);
      at = end + 1;
    }
    if (row.size() > start.size()) out_ += row + "\n";
  }

  /// Keys in the order of their paths, nested by dots.
  void keys(std::size_t indent, const std::vector<Key>& all) {
    std::vector<std::string> open;  // sections that the last key stood in
    for (const Key& key : all) {
      std::vector<std::string> parts;
      std::string_view rest = key.path;
      for (auto dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
        parts.emplace_back(rest.substr(0, dot));
        rest.remove_prefix(dot + 1);
      }
      std::size_t same = 0;
      while (same < parts.size() && same < open.size() && parts[same] == open[same]) ++same;
      // An open section is shown empty.
      const std::string section = is_open(key) ? parts.back() : std::string();
      if (is_open(key)) parts.pop_back();
      for (std::size_t i = same; i < parts.size(); ++i) line(indent + 2 * i, parts[i] + ":");
      this->key(indent + 2 * parts.size(), is_open(key) ? section : std::string(rest), key);
      open = std::move(parts);
    }
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void key(std::size_t indent, const std::string& name, const Key& key) {
    comment(indent, key.doc);
    comment(indent, facts(key) + "; " + std::string(to_string(key.effect)));
    if (is_open(key)) return line(indent, name + ": {}");
    if (!holds_records(key)) return line(indent, name + ": " + value(key, key.initial));
    comment(indent, "Each record:");
    for (const Key& field : key.items) {
      comment(indent, "- " + field.path + ": " + (field.doc.empty() ? "" : field.doc + " ") + facts(field) +
                          (field.required ? "" : "; default " + value(field, field.initial)));
    }
    const auto* rows = std::get_if<List>(&key.initial.data);
    if (rows == nullptr || rows->empty()) return line(indent, name + ": []");
    line(indent, name + ":");
    for (const Value& row : *rows) record(indent + 2, key, row);
  }

  void record(std::size_t indent, const Key& list, const Value& row) {
    std::string text;
    const auto& fields = std::get<Record>(row.data);
    for (const Key& field : list.items) {
      const auto at = fields.find(field.path);
      if (at != fields.end())
        text += (text.empty() ? "" : ", ") + field.path + ": " + value(field, at->second);
    }
    line(indent, "- {" + text + "}");
  }

  static std::string facts(const Key& key) {
    std::string text = expectation(key);
    if (key.secret) text += "; secret: masked wherever it is shown";
    if (key.required) text += "; must be given";
    return text;
  }

  static std::string value(const Key& key, const Value& value) {
    const auto* list = std::get_if<List>(&value.data);
    if (list == nullptr) return yaml_scalar(format_value(key, value, false));
    std::string text;
    for (const Value& each : *list)
      text += (text.empty() ? "" : ", ") + Printer::value(key.items.front(), each);
    return "[" + text + "]";
  }

  std::string out_;
};

}  // namespace

std::string yaml_scalar(const std::string& text) {
  const auto plain = [](char c) {
    return is_letter_or_digit(c) || c == '_' || c == '.' || c == '/' || c == '%' || c == '-' || c == '+';
  };
  const bool word = !text.empty() && std::all_of(text.begin(), text.end(), plain);
  const bool starts = word && text.front() != '%' && (text.front() != '-' || text.size() > 1);
  const bool marks = text.starts_with("---") || text.starts_with("...");
  if (starts && !marks && text != "null" && text != "Null" && text != "NULL") return text;
  std::string escaped;
  for (char c : text) escaped += c == '$' ? "$$" : std::string(1, c);
  return nlohmann::json(escaped).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

namespace {

/// Whether a group of that type needs nothing said.
bool works_by_itself(const Schema& schema) {
  return std::none_of(schema.keys().begin(), schema.keys().end(),
                      [](const Key& key) { return key.required; });
}

}  // namespace

std::string reference_yaml(const Catalogue& catalogue) {
  Printer out;
  if (catalogue.types.empty() || catalogue.uplinks.empty()) return {};
  // One group for each type and for each uplink, whichever are more.
  const std::size_t groups = std::max(catalogue.types.size(), catalogue.uplinks.size());
  auto type = catalogue.types.begin();
  auto uplink = catalogue.uplinks.begin();
  for (std::size_t i = 0; i < groups; ++i) {
    const bool told = i >= catalogue.types.size();
    for (std::size_t n = 0; told && n < catalogue.types.size() && !works_by_itself(type->second.schema);
         ++n) {
      if (++type == catalogue.types.end()) type = catalogue.types.begin();
    }
    out.line(2, "- name: " + (told ? "over_" + uplink->first : type->first));
    out.line(4, "type: " + type->first);
    out.line(4, "count: 1");
    if (!told) {
      out.comment(4, type->second.doc);
      out.line(4, "config:");
      out.keys(6, type->second.schema.keys());
    }
    out.line(4, "uplink:");
    out.comment(6, uplink->second.doc);
    const bool empty = uplink->second.schema.keys().empty();
    out.line(6, yaml_scalar(uplink->first) + (empty ? ": {}" : ":"));
    if (!empty) out.keys(8, uplink->second.schema.keys());
    if (++type == catalogue.types.end()) type = catalogue.types.begin();
    if (++uplink == catalogue.uplinks.end()) uplink = catalogue.uplinks.begin();
  }
  return kHead + out.take();
}

}  // namespace vfleet::config
