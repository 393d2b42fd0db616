// Durable commands in any order, with any arguments: a line each, its first two characters say verb and
// selector, the rest is the arguments. Two sets that took up the same are the same, a snapshot gives it
// again, and a rollback leads back to what was. A whole input is read as the arguments of a rollback too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "simulator/bus/rule_set.h"
#include "simulator/core/nesting.h"

namespace {

using namespace vfleet::bus;

void require(bool holds) {
  if (!holds) std::abort();
}

/// As control and workers see them: only what the decoder lets through.
vfleet::Result<Command> command_of(std::string_view line, std::uint64_t revision) {
  constexpr std::string_view kSelectors[] = {"all", "pile-*", "pile-00001", "group=cam"};
  Command command;
  command.epoch = 1;
  command.seq = revision;
  command.revision = revision;
  command.id = "c" + std::to_string(revision);
  const auto at = [&](std::size_t i) { return i < line.size() ? static_cast<unsigned char>(line[i]) : 0U; };
  command.verb = static_cast<Verb>(at(0) % (static_cast<unsigned>(Verb::rollback) + 1));
  command.selector = kSelectors[at(1) % std::size(kSelectors)];
  // Control prints the arguments itself, so equal ones are equal texts.
  const std::string_view rest = line.substr(std::min<std::size_t>(line.size(), 2));
  const auto args =
      vfleet::nests_at_most(rest) ? nlohmann::json::parse(rest, nullptr, false) : nlohmann::json();
  command.args = args.is_object() ? args.dump() : "{}";
  return decode_command(encode(command));
}

RuleSet restored(const RuleSet& from) {
  RuleSet out;
  for (const auto& [revision, rule] : from.rules()) out.restore(rule.command);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto rollback = decode_rollback(text)) {
    const auto again = decode_rollback(encode(*rollback));
    require(again && again->to == rollback->to && again->delta.dropped == rollback->delta.dropped);
    require(again->delta.added == rollback->delta.added && again->groups == rollback->groups);
    require(again->removed == rollback->removed);
  }

  RuleSet control;
  RuleSet worker;
  RuleSet half;
  std::uint64_t revision = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const auto command = command_of(text.substr(at, end - at), revision + 1);
    at = end + 1;
    if (!command) continue;
    ++revision;
    const RuleSet::Changes ours = control.record(*command);
    const RuleSet::Changes theirs = worker.record(*command);
    require(ours.dropped == theirs.dropped && ours.rewritten == theirs.rewritten && ours.kept == theirs.kept);
    for (const std::uint64_t kept : ours.rewritten) require(control.rules().contains(kept));
    if (at < size / 2) half = restored(control);
    if (revision == 64) break;  // the sets are compared each time
  }
  require(delta(control.rules(), worker.rules()).empty());
  require(delta(control.rules(), restored(control).rules()).empty());

  Rollback back;
  back.delta = delta(control.rules(), half.rules());
  Command command;
  command.id = "back";
  command.revision = revision + 1;
  command.verb = Verb::rollback;
  command.selector = "all";
  command.args = encode(back);
  (void)control.record(command);
  require(delta(control.rules(), half.rules()).empty());
  for (const auto& [number, rule] : worker.rules()) {
    for (const auto& [subject, value] : rule.subjects) {
      for (const RuleSet::Rule* each :
           worker.setting(subject.substr(std::min<std::size_t>(subject.size(), 5))))
        require(each->command.verb == Verb::set);
    }
  }
  while (!worker.rules().empty()) require(worker.drop(worker.rules().begin()->first));
  return 0;
}
