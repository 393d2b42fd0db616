#include "simulator/config/value_text.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "simulator/config/masked.h"
#include "simulator/config/suggest.h"
#include "simulator/core/ascii.h"

namespace vfleet::config {
namespace {

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShown = 60;
  if (text.size() <= kShown) return "'" + std::string(text) + "'";
  return "'" + std::string(text.substr(0, kShown)) + "...'";
}

tl::unexpected<Error> wrong(std::string text) {
  return fail(Errc::invalid_argument, std::move(text));
}

// The limit as a person would write it.
std::string limit_text(const Key& key, double limit) {
  if (key.kind == Kind::duration) return format_quantity(limit, Unit::duration);
  const bool bare = key.kind == Kind::integer || key.unit == Unit::none || key.unit == Unit::money;
  if (bare && std::abs(limit) < 9e15 && limit == std::round(limit))
    return std::to_string(std::llround(limit));
  return format_quantity(limit, key.kind == Kind::number ? key.unit : Unit::none);
}

// "010", "-007", "0123s": some YAML readers take such numbers for octal ones.
std::optional<std::string> octal_looking(std::string_view text) {
  std::string_view digits = text;
  if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) digits.remove_prefix(1);
  if (digits.size() < 2 || digits[0] != '0' || digits[1] < '0' || digits[1] > '9') return std::nullopt;
  const auto first = digits.find_first_not_of('0');
  const bool empty = first == std::string_view::npos || digits[first] < '0' || digits[first] > '9';
  const std::string_view rest =
      empty ? digits.substr(first == std::string_view::npos ? digits.size() - 1 : first - 1)
            : digits.substr(first);
  return (text.front() == '-' ? "-" : "") + std::string(rest);
}

Result<Value> read_boolean(std::string_view text) {
  if (text == "true") return Value{true};
  if (text == "false") return Value{false};
  const std::string low = lowered(text);
  std::string meant;
  if (low == "yes" || low == "on" || low == "y" || low == "1" || low == "true") meant = "true";
  if (low == "no" || low == "off" || low == "n" || low == "0" || low == "false") meant = "false";
  if (meant.empty()) meant = nearest_word(text, {"true", "false"});
  return wrong(in_quotes(text) + ": expected true or false" + did_you_mean(meant));
}

Result<Value> read_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  const auto [rest, error] = std::from_chars(begin, end, number);
  if (error == std::errc::result_out_of_range) return wrong(in_quotes(text) + ": the number is too large");
  if (error != std::errc() || rest != end) return wrong(in_quotes(text) + ": expected a whole number");
  return Value{number};
}

}  // namespace

std::string range_text(const Key& key) {
  const bool low = std::isfinite(key.minimum);
  const bool high = std::isfinite(key.maximum);
  if (low && high) return limit_text(key, key.minimum) + " to " + limit_text(key, key.maximum);
  if (low) return "at least " + limit_text(key, key.minimum);
  if (high) return "at most " + limit_text(key, key.maximum);
  return {};
}

std::string expectation(const Key& key) {
  const auto ranged = [&](std::string what) {
    const std::string range = range_text(key);
    return range.empty() ? what : what + ", " + range;
  };
  switch (key.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return ranged("a whole number");
    case Kind::number:
      return ranged(key.unit == Unit::none || key.unit == Unit::money
                        ? "a number"
                        : (key.unit == Unit::energy ? "an " : "a ") + std::string(to_string(key.unit)) +
                              " (" + suffixes(key.unit) + ")");
    case Kind::duration:
      return ranged("a duration (" + suffixes(Unit::duration) + ")");
    case Kind::text:
      return "a text";
    case Kind::choice: {
      std::string text = "one of ";
      for (std::size_t i = 0; i < key.choices.size(); ++i) text += (i == 0 ? "" : ", ") + key.choices[i];
      return text;
    }
    case Kind::list:
      return holds_records(key) || key.items.empty() ? "a list of records"
                                                     : "a list, each " + expectation(key.items.front());
  }
  return {};
}

Status check_value(const Key& key, const Value& value) {
  const auto in_range = [&](double number) -> Status {
    if (number >= key.minimum && number <= key.maximum) return {};
    return wrong(in_quotes(format_value(key, value)) + " is out of range: expected " + range_text(key));
  };
  const auto other_kind = [&]() -> Status { return wrong("expected " + expectation(key)); };
  switch (key.kind) {
    case Kind::boolean:
      if (!std::holds_alternative<bool>(value.data)) return other_kind();
      return {};
    case Kind::integer: {
      const auto* number = std::get_if<std::int64_t>(&value.data);
      return number == nullptr ? other_kind() : in_range(static_cast<double>(*number));
    }
    case Kind::number: {
      const auto* number = std::get_if<double>(&value.data);
      return number == nullptr ? other_kind() : in_range(*number);
    }
    case Kind::duration: {
      const auto* length = std::get_if<Duration>(&value.data);
      return length == nullptr ? other_kind() : in_range(to_seconds(*length));
    }
    case Kind::text:
      if (!std::holds_alternative<std::string>(value.data)) return other_kind();
      return {};
    case Kind::choice: {
      const auto* word = std::get_if<std::string>(&value.data);
      if (word == nullptr) return other_kind();
      for (const std::string& choice : key.choices) {
        if (choice == *word) return {};
      }
      if (key.secret) return wrong(std::string(kMasked) + ": expected " + expectation(key));
      return wrong(in_quotes(*word) + ": expected " + expectation(key) +
                   did_you_mean(nearest_word(*word, key.choices)));
    }
    case Kind::list: {
      const auto* list = std::get_if<List>(&value.data);
      if (list == nullptr || key.items.empty()) return other_kind();
      for (const Value& each : *list) {
        if (!holds_records(key)) {
          if (auto good = check_value(key.items.front(), each); !good) return good;
          continue;
        }
        const auto* record = std::get_if<Record>(&each.data);
        if (record == nullptr || record->size() != key.items.size()) return other_kind();
        for (const Key& field : key.items) {
          const auto at = record->find(field.path);
          if (at == record->end()) return other_kind();
          if (auto good = check_value(field, at->second); !good) return good;
        }
      }
      return {};
    }
  }
  return {};
}

namespace {

/// An error that quotes a secret would show it.
Error without_secret(const Key& key, Error error) {
  if (key.secret) error.detail = std::string(kMasked) + ": expected " + expectation(key);
  return error;
}

Result<Value> read_plain(const Key& key, std::string_view text);

}  // namespace

Result<Value> read_scalar(const Key& key, std::string_view text) {
  auto value = read_plain(key, text);
  if (!value) return tl::unexpected<Error>(without_secret(key, std::move(value.error())));
  return value;
}

namespace {

Result<Value> read_plain(const Key& key, std::string_view text) {
  const std::string_view word = trimmed(text, " \t\r\n");
  Result<Value> value;
  if (key.kind == Kind::integer || key.kind == Kind::number || key.kind == Kind::duration) {
    if (const auto meant = octal_looking(word)) {
      return wrong(in_quotes(word) + ": a number with a leading zero may mean an octal one" +
                   did_you_mean(*meant));
    }
  }
  switch (key.kind) {
    case Kind::boolean:
      value = read_boolean(word);
      break;
    case Kind::integer:
      value = read_integer(word);
      break;
    case Kind::number: {
      auto number = parse_quantity(word, key.unit);
      if (!number) return tl::unexpected<Error>(std::move(number.error()));
      if (!std::isfinite(*number)) return wrong(in_quotes(word) + ": the number is too large");
      value = Value{*number};
      break;
    }
    case Kind::duration: {
      auto length = parse_duration(word);
      if (!length) return tl::unexpected<Error>(std::move(length.error()));
      value = Value{*length};
      break;
    }
    case Kind::text:
      return Value{std::string(text)};
    case Kind::choice:
      value = Value{std::string(word)};
      break;
    case Kind::list:
      return wrong("expected " + expectation(key));
  }
  if (value) {
    if (auto good = check_value(key, *value); !good) return tl::unexpected<Error>(std::move(good.error()));
  }
  return value;
}

}  // namespace

}  // namespace vfleet::config
