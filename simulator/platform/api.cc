#include "simulator/platform/api.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "simulator/core/nesting.h"
#include "simulator/platform/http/response.h"
#include "simulator/platform/http/target.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;
using Answer = Api::Answer;

constexpr std::size_t kReportsMax = 10'000;  // in one answer
constexpr std::size_t kCommandTypeMax = 64;
constexpr std::size_t kCommandDataMax = 64U * 1024;
constexpr std::size_t kDeviceIdMax = 128;

Answer answer(const json& tree, std::uint32_t status = 200) {
  return {status, tree.dump(-1, ' ', false, json::error_handler_t::replace)};
}

Answer error(std::uint32_t status, const std::string& message) {
  return answer({{"code", status}, {"message", message}}, status);
}

// The data of a message that is JSON; null when it is not, or nests too deep to be shown.
json data_of(std::string_view text) {
  if (!nests_at_most(text)) return nullptr;
  const json tree = json::parse(text, nullptr, false);
  if (!tree.is_object() || !tree.contains("data")) return nullptr;
  return tree["data"];
}

json report_tree(const Platform& platform, const KeptReport& report) {
  return {{"boot", report.boot},
          {"seq", report.seq},
          {"type", platform.types().name(report.type)},
          {"sent_us", report.sent_us},
          {"arrived_us", report.arrived_us},
          {"text", report.text},
          {"cut", report.cut}};
}

Answer show_device(const Platform& platform, const std::string& id) {
  const Device* device = platform.devices().find(id);
  if (device == nullptr) return error(404, "no report of \"" + id + "\" has come");
  json last = json::object();
  for (const KeptReport& report : device->last_by_type) {
    json tree = report_tree(platform, report);
    tree["data"] = data_of(report.text);
    last[platform.types().name(report.type)] = std::move(tree);
  }
  json history = json::array();
  for (std::size_t i = 0; i < device->history.size(); ++i) {
    history.push_back(
        report_tree(platform, device->history[(device->history_next + i) % device->history.size()]));
  }
  return answer({{"id", device->id},
                 {"boot", device->sequence.boot()},
                 {"last_seq", device->sequence.last_seq()},
                 {"received", device->received},
                 {"last", std::move(last)},
                 {"reports", std::move(history)}});
}

Answer show_reports(const Platform& platform, const http::Target& target) {
  ReportFilter filter;
  for (const auto& [name, value] : target.query) {
    if (name == "type") {
      filter.type = value;
    } else if (name == "device") {
      filter.device = value;
    } else if (name == "limit") {
      const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), filter.limit);
      if (ec != std::errc{} || end != value.data() + value.size() || filter.limit == 0 ||
          filter.limit > kReportsMax) {
        return error(400, "limit: expected a number from 1 to 10000, not \"" + value + "\"");
      }
    } else {
      filter.fields.emplace_back(name, value);
    }
  }
  json reports = json::array();
  for (const RecentReport* report : platform.recent().find(filter)) {
    reports.push_back({{"number", report->number},
                       {"arrived_us", report->arrived_us},
                       {"device", report->device},
                       {"type", report->type},
                       {"text", report->text},
                       {"data", data_of(report->text)}});
  }
  return answer({{"reports", std::move(reports)}});
}

Answer queue_command(Platform& platform, const std::string& id, std::string_view body) {
  if (id.size() > kDeviceIdMax) return error(400, "the device id is longer than 128 bytes");
  if (!nests_at_most(body)) return error(400, "expected JSON that nests at most 64 deep");
  const json tree = json::parse(body, nullptr, false);
  if (!tree.is_object()) return error(400, "expected {\"type\":..,\"data\":{..}}");
  const auto type = tree.find("type");
  if (type == tree.end() || !type->is_string() || type->get_ref<const std::string&>().empty() ||
      type->get_ref<const std::string&>().size() > kCommandTypeMax) {
    return error(400, "type: expected a text of 1 to 64 bytes");
  }
  const std::string data =
      tree.value("data", json::object()).dump(-1, ' ', false, json::error_handler_t::replace);
  if (data.size() > kCommandDataMax) return error(413, "data: more than 64 KiB");
  const Device* device = platform.devices().find(id);
  if (device != nullptr && device->way == Way::zmq) {
    return error(409, "\"" + id + "\" reports over ZeroMQ, which has no way down");
  }
  const auto queued = platform.commands().queue(id, type->get_ref<const std::string&>(), data);
  if (!queued) return error(429, queued.error().detail);
  return answer({{"id", *queued}});
}

Answer show_command(const Platform& platform, const std::string& id) {
  const DownCommand* command = platform.commands().find(id);
  if (command == nullptr) return error(404, "no command \"" + id + "\", or too many came after it");
  json tree = {{"id", id},
               {"device", command->device},
               {"type", command->type},
               {"data", json::parse(command->data, nullptr, false)},
               {"state", to_string(command->state)}};
  if (command->state == DownCommand::State::answered) {
    tree["answer"] = data_of(command->answer);
    tree["text"] = command->answer;
  }
  return answer(tree);
}

Answer reset(Platform& platform, const http::Target& target) {
  bool forget = false;
  for (const auto& [name, value] : target.query) {
    if (name != "forget" || (value != "0" && value != "1"))
      return error(400, "expected /reset or /reset?forget=1");
    forget = value == "1";
  }
  platform.reset(forget);
  return answer(json{{"code", 0}});
}

Answer misbehave(Platform& platform, std::string_view body) {
  if (!nests_at_most(body)) return error(400, "expected JSON that nests at most 64 deep");
  auto settings = MisbehaviourSettings::from_json(body);
  if (!settings) return error(400, settings.error().detail);
  platform.misbehaviour().set(std::move(*settings));
  return {200, platform.misbehaviour().settings().to_json()};
}

}  // namespace

Api::Answer Api::answer(std::string_view method, std::string_view target_text, std::string_view body) {
  const auto target = http::parse_target(target_text);
  if (!target) return error(400, "the path has a broken %-escape");
  const auto& path = target->segments;
  const bool get = method == "GET" || method == "HEAD";
  const bool post = method == "POST";
  const auto only = [](const char* methods) { return error(405, std::string("this path takes ") + methods); };

  if (path.size() == 1 && path[0] == "figures") {
    return get ? Answer{200, figures_json(platform_, transport_())} : only("GET");
  }
  if (path.size() == 2 && path[0] == "devices") return get ? show_device(platform_, path[1]) : only("GET");
  if (path.size() == 3 && path[0] == "devices" && path[2] == "commands") {
    return post ? queue_command(platform_, path[1], body) : only("POST");
  }
  if (path.size() == 1 && path[0] == "reports") return get ? show_reports(platform_, *target) : only("GET");
  if (path.size() == 2 && path[0] == "commands") return get ? show_command(platform_, path[1]) : only("GET");
  if (path.size() == 1 && path[0] == "misbehave") {
    if (post) return misbehave(platform_, body);
    if (method == "DELETE") {
      platform_.misbehaviour().clear();
      return Answer{200, R"({"code":0})"};
    }
    if (get) {
      return Answer{200,
                    platform_.misbehaviour().active() ? platform_.misbehaviour().settings().to_json() : "{}"};
    }
    return only("GET, POST and DELETE");
  }
  if (path.size() == 1 && path[0] == "reset") return post ? reset(platform_, *target) : only("POST");
  return error(
      404,
      "no such path; there are POST /ingest, /v1/devices/{dev}/{type}, GET /figures, /devices/{id}, "
      "/reports, POST /devices/{id}/commands, GET /commands/{id}, POST and DELETE /misbehave, POST /reset");
}

http::Next Api::handle(const http::Request& request, std::string& out) {
  const Answer answered = answer(request.head.method, request.head.target, request.body);
  http::write_json(out, answered.status, answered.body, request.head.keep_alive);
  if (request.head.method == "HEAD") out.resize(out.size() - answered.body.size());
  return {};
}

}  // namespace vfleet::platform
