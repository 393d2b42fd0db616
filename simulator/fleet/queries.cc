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

/// The arguments of a query. A member that is not there, or of another type, is as if it had not been named.
class Args {
 public:
  explicit Args(std::string_view text)
      : tree_(text.empty() ? json::object() : json::parse(text, nullptr, false)) {}

  [[nodiscard]] bool good() const { return tree_.is_object(); }
  [[nodiscard]] std::string text(const char* key) const {
    const json* value = find(key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
  }
  [[nodiscard]] std::uint64_t number(const char* key, std::uint64_t otherwise) const {
    const json* value = find(key);
    return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : otherwise;
  }
  [[nodiscard]] bool flag(const char* key) const {
    const json* value = find(key);
    return value != nullptr && value->is_boolean() && value->get<bool>();
  }
  /// The text of a member of any type; "{}" without it.
  [[nodiscard]] std::string inner(const char* key) const {
    const json* value = find(key);
    return value != nullptr ? value->dump() : "{}";
  }
  /// Rows a second.
  [[nodiscard]] std::uint64_t rate() const {
    return std::clamp<std::uint64_t>(number("rate", 1000), 1, 100'000);
  }

 private:
  [[nodiscard]] const json* find(const char* key) const {
    const auto at = tree_.find(key);
    return at != tree_.end() ? &*at : nullptr;
  }

  json tree_;
};

void refuse(const bus::QueryReply& reply, std::string why) {
  reply({print({{"error", std::move(why)}})}, true);
}

/// The rule that a command would be: what `match` asks about.
Result<std::unique_ptr<Rule>> rule_of(std::string_view selector, const std::string& verb_text,
                                      std::string args) {
  const auto verb = bus::verb_from(verb_text);
  if (!verb) return fail(Errc::invalid_argument, "unknown verb '" + verb_text + "'");
  bus::Command command;
  command.selector = std::string(selector);
  command.verb = *verb;
  command.args = std::move(args);
  return Rule::make(std::move(command));
}

}  // namespace

Queries::Queries(Shard& shard, const RuleBook& rules, const Triggers& triggers, const std::uint64_t& revision)
    : shard_(shard),
      rules_(rules),
      triggers_(triggers),
      revision_(revision),
      watches_(shard),
      tracer_(shard) {}

void Queries::query(std::uint64_t id, std::string_view name, std::string_view selector_text,
                    std::string_view args_text, bus::QueryReply reply) {
  const Args args(args_text);
  if (!args.good()) return refuse(reply, "the arguments are no JSON object");
  if (name == "jobs") return jobs(reply);

  auto selector = bus::Selector::parse(selector_text.empty() ? "all" : selector_text);
  if (!selector) return refuse(reply, selector.error().detail);
  const std::uint64_t limit =
      std::min(args.number("limit", UINT64_MAX), selector->limit().value_or(UINT64_MAX));
  if (name == "ls") {
    return over_devices(
        std::move(*selector), limit, [this](Member& member) { return ls_row(member); }, reply);
  }
  if (name == "get") {
    return over_devices(
        std::move(*selector), limit,
        [this, path = args.text("path"), explained = args.flag("explain")](Member& member) {
          return get_row(member, path, explained);
        },
        reply);
  }
  if (name == "diff") return diff(std::move(*selector), limit, std::move(reply));
  if (name == "match") {
    std::shared_ptr<Rule> rule;
    if (const std::string verb = args.text("verb"); !verb.empty()) {
      auto made = rule_of(selector_text, verb, args.inner("args"));
      if (!made) return refuse(reply, made.error().detail);
      rule = std::move(*made);
    }
    return match(std::move(*selector), std::move(rule), reply);
  }
  if (name == "watch") {
    return watches_.begin(id, std::move(*selector), args.text("report"), args.rate(), std::move(reply));
  }
  if (name == "trace") {
    return tracer_.begin(id, std::move(*selector), args.rate(), args.flag("settled"), std::move(reply));
  }
  refuse(reply, "unknown query '" + std::string(name) + "'");
}

void Queries::cancel(std::uint64_t id) {
  tracer_.cancel(id);
  watches_.cancel(id);
}

void Queries::jobs(const bus::QueryReply& reply) const {
  std::vector<std::string> rows;
  for (const JobStatus& job : triggers_.jobs()) {
    rows.push_back(print({{"id", job.id},
                          {"report", job.report},
                          {"selector", job.selector},
                          {"remaining", job.remaining},
                          {"every", format_duration(job.every)},
                          {"shard", shard_.assignment().shard}}));
  }
  reply(std::move(rows), true);
}

void Queries::match(bus::Selector selector, std::shared_ptr<Rule> rule, const bus::QueryReply& reply) {
  // All matches: which of them a limit() keeps is decided where all shards are known.
  over_devices(
      std::move(selector), UINT64_MAX,
      [this, rule = std::move(rule)](Member& member) {
        return print({{"id", device_id(member)},
                      {"ordinal", member.group->ordinal(member.index)},
                      {"change", rule == nullptr || would_change(shard_, *rule, member)}});
      },
      reply);
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
