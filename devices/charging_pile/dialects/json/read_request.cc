#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "devices/charging_pile/dialects/json/json_dialect.h"
#include "simulator/core/nesting.h"

namespace vfleet::pile {
namespace {

using nlohmann::json;
using Kind = Request::Kind;

constexpr std::size_t kIdBytesMax = 128;

constexpr std::array<std::pair<std::string_view, Kind>, 9> kTypes{{
    {"remote_start", Kind::remote_start},
    {"remote_stop", Kind::remote_stop},
    {"reboot", Kind::reboot},
    {"get_status", Kind::get_status},
    {"config_set", Kind::config_set},
    {"clear_fault", Kind::clear_fault},
    {"unlock", Kind::unlock},
    {"set_availability", Kind::set_availability},
    {"trigger_report", Kind::trigger_report},
}};

Request malformed(Request request, std::string problem) {
  request.kind = Kind::malformed;
  request.problem = std::move(problem);
  return request;
}

// Reads members of the data object; the first that is wrong is kept.
class Members {
 public:
  explicit Members(const json& data) : data_(data) {}

  void text(const char* name, std::string& out) {
    if (const json* it = find(name)) {
      if (it->is_string()) {
        out = it->get<std::string>();
      } else {
        complain(name, "a text");
      }
    }
  }
  void connector(ConnectorNumber& out, int lowest) {
    if (const json* it = find("connector")) {
      if (it->is_number_integer() && it->get<std::int64_t>() >= lowest && it->get<std::int64_t>() <= 65535) {
        out = it->get<int>();
      } else {
        complain("connector", fmt::format("a whole number from {}", lowest));
      }
    }
  }
  void number(const char* name, double low, double high, double& out) {
    if (const json* it = find(name)) {
      if (it->is_number() && it->get<double>() >= low && it->get<double>() <= high) {
        out = it->get<double>();
      } else {
        complain(name, fmt::format("a number from {} to {}", low, high));
      }
    }
  }
  void boolean(const char* name, bool& out) {
    if (const json* it = find(name)) {
      if (it->is_boolean()) {
        out = it->get<bool>();
      } else {
        complain(name, "true or false");
      }
    }
  }
  void complain(std::string_view name, std::string_view expected) {
    if (problem.empty()) problem = fmt::format("data.{} must be {}", name, expected);
  }
  [[nodiscard]] const json* find(const char* name) const {
    const auto at = data_.find(name);
    return at == data_.end() ? nullptr : &*at;
  }

  std::string problem;

 private:
  const json& data_;
};

std::string as_typed(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void read_changes(Members& data, Request& request) {
  std::string path;
  data.text("path", path);
  if (const json* value = data.find("value"); !path.empty() && value != nullptr) {
    request.changes.emplace_back(path, as_typed(*value));
  }
  if (const json* values = data.find("values"); values != nullptr && values->is_object()) {
    for (const auto& [each, value] : values->items()) request.changes.emplace_back(each, as_typed(value));
  }
  if (request.changes.empty()) data.complain("path and data.value (or data.values)", "given");
}

void read_data(Members& data, Request& request) {
  switch (request.kind) {
    case Kind::malformed:
    case Kind::unknown:
    case Kind::reboot:
      break;
    case Kind::remote_start:
      data.connector(request.connector, 1);
      data.text("card", request.card);
      if (request.card.size() > CardNumber::kMax) data.complain("card", "at most 20 characters long");
      data.number("soc", 0, 100, request.limits.target_soc);
      request.limits.target_soc /= 100;
      data.number("energy_wh", 0, 1e7, request.limits.energy_wh);
      break;
    case Kind::remote_stop:
    case Kind::unlock:
      data.connector(request.connector, 1);
      break;
    case Kind::get_status:
      request.connector = 0;
      data.connector(request.connector, 0);
      break;
    case Kind::config_set:
      read_changes(data, request);
      break;
    case Kind::clear_fault: {
      request.connector = 0;
      data.connector(request.connector, 0);
      std::string code;
      data.text("code", code);
      if (code.empty() || code == "all") break;
      request.code = fault_from(code);
      if (!request.code) data.complain("code", "a fault code");
      break;
    }
    case Kind::set_availability:
      data.connector(request.connector, 1);
      data.boolean("available", request.available);
      break;
    case Kind::trigger_report:
      request.connector = 0;
      data.connector(request.connector, 0);
      data.text("report", request.report);
      if (request.report.empty()) data.complain("report", "given");
      break;
  }
}

}  // namespace

Request read_request(std::string_view message) {
  Request request;
  if (message.size() > kRequestBytesMax) return malformed({}, "the message is too long");
  if (!nests_at_most(message)) return malformed({}, "the message nests too deep");
  const json tree = json::parse(message, nullptr, /*allow_exceptions=*/false);
  if (!tree.is_object()) return malformed({}, "not a JSON object");

  const auto id = tree.find("id");
  if (id == tree.end() || !id->is_string()) return malformed({}, "id must be a text");
  request.id = id->get<std::string>();
  if (request.id.empty() || request.id.size() > kIdBytesMax)
    return malformed({}, "id must have 1 to 128 characters");
  const auto type = tree.find("type");
  if (type == tree.end() || !type->is_string()) return malformed(std::move(request), "type must be a text");
  request.type = type->get<std::string>();

  request.kind = Kind::unknown;
  for (const auto& [name, kind] : kTypes) {
    if (name == request.type) request.kind = kind;
  }
  static const json kNoData = json::object();
  const auto data = tree.find("data");
  if (data != tree.end() && !data->is_object())
    return malformed(std::move(request), "data must be an object");
  Members members(data == tree.end() ? kNoData : *data);
  read_data(members, request);
  if (!members.problem.empty()) return malformed(std::move(request), std::move(members.problem));
  return request;
}

}  // namespace vfleet::pile
