#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/core/units.h"

/// Each configuration key is described once, as a Key. That description serves loading, live patches,
/// `vfleet describe`, the JSON Schema that editors use, and configs/reference.yaml.
namespace vfleet::config {

enum class Kind : std::uint8_t {
  boolean,  ///< true, false
  integer,
  number,  ///< a double with a Unit
  duration,
  text,
  choice,  ///< a text, one of Key::choices
  list,    ///< of scalars: Key::items holds one Key with an empty path; of records: the records' keys
};

/// What changing a key of a running device does.
enum class Effect : std::uint8_t {
  live,        ///< takes effect at once
  connection,  ///< the device's connection is remade
  boot,        ///< takes effect when the device reboots
  fleet,       ///< needs a new start of the fleet; a live change is refused
};

struct Value;
using List = std::vector<Value>;
using Record = std::map<std::string, Value, std::less<>>;

/// A value in base units. Durations are exact; numbers are doubles in the base unit of their Key.
struct Value {
  std::variant<bool, std::int64_t, double, Duration, std::string, List, Record> data;

  friend bool operator==(const Value&, const Value&) = default;
};

/// A whole or partial configuration, flat: "reports.heartbeat.every" -> value.
using Values = std::map<std::string, Value, std::less<>>;

struct Key {
  /// From the root of the profile, dots between levels. One that ends in ".*" is open: it describes every path with
  /// one more word there ("settings.*": settings.limit), of which there may be any number. It has no default.
  std::string path;
  Kind kind = Kind::text;
  Unit unit = Unit::none;                                     ///< number only
  double minimum = -std::numeric_limits<double>::infinity();  ///< inclusive, base units (s for durations)
  double maximum = std::numeric_limits<double>::infinity();
  int decimals = 3;  ///< resolution in messages: digits after the point, in base units
  std::vector<std::string> choices;
  std::vector<Key> items;
  Value initial;  ///< the default
  std::string doc;
  Effect effect = Effect::live;
  bool secret = false;    ///< masked in logs, replies and the console
  bool required = false;  ///< inside the records of a list: must be given
  /// A path to a folder. In a file it is relative to that file; when the file gives the key that is named here and
  /// not this one, it is the file's folder.
  std::string folder_of;

  friend bool operator==(const Key&, const Key&) = default;
};

class Schema {
 public:
  Schema() = default;
  explicit Schema(std::vector<Key> keys);  ///< sorts by path; asserts that none is twice or a section too

  [[nodiscard]] const std::vector<Key>& keys() const { return keys_; }
  /// The key of `path`; an open key for each path that it describes.
  [[nodiscard]] const Key* find(std::string_view path) const;
  /// Whether keys lie below `path`: "reports" for "reports.heartbeat.every".
  [[nodiscard]] bool has_section(std::string_view path) const;
  /// The known path or section that `path` most likely meant; empty when nothing is near.
  [[nodiscard]] std::string nearest(std::string_view path) const;
  /// The default of every key that is not open.
  [[nodiscard]] Values defaults() const;
  /// This schema's keys and `other`'s, those moved below `prefix` ("uplink.http"). A path twice asserts.
  [[nodiscard]] Schema with(std::string_view prefix, const Schema& other) const;

  friend bool operator==(const Schema&, const Schema&) = default;

 private:
  std::vector<Key> keys_;
};

[[nodiscard]] std::string_view to_string(Kind kind);
[[nodiscard]] std::string_view to_string(Effect effect);
/// "power", "ratio", ...: how descriptions name a unit.
[[nodiscard]] std::string_view to_string(Unit unit);

/// Whether the key is open, see Key::path.
[[nodiscard]] bool is_open(const Key& key);
/// The words that an open key takes: 1 to 64 of a-z A-Z 0-9 - _
[[nodiscard]] bool valid_open_word(std::string_view word);

/// Whether a list's elements are records (its items have names) rather than scalars.
[[nodiscard]] bool holds_records(const Key& list);

/// Descriptions as a JSON array of keys, and back. Errors: malformed.
[[nodiscard]] nlohmann::json to_json(const std::vector<Key>& keys);
[[nodiscard]] Result<std::vector<Key>> keys_from_json(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const Schema& schema);
[[nodiscard]] Result<Schema> schema_from_json(const nlohmann::json& json);

/// Reads a value as an operator types it ("2s", "120kW", "[a, b]", JSON for lists of records) and checks it
/// against the key's kind, unit, range and choices. Errors: invalid_argument; the text names the key, the
/// value, what was expected, and what was meant.
[[nodiscard]] Result<Value> parse_value(const Key& key, std::string_view text);

/// The same for JSON, as it stands in requests: strings are read like parse_value, numbers are base units.
[[nodiscard]] Result<Value> value_from_json(const Key& key, const nlohmann::json& json);

/// The text that parse_value reads back as the same value; "******" for a secret when `mask`.
[[nodiscard]] std::string format_value(const Key& key, const Value& value, bool mask = true);

/// One value as JSON: every scalar as the text that parse_value reads ("2s", "true"), lists as arrays,
/// records as objects; never masked.
[[nodiscard]] nlohmann::json to_json(const Key& key, const Value& value);

/// Values as one JSON object, path to value. values_from_json refuses unknown paths; the error names every
/// mistake. to_json leaves out paths that the schema does not know.
[[nodiscard]] nlohmann::json to_json(const Schema& schema, const Values& values);
[[nodiscard]] Result<Values> values_from_json(const Schema& schema, const nlohmann::json& json);

}  // namespace vfleet::config
