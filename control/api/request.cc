#include "control/api/request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/api/members.h"
#include "simulator/config/fleet_spec.h"
#include "simulator/config/suggest.h"
#include "simulator/core/ascii.h"
#include "simulator/core/nesting.h"
#include "simulator/core/units.h"

namespace vfleet::control::api {

using nlohmann::json;

namespace {

constexpr std::size_t kIdMax = 128;
constexpr std::uint64_t kLimitMax = 1'000'000'000;
constexpr std::uint64_t kCountMax = 1'000'000'000;
constexpr std::uint64_t kRateMax = 100'000;
constexpr std::uint64_t kHistoryMax = 10'000;
constexpr std::uint64_t kRevisionMax = UINT64_MAX / 2;

Target read_target(Members& in) {
  Target target;
  target.selector = in.text("selector");
  target.dry_run = in.boolean("dry_run");
  target.if_revision = in.whole("if_revision", kRevisionMax);
  target.timeout = in.duration("timeout");
  return target;
}

/// A Target whose `wait` is a flag (of trigger it is a word).
Target read_waiting_target(Members& in) {
  Target target = read_target(in);
  target.wait = in.boolean("wait");
  target.future = in.boolean("future");
  return target;
}

/// The Target of a verb that is about the whole fleet.
Target read_fleet_target(Members& in) {
  Target target;
  target.selector = "all";
  target.dry_run = in.boolean("dry_run");
  target.if_revision = in.whole("if_revision", kRevisionMax);
  target.timeout = in.duration("timeout");
  target.wait = in.boolean("wait");
  return target;
}

Body read_set(Members& in) {
  Set set{read_waiting_target(in), in.object("patch", true)};
  if (set.patch.empty()) in.mistake("member 'patch' is empty: nothing to set");
  return set;
}

Body read_unset(Members& in) {
  Unset unset{read_waiting_target(in), in.texts("paths")};
  if (unset.paths.empty()) in.mistake("member 'paths' is empty: nothing to unset");
  return unset;
}

template <bus::Verb verb>
Body read_switch(Members& in) {
  return Switch{read_waiting_target(in), verb};
}

Body read_reboot(Members& in) {
  Reboot reboot{read_target(in), in.text("down", false, "5s")};
  if (!parse_duration(reboot.down)) in.mistake("member 'down' must be a duration like \"5s\"");
  return reboot;
}

Body read_do(Members& in) {
  Target target = read_waiting_target(in);
  std::string action = in.text("action");
  return Do{std::move(target), std::move(action), in.object("args", false)};
}

Body read_trigger(Members& in) {
  Trigger trigger;
  trigger.target = read_target(in);
  trigger.report = in.text("report");
  trigger.channel = static_cast<std::uint32_t>(in.whole("channel", 65'535).value_or(0));
  trigger.fields = in.object("fields", false);
  trigger.payload = in.optional_text("payload");
  trigger.unchecked = in.boolean("unchecked");
  trigger.count = static_cast<std::uint32_t>(in.whole("count", kCountMax).value_or(1));
  trigger.every = in.duration("every").value_or(Duration::zero());
  trigger.spread = in.duration("spread").value_or(Duration::zero());
  trigger.until = in.text("wait", false, "accepted");
  trigger.queue = in.boolean("queue");
  if (trigger.count == 0) in.mistake("member 'count' must be at least 1");
  if (trigger.count > 1 && trigger.every == Duration::zero()) {
    in.mistake("member 'every' is missing: 'count' above 1 repeats at that period");
  }
  const std::vector<std::string> words = {"accepted", "sent", "acked"};
  if (std::find(words.begin(), words.end(), trigger.until) == words.end()) {
    in.mistake("member 'wait' must be accepted, sent or acked, not '" + trigger.until + "'" +
               config::did_you_mean(config::nearest_word(trigger.until, words)));
  }
  if (trigger.payload && !trigger.fields.empty()) in.mistake("'payload' and 'fields' exclude each other");
  return trigger;
}

Body read_ls(Members& in) {
  std::string selector = in.text("selector");
  return Ls{std::move(selector), in.whole("limit", kLimitMax)};
}

Body read_get(Members& in) {
  Get get;
  get.selector = in.text("selector");
  get.path = in.text("path", false);
  get.explain = in.boolean("explain");
  get.limit = in.whole("limit", kLimitMax);
  return get;
}

Body read_watch(Members& in) {
  Watch watch;
  watch.selector = in.text("selector");
  watch.report = in.text("report", false);
  watch.rate = static_cast<std::uint32_t>(in.whole("rate", kRateMax).value_or(100));
  if (watch.rate == 0) in.mistake("member 'rate' must be at least 1");
  return watch;
}

Body read_trace(Members& in) {
  Trace trace;
  trace.selector = in.text("selector");
  trace.rate = static_cast<std::uint32_t>(in.whole("rate", kRateMax).value_or(1000));
  trace.settled = in.boolean("settled");
  if (trace.rate == 0) in.mistake("member 'rate' must be at least 1");
  return trace;
}

Body read_reload(Members& in) {
  Reload reload{in.optional_text("file"), in.boolean("dry_run"), in.whole("if_revision", kRevisionMax),
                in.boolean("wait"), in.duration("timeout")};
  if (reload.file && (reload.file->empty() || reload.file->front() != '/')) {
    in.mistake("member 'file' must be an absolute path");
  }
  return reload;
}

log::Level read_level(Members& in, log::Level initial) {
  const std::vector<std::string> words = {"trace", "debug", "info", "warn", "error"};
  const std::string word = in.text("level", false, std::string(log::to_string(initial)));
  const auto level = log::parse_level(word);
  if (!level) {
    in.mistake("member 'level' must be trace, debug, info, warn or error, not '" + word + "'" +
               config::did_you_mean(config::nearest_word(word, words)));
  }
  return level.value_or(initial);
}

Body read_logs(Members& in) {
  Logs logs;
  logs.selector = in.optional_text("selector");
  logs.least = read_level(in, log::Level::trace);
  logs.from = in.text("from", false);
  logs.since = in.duration("since");
  logs.since_us = in.whole("since_us", INT64_MAX);
  logs.lines = in.whole("lines", Logs::kLinesMax);
  logs.follow = in.boolean("follow");
  if (logs.since && logs.since_us) in.mistake("'since' and 'since_us' exclude each other");
  return logs;
}

Body read_note(Members& in) {
  Note note;
  note.source = in.text("source");
  const auto is_name = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; };
  if (note.source.empty() || note.source.size() > 48 ||
      !std::all_of(note.source.begin(), note.source.end(), is_name)) {
    in.mistake("member 'source' must be a name of 1 to 48 letters, digits, '-', '_' and '.'");
  }
  const json& lines = in.list("lines");
  if (lines.size() > Note::kLinesMax) in.mistake("at most 1000 lines in one request");
  for (const json& each : lines) {
    if (note.lines.size() == Note::kLinesMax) break;
    if (!each.is_object()) {
      in.mistake("each of 'lines' must be an object");
      break;
    }
    Members one(each);
    Note::Line line;
    line.at_us = static_cast<std::int64_t>(one.whole("at_us", INT64_MAX).value_or(0));
    line.level = read_level(one, log::Level::info);
    line.text = one.text("text");
    if (auto good = one.finish(); !good) in.mistake(good.error().detail);
    note.lines.push_back(std::move(line));
  }
  return note;
}

Body read_scale(Members& in) {
  Scale scale{read_fleet_target(in), {}};
  for (const auto& [group, text] : in.object("groups", true)) {
    const json value = json::parse(text, nullptr, false);
    if (value == "file") {
      scale.counts.emplace(group, std::nullopt);
    } else if (value.is_number_unsigned() && value.get<std::uint64_t>() <= config::kDevicesMax) {
      scale.counts.emplace(group, value.get<std::uint64_t>());
    } else {
      in.mistake("member 'groups': " + group + " must have 0 to " + std::to_string(config::kDevicesMax) +
                 " devices, or \"file\"");
    }
  }
  if (scale.counts.empty()) in.mistake("member 'groups' is empty: nothing to scale");
  return scale;
}

Body read_rollback(Members& in) {
  Rollback rollback{read_fleet_target(in), 0};
  const auto revision = in.whole("revision", kRevisionMax);
  if (!revision) in.mistake("member 'revision' is missing");
  rollback.revision = revision.value_or(0);
  return rollback;
}

Body read_history(Members& in) {
  History history;
  history.id = in.optional_text("id");
  history.revision = in.whole("revision", kRevisionMax);
  history.limit = in.whole("limit", kHistoryMax).value_or(history.limit);
  history.durable = in.boolean("durable");
  history.before = in.whole("before", kRevisionMax);
  if (history.id && history.revision) in.mistake("'id' and 'revision' exclude each other");
  return history;
}

Body read_diff(Members& in) {
  std::string selector = in.text("selector", false, "all");
  return Diff{std::move(selector), in.whole("limit", kLimitMax)};
}

using Reader = Body (*)(Members&);

const std::vector<std::pair<std::string, Reader>>& readers() {
  static const std::vector<std::pair<std::string, Reader>> all = {
      {"set", read_set},
      {"unset", read_unset},
      {"pause", read_switch<bus::Verb::pause>},
      {"resume", read_switch<bus::Verb::resume>},
      {"connect", read_switch<bus::Verb::connect>},
      {"disconnect", read_switch<bus::Verb::disconnect>},
      {"reboot", read_reboot},
      {"do", read_do},
      {"trigger", read_trigger},
      {"jobs", [](Members&) -> Body { return Jobs{}; }},
      {"cancel", [](Members& in) -> Body { return Cancel{in.text("job")}; }},
      {"reload", read_reload},
      {"scale", read_scale},
      {"rollback", read_rollback},
      {"history", read_history},
      {"diff", read_diff},
      {"ls", read_ls},
      {"get", read_get},
      {"describe", [](Members& in) -> Body { return Describe{in.optional_text("type")}; }},
      {"watch", read_watch},
      {"trace", read_trace},
      {"renew",
       [](Members& in) -> Body {
         std::string watch = in.text("watch");
         return Renew{std::move(watch), in.whole("rows", INT64_MAX)};
       }},
      {"status", [](Members& in) -> Body { return Report{in.whole("notices_after", INT64_MAX)}; }},
      {"results", [](Members&) -> Body { return Results{}; }},
      {"logs", read_logs},
      {"note", read_note},
      {"stop", [](Members& in) -> Body { return Stop{in.duration("timeout")}; }},
  };
  return all;
}

Result<Body> read_body(const std::string& verb, const json& args) {
  std::vector<std::string> names;
  for (const auto& [name, reader] : readers()) {
    if (name != verb) {
      names.push_back(name);
      continue;
    }
    Members members(args);
    Body body = reader(members);
    if (auto good = members.finish(); !good) {
      return fail(good.error().code, verb + ": " + good.error().detail);
    }
    return body;
  }
  return fail(Errc::invalid_argument,
              "unknown verb '" + verb + "'" + config::did_you_mean(config::nearest_word(verb, names)));
}

std::string text_of(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

Request decode_request(std::string_view frame) {
  if (!nests_at_most(frame)) return {"", "", fail(Errc::malformed, "a request nests at most 64 deep")};
  const json parsed = json::parse(frame.begin(), frame.end(), nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object()) {
    return {"", "", fail(Errc::malformed, "a request is one JSON object")};
  }
  Request request{text_of(parsed, "id"), text_of(parsed, "verb"), fail(Errc::malformed)};
  if (request.id.empty() || request.id.size() > kIdMax) {
    request.id.clear();
    request.body = fail(Errc::malformed, "member 'id' must be a text of 1 to 128 characters");
    return request;
  }
  const auto version = parsed.find("v");
  if (version == parsed.end() || *version != 1) {
    request.body =
        fail(Errc::malformed, "member 'v' must be 1: this control speaks version 1 of the protocol");
    return request;
  }
  if (request.verb.empty()) {
    request.body = fail(Errc::malformed, "member 'verb' is missing");
    return request;
  }
  static const json kNone = json::object();
  const auto args = parsed.find("args");
  if (args != parsed.end() && !args->is_object() && !args->is_null()) {
    request.body = fail(Errc::malformed, "member 'args' must be an object");
    return request;
  }
  request.body = read_body(request.verb, args != parsed.end() && args->is_object() ? *args : kNone);
  return request;
}

}  // namespace vfleet::control::api
