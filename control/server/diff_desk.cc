#include "control/server/diff_desk.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

namespace vfleet::control::server {

using nlohmann::json;

struct DiffDesk::Gathered {
  std::uint64_t limit = UINT64_MAX;
  std::uint64_t devices = 0;  // that differ
  std::uint64_t matched = 0;
};

void DiffDesk::handle(const CommandDesk::Asker& asker, const api::Diff& request) {
  auto selector = bus::Selector::parse(request.selector);
  if (!selector) {
    return commands_.refuse(
        asker, {selector.error().code, "selector '" + request.selector + "': " + selector.error().detail});
  }
  const auto gathered = std::make_shared<Gathered>();  // two callbacks fill and read it
  gathered->limit = std::min(request.limit.value_or(UINT64_MAX), selector->limit().value_or(UINT64_MAX));
  FanOut::Ask ask =
      core_.ask("diff", selector->text(), request.limit ? json({{"limit", *request.limit}}).dump() : "{}");
  ask.rows = [this, asker, gathered](std::vector<api::JsonText> rows) {
    std::vector<api::JsonText> shown;
    for (api::JsonText& text : rows) {
      const json row = json::parse(text, nullptr, false);
      if (!row.is_object()) continue;
      if (const auto matched = row.find("matched"); matched != row.end() && matched->is_number_unsigned()) {
        gathered->matched += matched->get<std::uint64_t>();
      } else if (gathered->devices < gathered->limit) {
        ++gathered->devices;
        shown.push_back(std::move(text));
      }
    }
    if (!shown.empty()) core_.ports.to_operator(asker.identity, api::rows(asker.id, shown));
  };
  ask.done = [this, asker, gathered](const std::vector<std::uint32_t>& silent) {
    finish(asker, *gathered, silent);
  };
  core_.fan_out.ask(std::move(ask), core_.now());
}

void DiffDesk::finish(const CommandDesk::Asker& asker, const Gathered& gathered,
                      const std::vector<std::uint32_t>& silent) {
  std::vector<api::JsonText> behind;
  std::vector<api::JsonText> silent_numbers;
  for (const Worker& worker : core_.registry.all()) {
    const bool is_silent = std::find(silent.begin(), silent.end(), worker.shard) != silent.end();
    if (worker.state == ShardState::live && !is_silent) continue;
    const std::uint64_t missing = core_.seq() - std::min(worker.applied, core_.seq());
    behind.push_back(json({{"shard", worker.shard},
                           {"state", to_string(worker.state)},
                           {"applied_seq", worker.applied},
                           {"behind", missing}})
                         .dump());
    silent_numbers.push_back(std::to_string(worker.shard));
  }
  api::ReplyMembers members;
  members.number("matched", gathered.matched).number("differ", gathered.devices);
  members.array("behind", behind).array("silent", silent_numbers);
  members.number("revision", core_.desired.revision()).number("seq", core_.seq());
  const bool nobody = silent_numbers.size() == core_.registry.shards() && gathered.matched == 0;
  const auto status = nobody                                    ? api::ExitStatus::failed
                      : gathered.devices > 0 || !behind.empty() ? api::ExitStatus::some
                      : gathered.matched == 0                   ? api::ExitStatus::nothing
                                                                : api::ExitStatus::done;
  core_.ports.to_operator(asker.identity, api::result(asker.id, status, members));
}

}  // namespace vfleet::control::server
