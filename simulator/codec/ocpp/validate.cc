#include "simulator/codec/ocpp/validate.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "simulator/codec/json/reader.h"
#include "simulator/codec/ocpp/date_time.h"
#include "simulator/codec/ocpp/uri.h"

namespace vfleet::codec::ocpp {
namespace {

using json::Reader;

constexpr std::size_t kShownMax = 60;  // bytes of a value that a reason repeats

std::string_view kind_text(Reader::Kind kind) {
  switch (kind) {
    case Reader::Kind::null:
      return "null";
    case Reader::Kind::boolean:
      return "a boolean";
    case Reader::Kind::number:
      return "a number";
    case Reader::Kind::string:
      return "a string";
    case Reader::Kind::object:
      return "an object";
    case Reader::Kind::array:
      return "an array";
    case Reader::Kind::nothing:
      break;
  }
  return "nothing";
}

Reader::Kind kind_of(Type type) {
  switch (type) {
    case Type::integer:
    case Type::decimal:
      return Reader::Kind::number;
    case Type::boolean:
      return Reader::Kind::boolean;
    case Type::object:
      return Reader::Kind::object;
    default:
      return Reader::Kind::string;
  }
}

/// A value as a reason shows it: cut off where it is long, at the begin of a character.
std::string shown(std::string_view raw) {
  std::string plain;
  json::append_text(raw.substr(0, kShownMax * 6), plain);
  if (plain.size() <= kShownMax) return plain;
  std::size_t end = kShownMax;
  while (end > 0 && (static_cast<unsigned char>(plain[end]) & 0xc0) == 0x80) --end;
  return plain.substr(0, end) + "...";
}

/// The number that JSON text writes; one that is too small for a double is not taken for 0.
double real_value(std::string_view raw) {
  double value = 0;
  const auto read = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  return read.ec == std::errc() ? value : std::numeric_limits<double>::denorm_min();
}

/// The string that stands as `raw`; it is put together in `plain` only when it has escapes ("http:\/\/").
std::string_view without_escapes(std::string_view raw, std::string& plain) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  json::append_text(raw, plain);
  return plain;
}

class Pass {
 public:
  Pass(std::string_view payload, const Rules& rules) : reader_(payload), rules_(rules) {}

  std::optional<Violation> run(const Object& object) {
    if (const Reader::Kind kind = reader_.peek(); kind != Reader::Kind::object) {
      if (kind == Reader::Kind::nothing) {
        no_json();
      } else {
        refuse(ErrorCode::formation_violation, nullptr,
               fmt::format("expected an object, got {}", kind_text(kind)));
      }
    } else if (members(object, nullptr) && !reader_.at_end()) {
      no_json();
    }
    return std::move(found_);
  }

 private:
  /// The way to the value that is looked at, on the stack.
  struct Step {
    const Step* up;
    std::string_view name;
    int element;  ///< -1: a member
  };

  bool refuse(ErrorCode code, const Step* at, std::string reason) {
    Violation& violation = found_.emplace();
    violation.code = code;
    violation.reason = std::move(reason);
    for (; at != nullptr; at = at->up) {
      const std::string name = at->element >= 0 ? std::to_string(at->element) : std::string(at->name);
      violation.path = violation.path.empty() ? name : name + "." + violation.path;
    }
    return false;
  }
  bool refuse_value(const Step* at, std::string reason) {
    return refuse(ErrorCode::property_constraint_violation, at, std::move(reason));
  }
  bool no_json() {
    return refuse(ErrorCode::formation_violation, nullptr,
                  fmt::format("no JSON at byte {}", reader_.offset()));
  }

  bool members(const Object& object, const Step* up) {
    if (!reader_.enter_object()) return no_json();
    std::uint32_t seen = 0;
    for (std::string_view name; reader_.next_member(name);) {
      const Field* field = find(object, name);
      if (field == nullptr) {
        if (!unknown(name, up)) return false;
        continue;
      }
      const Step step{up, field->name, -1};
      const std::uint32_t bit = 1U << static_cast<unsigned>(field - object.fields.data());
      if (rules_.limits && (seen & bit) != 0)
        return refuse(ErrorCode::occurrence_constraint_violation, &step, "is there twice");
      if (rules_.null_is_absent && reader_.peek() == Reader::Kind::null) {
        reader_.null();
        continue;
      }
      seen |= bit;
      if (!(field->list ? elements(*field, &step) : value(*field, &step))) return false;
    }
    if (reader_.failed()) return no_json();
    for (std::size_t i = 0; i < object.fields.size(); ++i) {
      if (!object.fields[i].required || (seen >> i & 1U) != 0) continue;
      const Step step{up, object.fields[i].name, -1};
      return refuse(rules_.missing, &step, "is missing");
    }
    return true;
  }

  static const Field* find(const Object& object, std::string_view raw_name) {
    for (const Field& field : object.fields)
      if (json::same_text(raw_name, field.name)) return &field;
    return nullptr;
  }

  bool unknown(std::string_view raw_name, const Step* up) {
    if (rules_.unknown_fields) return reader_.skip() || no_json();
    const std::string name = shown(raw_name);
    const Step step{up, name, -1};
    return refuse(ErrorCode::formation_violation, &step, "the message has no such field");
  }

  bool expect(Reader::Kind kind, const Step* at) {
    const Reader::Kind got = reader_.peek();
    if (got == kind) return true;
    if (got == Reader::Kind::nothing) return no_json();
    std::string reason = fmt::format("expected {}, got {}", kind_text(kind), kind_text(got));
    if (got == Reader::Kind::null) reason += "; a field without a value is left out";
    return refuse(ErrorCode::type_constraint_violation, at, std::move(reason));
  }

  bool elements(const Field& field, const Step* at) {
    if (!expect(Reader::Kind::array, at) || !reader_.enter_array()) return found_ ? false : no_json();
    int count = 0;
    for (; reader_.next_element(); ++count) {
      const Step step{at, {}, count};
      if (!value(field, &step)) return false;
    }
    if (reader_.failed()) return no_json();
    if (rules_.limits && count < field.list_least)
      return refuse(ErrorCode::occurrence_constraint_violation, at,
                    fmt::format("has {} elements, expected at least {}", count, field.list_least));
    return true;
  }

  bool value(const Field& field, const Step* at) {
    if (!expect(kind_of(field.type), at)) return false;
    bool flag = false;
    std::string_view raw;
    switch (field.type) {
      case Type::object:
        return members(*field.object, at);
      case Type::boolean:
        return reader_.boolean(flag) || no_json();
      case Type::integer:
      case Type::decimal:
        if (!reader_.number(raw)) return no_json();
        return field.type == Type::integer ? integer(field, raw, at) : decimal(field, raw, at);
      default:
        if (!reader_.string(raw)) return no_json();
        return text(field, raw, at);
    }
  }

  bool integer(const Field& field, std::string_view raw, const Step* at) {
    std::int64_t value = 0;
    const char* const end = raw.data() + raw.size();
    const auto [stop, error] = std::from_chars(raw.data(), end, value);
    if (error == std::errc() && stop == end) return !rules_.limits || range(field, value, raw, at);
    // 1.0 and 1e2 are integers too, and more than 64 bits may come.
    const double real = real_value(raw);
    if (std::trunc(real) != real)
      return refuse(ErrorCode::type_constraint_violation, at,
                    fmt::format("expected an integer, got {}", shown(raw)));
    if (std::abs(real) < 9.0e18)
      return !rules_.limits || range(field, static_cast<std::int64_t>(real), raw, at);
    return !rules_.limits || refuse_value(at, fmt::format("{} is past 64 bits", shown(raw)));
  }

  bool range(const Field& field, std::int64_t value, std::string_view raw, const Step* at) {
    if (value < field.least)
      return refuse_value(at, fmt::format("{} is less than {}", shown(raw), field.least));
    if (value > field.most)
      return refuse_value(at, fmt::format("{} is more than {}", shown(raw), field.most));
    return true;
  }

  bool decimal(const Field& field, std::string_view raw, const Step* at) {
    const double value = real_value(raw);
    const double tenths = value * 10;
    if (!rules_.any_decimals && std::abs(std::round(tenths) - tenths) > 1e-6)
      return refuse_value(at, fmt::format("{} has more than one digit behind the point", shown(raw)));
    if (rules_.limits && value < static_cast<double>(field.least))
      return refuse_value(at, fmt::format("{} is less than {}", shown(raw), field.least));
    return true;
  }

  bool text(const Field& field, std::string_view raw, const Step* at) {
    switch (field.type) {
      case Type::word:
        return word(field, raw, at);
      case Type::date_time:
        return date_time(raw, at);
      case Type::uri:
        return uri(raw, at);
      default:
        break;
    }
    const auto most = static_cast<std::uint64_t>(field.most);
    if (raw.size() <= most) return true;
    const std::size_t length = json::text_length(raw);
    return length <= most || refuse_value(at, fmt::format("'{}' has {} characters, at most {} are allowed",
                                                          shown(raw), length, most));
  }

  bool word(const Field& field, std::string_view raw, const Step* at) {
    for (const std::string_view each : field.words)
      if (json::same_text(raw, each)) return true;
    return refuse_value(at, fmt::format("'{}' is none of {}", shown(raw), fmt::join(field.words, ", ")));
  }

  bool uri(std::string_view raw, const Step* at) {
    std::string plain;
    return is_uri(without_escapes(raw, plain)) ||
           refuse_value(at, fmt::format("'{}' is no URI, as ftp://user@host/folder is", shown(raw)));
  }

  bool date_time(std::string_view raw, const Step* at) {
    std::string plain;
    const auto time = read_date_time(without_escapes(raw, plain));
    if (!time)
      return refuse_value(at, fmt::format("'{}' is no date-time, as 2026-03-01T08:00:00Z is", shown(raw)));
    return time->zone || rules_.times_without_zone ||
           refuse_value(at, fmt::format("'{}' lacks its zone: Z, or an offset as +08:00", shown(raw)));
  }

  Reader reader_;
  const Rules& rules_;
  std::optional<Violation> found_;
};

}  // namespace

std::string Violation::text() const {
  return path.empty() ? reason : path + ": " + reason;
}

std::optional<Violation> validate(const Object& object, std::string_view payload, const Rules& rules) {
  return Pass(payload, rules).run(object);
}

}  // namespace vfleet::codec::ocpp
