#include "simulator/fleet/queries.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "simulator/config/layers.h"
#include "simulator/fleet/commands.h"
#include "simulator/fleet/differences.h"
#include "simulator/fleet/sweep.h"
#include "simulator/fleet/views.h"

namespace vfleet::fleet {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string print(const json& tree) {
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

class JsonState final : public device::StateVisitor {
 public:
  void text(std::string_view name, std::string_view value) override { tree[std::string(name)] = value; }
  void number(std::string_view name, double value, int decimals) override {
    const double scale = std::pow(10.0, decimals);
    tree[std::string(name)] = std::round(value * scale) / scale;
  }
  void boolean(std::string_view name, bool value) override { tree[std::string(name)] = value; }
  json tree = json::object();
};

json error_row(std::string text) {
  return {{"error", std::move(text)}};
}

}  // namespace

/// A stream of reports. A bucket of `rate` rows a second; what does not fit is dropped and counted.
struct Queries::Watch {
  Watch(loop::EventLoop& loop, bus::Selector which, std::function<void()> flush)
      : selector(std::move(which)), flush_timer(loop, std::move(flush)) {}
  bus::Selector selector;
  std::string report;  // empty: all
  std::uint64_t rate = 1000;
  bus::QueryReply reply;
  std::vector<std::string> rows;
  std::uint64_t second = 0;
  std::uint64_t this_second = 0;
  std::uint64_t dropped = 0;
  loop::CallbackTimer flush_timer;
};

Queries::Queries(Shard& shard, const RuleBook& rules, const Triggers& triggers, const std::uint64_t& revision)
    : shard_(shard), rules_(rules), triggers_(triggers), revision_(revision), tracer_(shard) {}

Queries::~Queries() {
  shard_.observe(nullptr);
}

void Queries::query(std::uint64_t id, std::string_view name, std::string_view selector_text,
                    std::string_view args_text, bus::QueryReply reply) {
  const json args = args_text.empty() ? json::object() : json::parse(args_text, nullptr, false);
  const auto refuse = [&](std::string text) { reply({print(error_row(std::move(text)))}, true); };
  if (!args.is_object()) return refuse("the arguments are no JSON object");
  const auto text_of = [&](const char* key) {
    const auto at = args.find(key);
    return at != args.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  const auto number_of = [&](const char* key, std::uint64_t fallback) {
    const auto at = args.find(key);
    return at != args.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : fallback;
  };

  if (name == "jobs") {
    std::vector<std::string> rows;
    for (const JobStatus& job : triggers_.jobs()) {
      rows.push_back(print({{"id", job.id},
                            {"report", job.report},
                            {"selector", job.selector},
                            {"remaining", job.remaining},
                            {"every", format_duration(job.every)},
                            {"shard", shard_.assignment().shard}}));
    }
    return reply(std::move(rows), true);
  }

  auto selector = bus::Selector::parse(selector_text.empty() ? "all" : selector_text);
  if (!selector) return refuse(selector.error().detail);
  const std::uint64_t limit =
      std::min(number_of("limit", UINT64_MAX), selector->limit().value_or(UINT64_MAX));

  if (name == "ls") {
    return over_devices(
        std::move(*selector), limit, [this](Member& member) { return ls_row(member); }, reply);
  }
  if (name == "get") {
    const std::string path = text_of("path");
    const auto explain = args.find("explain");
    const bool explained = explain != args.end() && explain->is_boolean() && explain->get<bool>();
    return over_devices(
        std::move(*selector), limit,
        [this, path, explained](Member& member) { return get_row(member, path, explained); }, reply);
  }
  if (name == "diff") return diff(std::move(*selector), limit, std::move(reply));
  if (name == "match") {
    std::shared_ptr<Rule> rule;
    if (const std::string verb_text = text_of("verb"); !verb_text.empty()) {
      const auto verb = bus::verb_from(verb_text);
      if (!verb) return refuse("unknown verb '" + verb_text + "'");
      bus::Command command;
      command.selector = std::string(selector_text);
      command.verb = *verb;
      const auto inner = args.find("args");
      command.args = inner != args.end() ? inner->dump() : "{}";
      auto made = Rule::make(std::move(command));
      if (!made) return refuse(made.error().detail);
      rule = std::move(*made);
    }
    // All matches: which of them a limit() keeps is decided where all shards are known.
    return over_devices(
        std::move(*selector), UINT64_MAX,
        [this, rule](Member& member) {
          return print({{"id", device_id(member)},
                        {"ordinal", member.group->ordinal(member.index)},
                        {"change", rule == nullptr || would_change(shard_, *rule, member)}});
        },
        reply);
  }
  if (name == "watch") {
    auto watch = std::make_unique<Watch>(shard_.loop(), std::move(*selector), [this, id] {
      const auto at = watches_.find(id);
      if (at == watches_.end()) return;
      Watch& due = *at->second;
      if (due.dropped != 0) due.rows.push_back(print({{"dropped", std::exchange(due.dropped, 0)}}));
      due.reply(std::exchange(due.rows, {}), false);
    });
    watch->report = text_of("report");
    watch->rate = std::clamp<std::uint64_t>(number_of("rate", 1000), 1, 100'000);
    watch->reply = std::move(reply);
    watches_.insert_or_assign(id, std::move(watch));
    shard_.observe(this);
    return;
  }
  if (name == "trace") {
    const auto settled = args.find("settled");
    return tracer_.begin(
        id, std::move(*selector), std::clamp<std::uint64_t>(number_of("rate", 1000), 1, 100'000),
        settled != args.end() && settled->is_boolean() && settled->get<bool>(), std::move(reply));
  }
  refuse("unknown query '" + std::string(name) + "'");
}

void Queries::cancel(std::uint64_t id) {
  tracer_.cancel(id);
  watches_.erase(id);
  if (watches_.empty()) shard_.observe(nullptr);
}

void Queries::report_left(const Member& member, const device::Report& report, std::string_view message) {
  for (const auto& [id, watch] : watches_) {
    if (!watch->report.empty() && watch->report != report.head.type) continue;
    if (!watch->selector.matches_all() && !watch->selector.matches(GroupView(*member.group, member.index)))
      continue;
    const auto second = static_cast<std::uint64_t>(report.head.sent_us / 1'000'000);
    if (second != watch->second) {
      watch->second = second;
      watch->this_second = 0;
    }
    if (++watch->this_second > watch->rate) {
      ++watch->dropped;
    } else {
      watch->rows.push_back(print({{"id", device_id(member)},
                                   {"type", report.head.type},
                                   {"seq", report.head.seq},
                                   {"ch", report.head.channel},
                                   {"at_us", report.head.sent_us},
                                   {"triggered", report.triggered},
                                   {"message", message}}));
    }
    if (!watch->flush_timer.armed()) watch->flush_timer.arm_in(50ms);
  }
}

void Queries::over_devices(bus::Selector selector, std::uint64_t limit, Row row,
                           const bus::QueryReply& reply) {
  auto rows = std::make_shared<std::vector<std::string>>();
  auto left = std::make_shared<std::uint64_t>(limit);
  sweep(
      shard_, std::move(selector), 500us,
      [rows, left, row = std::move(row), reply](Member& member) {
        if (*left == 0) return false;
        std::string text = row(member);
        if (text.empty()) return true;
        --*left;
        rows->push_back(std::move(text));
        if (rows->size() >= kRowsPerChunk) reply(std::exchange(*rows, {}), false);
        return true;
      },
      [rows, reply] { reply(std::move(*rows), true); });
}

void Queries::diff(bus::Selector selector, std::uint64_t limit, bus::QueryReply reply) {
  // By group, and not by device: one that is not there differs too.
  struct Cursor {
    bus::Selector selector;
    std::uint64_t left;
    std::uint64_t matched;
    bus::QueryReply reply;
    std::vector<std::string> names;
    std::size_t group = 0;
    std::uint32_t index = 0;
    std::vector<std::string> rows;
  };
  auto cursor =
      std::make_shared<Cursor>(Cursor{std::move(selector), limit, 0, std::move(reply), {}, 0, 0, {}});
  for (const auto& group : shard_.groups()) cursor->names.push_back(group->name());
  auto step = std::make_shared<std::function<void()>>();
  *step = [this, cursor, weak = std::weak_ptr(step)] {
    const TimePoint end = shard_.loop().now() + 500us;
    std::uint32_t looked = 0;
    for (; cursor->group < cursor->names.size(); ++cursor->group, cursor->index = 0) {
      Group* group = shard_.find_group(cursor->names[cursor->group]);
      for (; group != nullptr && cursor->index < group->count() && cursor->left > 0; ++cursor->index) {
        if (++looked % 16 == 0 && shard_.loop().now() >= end) {
          return shard_.loop().post([self = weak.lock()] { (*self)(); });
        }
        std::string row = diff_row(*group, cursor->index, cursor->selector, cursor->matched);
        if (row.empty()) continue;
        --cursor->left;
        cursor->rows.push_back(std::move(row));
        if (cursor->rows.size() >= kRowsPerChunk) cursor->reply(std::exchange(cursor->rows, {}), false);
      }
    }
    cursor->rows.push_back(
        print({{"shard", shard_.assignment().shard}, {"revision", revision_}, {"matched", cursor->matched}}));
    cursor->reply(std::move(cursor->rows), true);
  };
  (*step)();
}

std::string Queries::diff_row(Group& group, std::uint32_t index, const bus::Selector& selector,
                              std::uint64_t& matched) const {
  Member* member = shard_.at(group.keys[index]);
  if (member == nullptr && !shard_.hosts(group, index)) return {};
  const bool asked =
      selector.matches_all() || (member != nullptr ? selector.matches(MemberView(shard_, *member))
                                                   : selector.matches(GroupView(group, index)));
  if (!asked) return {};
  ++matched;
  json list = json::array();
  const auto add = [&](const Difference& each) {
    list.push_back({{"path", each.path},
                    {"desired", each.desired},
                    {"reported", each.reported},
                    {"reason", each.reason},
                    {"revision", each.revision}});
  };
  if (member == nullptr) {
    add(absence(shard_, rules_, group, index));
  } else {
    for (const Difference& each : differences(shard_, rules_, *member)) add(each);
  }
  if (list.empty()) return {};
  Group::IdBuffer buffer;
  return print({{"id", std::string(group.id(index, buffer))},
                {"ordinal", group.ordinal(index)},
                {"group", group.name()},
                {"differences", std::move(list)}});
}

std::string Queries::ls_row(Member& member) const {
  JsonState state;
  shard_.visit_state(member, state);
  json labels = json::object();
  member.group->visit_labels(
      member.index, [&](const std::string& name, std::string_view value) { labels.emplace(name, value); });
  return print({{"id", device_id(member)},
                {"ordinal", member.group->ordinal(member.index)},
                {"type", member.group->type_name()},
                {"group", member.group->name()},
                {"labels", std::move(labels)},
                {"online", bool{member.online}},
                {"paused", bool{member.paused}},
                {"disconnected", bool{member.disconnected}},
                {"state", std::move(state.tree)},
                {"boot", shard_.assignment().boot},
                {"seq", member.seq}});
}

/// The paths below an open key that are set: those of the section `path`, or that path alone.
void Queries::open_rows(const Member& member, const config::Key& key, const std::string& path, bool explain,
                        json& values, json& explained) const {
  const Group& group = *member.group;
  const std::string prefix = key.path.substr(0, key.path.size() - 1);
  const config::Values& own = member.config->values();
  const bool one = group.schema().find(path) == &key;
  for (auto at = own.lower_bound(prefix); at != own.end() && at->first.starts_with(prefix); ++at) {
    if (one && at->first != path) continue;
    if (!explain) {
      values[at->first] = config::format_value(key, at->second);
      continue;
    }
    for (const config::Values* layer : {&group.spec().profile_values, &group.spec().values}) {
      if (const auto found = layer->find(at->first); found != layer->end()) {
        explained.push_back(
            {{"path", at->first},
             {"value", config::format_value(key, found->second)},
             {"source", layer == &group.spec().values ? "fleet file" : "profile " + group.spec().profile}});
      }
    }
    if (const config::DeviceRow* row = group.row(member.index);
        row != nullptr && row->values.contains(at->first)) {
      explained.push_back({{"path", at->first},
                           {"value", config::format_value(key, row->values.at(at->first))},
                           {"source", "devices file"}});
    }
    if (!member.config->overlay().contains(at->first)) continue;
    const std::uint64_t revision = rules_.source_of(at->first, group, GroupView(group, member.index));
    explained.push_back(
        {{"path", at->first},
         {"value", config::format_value(key, at->second)},
         {"source", revision != 0 ? "revision " + std::to_string(revision) : "the platform"}});
  }
}

std::string Queries::get_row(Member& member, const std::string& path, bool explain) const {
  const Group& group = *member.group;
  json out = {{"id", device_id(member)}, {"ordinal", group.ordinal(member.index)}};
  json values = json::object();
  json explained = json::array();
  const GroupView view(group, member.index);
  const config::DeviceRow* row = group.row(member.index);
  for (const config::Key& key : group.schema().keys()) {
    // A section name stands for every key below it.
    const bool wanted = path.empty() || key.path == path ||
                        (key.path.starts_with(path) && key.path[path.size()] == '.') ||
                        (config::is_open(key) && group.schema().find(path) == &key);
    if (!wanted) continue;
    const config::Values& own = member.config->values();
    if (config::is_open(key)) {
      open_rows(member, key, path, explain, values, explained);
      continue;
    }
    const auto at = own.find(key.path);
    const config::Value& value = at == own.end() ? key.initial : at->second;
    if (!explain) {
      values[key.path] = config::format_value(key, value);
      continue;
    }
    // Lowest layer first: the last one is in force.
    for (const config::Explained& each :
         config::explain({group.schema(), &group.spec(), row, nullptr}, key.path)) {
      explained.push_back({{"path", each.path}, {"value", each.value}, {"source", each.source}});
    }
    const auto add = [&, &key = key](const config::Values& layer, const std::string& source) {
      const auto set = layer.find(key.path);
      if (set == layer.end()) return;
      explained.push_back(
          {{"path", key.path}, {"value", config::format_value(key, set->second)}, {"source", source}});
    };
    add(member.config->overlay(), "revision " + std::to_string(rules_.source_of(key.path, group, view)));
    add(member.config->platform(), "the platform");
  }
  if (explain) {
    out["explain"] = std::move(explained);
  } else {
    if (!path.empty() && values.empty()) return {};
    out["values"] = std::move(values);
  }
  return print(out);
}

}  // namespace vfleet::fleet
