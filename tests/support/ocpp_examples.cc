#include "tests/support/ocpp_examples.h"

#include <functional>
#include <nlohmann/json.hpp>

#include "simulator/codec/ocpp/field.h"

namespace vfleet::test {
namespace {

using codec::ocpp::ErrorCode;
using codec::ocpp::Field;
using codec::ocpp::Object;
using codec::ocpp::Type;
using codec::ocpp::table::kLowest;
using codec::ocpp::table::kUnbounded;
using Json = nlohmann::ordered_json;

Json object_example(const Object& object, bool maximal);

std::string repeated(const char* text, std::int64_t times) {
  std::string out;
  for (std::int64_t i = 0; i < times; ++i) out += text;
  return out;
}

Json value_example(const Field& field, bool maximal) {
  switch (field.type) {
    case Type::string:
    case Type::identifier: {
      if (!maximal) return "x";
      // As many characters as may be, which are more bytes.
      return repeated("\u5145", field.most == kUnbounded ? 300 : field.most);
    }
    case Type::integer:
      if (maximal) return field.most == kUnbounded ? Json(2147483647) : Json(field.most);
      return field.least == kLowest ? Json(-7) : Json(field.least);
    case Type::decimal:
      return maximal ? 63.5 : 0.0;
    case Type::boolean:
      return maximal;
    case Type::date_time:
      return maximal ? "2026-03-01T16:00:00.123456789+08:00" : "2026-03-01T08:00:00Z";
    case Type::uri:
      return maximal ? "ftp://user:a%20b@[::1]:2121/logs/?x=1&y=2#z" : "http://a/";
    case Type::word:
      return maximal ? field.words.back() : field.words.front();
    case Type::object:
      return object_example(*field.object, maximal);
  }
  return {};
}

Json object_example(const Object& object, bool maximal) {
  Json out = Json::object();
  for (const Field& field : object.fields) {
    if (!maximal && !field.required) continue;
    Json& value = out[std::string(field.name)];
    value = value_example(field, maximal);
    if (!field.list) continue;
    Json list = Json::array({value});
    if (maximal) list.push_back(value_example(field, false));
    value = std::move(list);
  }
  return out;
}

using Put = std::function<void(Json&)>;

/// Makes mistakes at one place of the maximal example after the other.
class Maker {
 public:
  explicit Maker(const Object& object) : whole_(object_example(object, true)) {
    members(object, Json::json_pointer(), "");
    root();
  }
  std::vector<Mistake> made;

 private:
  void add(const Json::json_pointer& at, const std::string& path, const std::string& what, ErrorCode code,
           Json value, bool limit = false) {
    Json changed = whole_;
    changed[at] = std::move(value);
    made.push_back({path + ": " + what, path, code, changed.dump(), limit});
  }

  void root() {
    for (const char* payload : {"[]", "\"text\"", "5", "null", "true"})
      made.push_back(
          {std::string("the payload is ") + payload, "", ErrorCode::formation_violation, payload, false});
  }

  void members(const Object& object, const Json::json_pointer& at, const std::string& above) {
    Json extra = whole_[at];
    extra["vendorExtra"] = 1;
    add(at, above + "vendorExtra", "there is no such field", ErrorCode::formation_violation, extra);
    for (const Field& field : object.fields) {
      const std::string name(field.name);
      const std::string path = above + name;
      if (field.required) {
        Json without = whole_[at];
        without.erase(name);
        add(at, path, "missing", ErrorCode::occurrence_constraint_violation, without);
      }
      if (field.list) {
        list(field, at / name, path);
      } else {
        value(field, at / name, path);
      }
    }
  }

  void list(const Field& field, const Json::json_pointer& at, const std::string& path) {
    for (const Json& wrong : {Json("x"), Json(1), Json(true), Json(nullptr), Json::object()})
      add(at, path, wrong.dump() + " for a list", ErrorCode::type_constraint_violation, wrong);
    if (field.list_least > 0)
      add(at, path, "empty", ErrorCode::occurrence_constraint_violation, Json::array(), true);
    value(field, at / 0, path + ".0");
  }

  void value(const Field& field, const Json::json_pointer& at, const std::string& path) {
    const Json right = whole_[at];
    for (const Json& wrong :
         {Json("x"), Json(1), Json(true), Json(nullptr), Json::object(), Json::array({right})}) {
      if (wrong.type() == right.type() || (wrong.is_number() && right.is_number())) continue;
      add(at, path, wrong.dump().substr(0, 40) + " of the wrong type", ErrorCode::type_constraint_violation,
          wrong);
    }
    const auto bad = [&](const std::string& what, Json wrong, bool limit = false) {
      add(at, path, what, ErrorCode::property_constraint_violation, std::move(wrong), limit);
    };
    switch (field.type) {
      case Type::string:
      case Type::identifier:
        if (field.most != kUnbounded) bad("too long", repeated("x", field.most + 1));
        break;
      case Type::integer:
        add(at, path, "not whole", ErrorCode::type_constraint_violation, 1.5);
        if (field.least != kLowest) bad("too small", field.least - 1, true);
        if (field.most != kUnbounded) bad("too large", field.most + 1, true);
        break;
      case Type::decimal:
        bad("two decimals", 6.25);
        if (field.least != kLowest) bad("too small", static_cast<double>(field.least) - 0.5, true);
        break;
      case Type::word:
        bad("no word of these", "Foo");
        bad("the word in small letters", lower(right.get<std::string>()));
        break;
      case Type::date_time:
        for (const char* wrong : {"yesterday", "2026-02-30T00:00:00Z", "2026-03-01T24:00:00Z",
                                  "2026-03-01T08:00:00", "2026-03-01", "2026-03-01T08:00:00+24:00", ""})
          bad(std::string("'") + wrong + "' is no date-time", wrong);
        break;
      case Type::uri:
        for (const char* wrong : {"no uri", "/logs", "", "ftp://host/a b", "ftp://host/%zz"})
          bad(std::string("'") + wrong + "' is no URI", wrong);
        break;
      case Type::object:
        members(*field.object, at, path + ".");
        break;
      case Type::boolean:
        break;
    }
  }

  static std::string lower(std::string text) {
    bool changed = false;
    for (char& c : text) {
      if (c < 'A' || c > 'Z') continue;
      c = static_cast<char>(c + 32);
      changed = true;
    }
    return changed ? text : text + "x";
  }

  Json whole_;
};

}  // namespace

std::string minimal_example(const Object& object) {
  return object_example(object, false).dump();
}

std::string maximal_example(const Object& object) {
  return object_example(object, true).dump();
}

std::vector<Mistake> mistakes(const Object& object) {
  return Maker(object).made;
}

}  // namespace vfleet::test
