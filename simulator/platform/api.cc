#include "simulator/platform/api.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "simulator/core/nesting.h"
#include "simulator/core/utf8.h"
#include "simulator/platform/http/response.h"
#include "simulator/platform/processes/shared_state.h"
#include "simulator/platform/roles/ykc/frames.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;
using Answer = ApiAnswer;

constexpr std::size_t kReportsMax = 10'000;  // in one answer
constexpr std::size_t kComplaintsShown = 1000;
constexpr std::size_t kCommandTypeMax = 64;
constexpr std::size_t kCommandDataMax = 64U * 1024;
constexpr std::size_t kDeviceIdMax = 128;

Answer answer(const json& tree, std::uint32_t status = 200) {
  return {status, tree.dump(-1, ' ', false, json::error_handler_t::replace)};
}

Answer error(std::uint32_t status, const std::string& message) {
  return answer({{"code", status}, {"message", message}}, status);
}

// The data of a message that is JSON, the payload of one of OCPP, the fields of a frame of YKC; null when it
// is none of these, or nests too deep to be shown.
json data_of(std::string_view text) {
  if (!nests_at_most(text)) return nullptr;
  if (const auto frame = ykc::json_of_hex(text))
    return json::parse(*frame, nullptr, false).value("data", json());
  const json tree = json::parse(text, nullptr, false);
  if (tree.is_array() && tree.size() > 2) {
    if (tree[0] == 2 && tree.size() > 3) return tree[3];
    if (tree[0] == 3) return tree[2];
    if (tree[0] != 4) return nullptr;
    return {{"errorCode", tree[2]},
            {"errorDescription", tree.size() > 3 ? tree[3] : json()},
            {"errorDetails", tree.size() > 4 ? tree[4] : json()}};
  }
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
  const SequenceChecker sequence = platform.sequence_of(*device);
  return answer({{"id", device->id},
                 {"boot", sequence.boot()},
                 {"last_seq", sequence.last_seq()},
                 {"way", kWays[index_of(device->way)]},
                 {"received", device->received},
                 {"last", std::move(last)},
                 {"reports", std::move(history)}});
}

Result<ReportFilter> filter_of(const http::Target& target) {
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
        return fail(Errc::invalid_argument,
                    "limit: expected a number from 1 to 10000, not \"" + value + "\"");
      }
    } else {
      filter.fields.emplace_back(name, value);
    }
  }
  return filter;
}

Answer show_reports(const Platform& platform, const ReportFilter& filter) {
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

// --- What several processes know of the same
// ----------------------------------------------------------------

Answer merge_devices(std::vector<json> trees) {
  json out = std::move(trees.front());
  const auto arrived = [](const json& report) { return report["arrived_us"].get<std::int64_t>(); };
  for (std::size_t i = 1; i < trees.size(); ++i) {
    json& tree = trees[i];
    out["received"] = out["received"].get<std::uint64_t>() + tree["received"].get<std::uint64_t>();
    for (auto& [type, report] : tree["last"].items()) {
      json& known = out["last"][type];
      if (known.is_null() || arrived(known) < arrived(report)) {
        known = std::move(report);
        out["way"] = tree["way"];
      }
    }
    for (json& report : tree["reports"]) out["reports"].push_back(std::move(report));
  }
  json& reports = out["reports"];
  std::stable_sort(reports.begin(), reports.end(),
                   [&](const json& a, const json& b) { return arrived(a) < arrived(b); });
  const std::size_t most = StoreLimits{}.history_length;
  if (reports.size() > most)
    reports.erase(reports.begin(), reports.end() - static_cast<std::ptrdiff_t>(most));
  return answer(out);
}

// An array of all, in no order.
Answer merge_reports(std::vector<json> trees) {
  json reports = json::array();
  for (json& tree : trees) {
    std::move(tree["reports"].begin(), tree["reports"].end(), std::back_inserter(reports));
  }
  return answer(reports);
}

// Of the same kind, device and message there is one row.
Answer merge_complaints(std::vector<json> trees) {
  std::map<std::array<std::string, 3>, json> rows;
  for (json& tree : trees) {
    for (json& row : tree["complaints"]) {
      json& known = rows[{row["kind"], row["device"], row["about"]}];
      const std::uint64_t before = known.is_null() ? 0 : known["count"].get<std::uint64_t>();
      if (known.is_null() || known["last_us"] < row["last_us"]) known = row;
      known["count"] = before + row["count"].get<std::uint64_t>();
    }
  }
  json out = json::array();
  for (auto& [key, row] : rows) out.push_back(std::move(row));
  std::stable_sort(out.begin(), out.end(),
                   [](const json& a, const json& b) { return a["count"] > b["count"]; });
  return answer({{"complaints", std::move(out)}});
}

// The one where most has become of it.
Answer merge_commands(std::vector<json> trees) {
  const auto step = [](const json& tree) {
    return tree["state"] == "answered" ? 2 : tree["state"] == "delivered" ? 1 : 0;
  };
  return answer(*std::max_element(trees.begin(), trees.end(),
                                  [&](const json& a, const json& b) { return step(a) < step(b); }));
}

}  // namespace

Answer Api::figures() {
  Snapshot snapshot = Snapshot::of(platform_, transport_());
  if (siblings_ != nullptr) {
    const auto others = siblings_->ask("GET", "/figures", {});
    if (!others) return error(503, others.error().detail);
    for (const Answer& other : *others) {
      const auto read = Snapshot::from_wire(other.body);
      if (!read) return error(500, read.error().detail);
      snapshot.merge(*read);
    }
  }
  return {200, snapshot.to_json(platform_)};
}

// What all processes answer to GET `target`, made one by `merge`; the own answer when none knows more.
Answer Api::merged(std::string_view target, Answer own, Answer (*merge)(std::vector<json>)) {
  if (siblings_ == nullptr) return own;
  const auto others = siblings_->ask("GET", target, {});
  if (!others) return error(503, others.error().detail);
  std::vector<json> trees;
  if (own.status == 200) trees.push_back(json::parse(own.body, nullptr, false));
  for (const Answer& other : *others) {
    if (other.status == 200) trees.push_back(json::parse(other.body, nullptr, false));
  }
  return trees.empty() ? own : merge(std::move(trees));
}

Answer Api::reports(const http::Target& target, std::string_view text) {
  const auto filter = filter_of(target);
  if (!filter) return error(400, filter.error().detail);
  Answer own = show_reports(platform_, *filter);
  if (siblings_ == nullptr) return own;
  const Answer all = merged(text, std::move(own), merge_reports);
  json reports = json::parse(all.body, nullptr, false);
  if (!reports.is_array()) return all;
  const auto number = [](const json& report) { return report["number"].get<std::uint64_t>(); };
  std::sort(reports.begin(), reports.end(),
            [&](const json& a, const json& b) { return number(a) < number(b); });
  if (reports.size() > filter->limit) {
    reports.erase(reports.begin(), reports.end() - static_cast<std::ptrdiff_t>(filter->limit));
  }
  return vfleet::platform::answer({{"reports", std::move(reports)}});
}

// Does the same in the other processes.
Answer Api::told(Answer own, std::string_view method, const std::string& target, std::string_view body) {
  if (siblings_ == nullptr || own.status != 200) return own;
  const auto others = siblings_->ask(method, target, body);
  return others ? own : error(503, others.error().detail);
}

Answer Api::queue_command(const std::string& id, std::string_view body) {
  if (id.size() > kDeviceIdMax) return error(400, "the device id is longer than 128 bytes");
  if (!is_utf8(id)) return error(400, "the device id is not UTF-8");
  if (!nests_at_most(body)) return error(400, "expected JSON that nests at most 64 deep");
  const json tree = json::parse(body, nullptr, false);
  if (!tree.is_object()) return error(400, "expected {\"type\":..,\"data\":{..}}");
  // What OCPP calls them is understood too.
  const auto type = tree.find(tree.contains("type") ? "type" : "action");
  if (type == tree.end() || !type->is_string() || type->get_ref<const std::string&>().empty() ||
      type->get_ref<const std::string&>().size() > kCommandTypeMax) {
    return error(400, "type: expected a text of 1 to 64 bytes");
  }
  const std::string data = tree.value(tree.contains("data") ? "data" : "payload", json::object())
                               .dump(-1, ' ', false, json::error_handler_t::replace);
  if (data.size() > kCommandDataMax) return error(413, "data: more than 64 KiB");
  const Device* device = std::as_const(platform_).devices().find(id);
  if (device != nullptr && device->way == Way::zmq) {
    return error(409, "\"" + id + "\" reports over ZeroMQ, which has no way down");
  }
  const auto queued = platform_.send_down(id, type->get_ref<const std::string&>(), data);
  if (!queued) return error(429, queued.error().detail);
  const json inside = {{"number", CommandBook::number_of(*queued)},
                       {"device", id},
                       {"type", type->get_ref<const std::string&>()},
                       {"data", data}};
  return told(vfleet::platform::answer({{"id", *queued}}), "POST", "/commands",
              inside.dump(-1, ' ', false, json::error_handler_t::replace));
}

Answer Api::misbehave(std::string_view method, std::string_view body) {
  if (method == "DELETE") {
    platform_.misbehaviour().clear();
    return told(vfleet::platform::answer(json{{"code", 0}}), "DELETE", "/misbehave", {});
  }
  if (method == "GET" || method == "HEAD") {
    return {200, platform_.misbehaviour().active() ? platform_.misbehaviour().settings().to_json() : "{}"};
  }
  if (!nests_at_most(body)) return error(400, "expected JSON that nests at most 64 deep");
  auto settings = MisbehaviourSettings::from_json(body);
  if (!settings) return error(400, settings.error().detail);
  const TimePoint now = platform_.clock().now();
  platform_.misbehaviour().set(std::move(*settings), now);
  const std::string since = std::to_string(now.time_since_epoch().count());
  return told({200, platform_.misbehaviour().settings().to_json()}, "POST", "/misbehave/" + since, body);
}

Answer Api::complaints(const http::Target& target, std::string_view text) {
  std::string kind;
  std::string device;
  for (const auto& [name, value] : target.query) {
    if (name != "kind" && name != "device") return error(400, "expected /complaints?kind=&device=");
    (name == "kind" ? kind : device) = value;
  }
  json rows = json::array();
  for (const Complaint* each : platform_.complaints().find(kind, device, kComplaintsShown)) {
    rows.push_back({{"kind", each->kind},
                    {"device", each->device},
                    {"about", each->about},
                    {"what", each->what},
                    {"count", each->count},
                    {"last_us", each->last_us}});
  }
  return merged(text, vfleet::platform::answer({{"complaints", std::move(rows)}}), merge_complaints);
}

Answer Api::settings(std::string_view method, std::string_view body) {
  if (settings_ == nullptr) return error(404, "nothing here has settings");
  if (method == "POST") {
    if (const Status merged = settings_->merge(body); !merged) return error(400, merged.error().detail);
  }
  Answer now = {200, settings_->to_json()};
  return method == "POST" ? told(std::move(now), "POST", "/settings", body) : now;
}

Answer Api::reset(const http::Target& target, std::string_view text) {
  bool forget = false;
  for (const auto& [name, value] : target.query) {
    if (name != "forget" || (value != "0" && value != "1"))
      return error(400, "expected /reset or /reset?forget=1");
    forget = value == "1";
  }
  if (shared_ != nullptr) forget ? shared_->forget() : shared_->forgive();
  platform_.reset(forget);
  return told(vfleet::platform::answer(json{{"code", 0}}), "POST", std::string(text), {});
}

Answer Api::answer_inside(std::string_view method, std::string_view target_text, std::string_view body) {
  const auto target = http::parse_target(target_text);
  if (!target || target->segments.empty()) return error(400, "no such path");
  const auto& path = target->segments;
  if (path[0] == "figures") return {200, Snapshot::of(platform_, transport_()).to_wire()};
  if (path[0] == "commands" && method == "POST") {
    const json tree = json::parse(body, nullptr, false);
    if (!tree.is_object()) return error(400, "no command");
    platform_.send_down_as(tree.value("number", std::uint64_t{0}), tree.value("device", std::string()),
                           tree.value("type", std::string()), tree.value("data", std::string()));
    return vfleet::platform::answer(json{{"code", 0}});
  }
  if (path[0] == "misbehave" && method == "POST" && path.size() == 2) {
    auto settings = MisbehaviourSettings::from_json(body);
    if (!settings) return error(400, settings.error().detail);
    const TimePoint since{Duration(std::strtoll(path[1].c_str(), nullptr, 10))};
    platform_.misbehaviour().set(std::move(*settings), since, false);
    return vfleet::platform::answer(json{{"code", 0}});
  }
  return answer(method, target_text, body);
}

Answer Api::answer(std::string_view method, std::string_view target_text, std::string_view body) {
  const auto target = http::parse_target(target_text);
  if (!target) return error(400, "the path has a broken %-escape");
  const auto& path = target->segments;
  const bool get = method == "GET" || method == "HEAD";
  const bool post = method == "POST";
  const auto only = [](const char* methods) { return error(405, std::string("this path takes ") + methods); };

  if (path.size() == 1 && path[0] == "figures") return get ? figures() : only("GET");
  if (path.size() == 2 && path[0] == "devices") {
    return get ? merged(target_text, show_device(platform_, path[1]), merge_devices) : only("GET");
  }
  if (path.size() == 3 && path[0] == "devices" && path[2] == "commands") {
    return post ? queue_command(path[1], body) : only("POST");
  }
  if (path.size() == 1 && path[0] == "reports") return get ? reports(*target, target_text) : only("GET");
  if (path.size() == 2 && path[0] == "commands") {
    return get ? merged(target_text, show_command(platform_, path[1]), merge_commands) : only("GET");
  }
  if (path.size() == 1 && path[0] == "misbehave") {
    return get || post || method == "DELETE" ? misbehave(method, body) : only("GET, POST and DELETE");
  }
  if (path.size() == 1 && path[0] == "complaints")
    return get ? complaints(*target, target_text) : only("GET");
  if (path.size() == 1 && path[0] == "settings") {
    return get || post ? settings(method, body) : only("GET and POST");
  }
  if (path.size() == 1 && path[0] == "reset") return post ? reset(*target, target_text) : only("POST");
  return error(404,
               "no such path; there are POST /ingest, /v1/devices/{dev}/{type}, GET /figures, /devices/{id}, "
               "/reports, /complaints, POST /devices/{id}/commands, GET /commands/{id}, POST and DELETE "
               "/misbehave, GET and POST /settings, "
               "POST /reset");
}

http::Next Api::handle(const http::Request& request, std::string& out) {
  const Answer answered = answer(request.head.method, request.head.target, request.body);
  http::write_json(out, answered.status, answered.body, request.head.keep_alive);
  if (request.head.method == "HEAD") out.resize(out.size() - answered.body.size());
  return {};
}

}  // namespace vfleet::platform
