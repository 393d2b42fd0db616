#include <nlohmann/json.hpp>

#include "simulator/config/masked.h"
#include "simulator/config/schema.h"
#include "simulator/config/value_text.h"
#include "simulator/core/ascii.h"
#include "simulator/core/utf8.h"

// parse_value and format_value: what operators type and see.
namespace vfleet::config {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

tl::unexpected<Error> at(const Key& key, Error error) {
  return fail(error.code, key.path.empty() ? error.detail : key.path + ": " + error.detail);
}

/// Splits "a, "b, c", d" at the commas outside quotes; quotes are those of JSON.
Result<std::vector<std::string>> split_list(std::string_view text) {
  std::vector<std::string> parts;
  if (trimmed(text, kBlank).empty()) return parts;
  for (;;) {
    text = text.substr(std::min(text.find_first_not_of(kBlank), text.size()));
    std::size_t end = 0;
    if (!text.empty() && text.front() == '"') {
      for (end = 1; end < text.size() && text[end] != '"'; ++end) {
        if (text[end] == '\\') ++end;
      }
      if (end >= text.size()) return fail(Errc::invalid_argument, "a quote is not closed");
      ++end;
      const auto word = nlohmann::json::parse(text.substr(0, end), nullptr, false);
      if (!word.is_string())
        return fail(Errc::invalid_argument, "'" + std::string(text.substr(0, end)) + "': not a quoted text");
      parts.push_back(word.get<std::string>());
      text.remove_prefix(end);
      text = text.substr(std::min(text.find_first_not_of(kBlank), text.size()));
      if (text.empty()) return parts;
      if (text.front() != ',') return fail(Errc::invalid_argument, "expected a comma after a quoted text");
    } else {
      end = std::min(text.find(','), text.size());
      const std::string_view word = trimmed(text.substr(0, end), kBlank);
      if (word.empty()) return fail(Errc::invalid_argument, "an element of the list is empty");
      parts.emplace_back(word);
      text.remove_prefix(end);
      if (text.empty()) return parts;
    }
    text.remove_prefix(1);
  }
}

bool plain(std::string_view word) {
  return !word.empty() && trimmed(word, kBlank) == word &&
         word.find_first_of(",[]{}\"") == std::string_view::npos &&
         word.find_first_of("\n\r\t") == std::string_view::npos;
}

std::string in_list(const std::string& word) {
  return plain(word) ? word
                     : nlohmann::json(word).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<Value> parse_value(const Key& key, std::string_view text) {
  // A platform's bytes may be anything; what a configuration holds is written as JSON.
  if (invalid_utf8(text)) return at(key, {Errc::invalid_argument, "expected UTF-8 text"});
  if (key.kind != Kind::list) {
    auto value = read_scalar(key, text);
    if (!value) return at(key, std::move(value.error()));
    return value;
  }
  text = trimmed(text, kBlank);
  if (holds_records(key)) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_array())
      return at(key, {Errc::invalid_argument, "expected a list of records as JSON, [{...}, ...]"});
    return value_from_json(key, json);
  }
  const bool open = text.starts_with('[');
  if (open != text.ends_with(']') || (open && text.size() < 2)) {
    return at(key, {Errc::invalid_argument, "expected a list such as [a, b]"});
  }
  if (open) text = text.substr(1, text.size() - 2);
  auto parts = split_list(text);
  if (!parts) return at(key, std::move(parts.error()));
  List list;
  for (const std::string& part : *parts) {
    auto value = read_scalar(key.items.front(), part);
    if (!value) return at(key, std::move(value.error()));
    list.push_back(std::move(*value));
  }
  return Value{std::move(list)};
}

std::string format_value(const Key& key, const Value& value, bool mask) {
  if (key.secret && mask) return kMasked;
  struct Format {
    const Key& key;
    bool mask;
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(double v) const {
      return format_quantity(v, key.kind == Kind::number ? key.unit : Unit::none);
    }
    std::string operator()(Duration v) const { return format_duration(v); }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const List& list) const {
      if (holds_records(key)) {
        nlohmann::json rows = nlohmann::json::array();
        for (const Value& each : list) {
          nlohmann::json& row = rows.emplace_back(nlohmann::json::object());
          const auto* record = std::get_if<Record>(&each.data);
          for (const Key& field : key.items) {
            if (record == nullptr) break;
            const auto found = record->find(field.path);
            if (found == record->end()) continue;
            row[field.path] = field.secret && mask ? nlohmann::json(kMasked) : to_json(field, found->second);
          }
        }
        return rows.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      }
      std::string text = "[";
      for (const Value& each : list) {
        if (text.size() > 1) text += ", ";
        text += key.items.empty() ? std::string() : in_list(format_value(key.items.front(), each, mask));
      }
      return text + "]";
    }
    std::string operator()(const Record&) const { return "{...}"; }
  };
  return std::visit(Format{key, mask}, value.data);
}

}  // namespace vfleet::config
