#include "tests/chaos/account.h"

#include <fmt/format.h>

#include <set>

namespace vfleet::chaos {

using nlohmann::json;

namespace {

/// How many commands one `history` shows; of older ones only the durable are looked at.
constexpr std::size_t kHistoryMax = 10'000;

std::uint64_t watts(const std::string& text) {
  double value = 0;
  std::size_t end = 0;
  try {
    value = std::stod(text, &end);
  } catch (const std::exception&) {
    return 0;
  }
  const std::string unit = text.substr(end);
  const double factor = unit == "kW" ? 1e3 : unit == "MW" ? 1e6 : unit == "W" ? 1 : 0;
  return static_cast<std::uint64_t>(value * factor + 0.5);
}

}  // namespace

void Account::check() {
  check_requests();
  check_values();
  check_markers();
  check_figures();
}

void Account::read_history() {
  const std::string limit = std::to_string(kHistoryMax);
  std::vector<std::string> words{"history", "--limit", limit};
  for (;;) {
    const json history = fleet_.vfleet(words);
    if (!history.is_object() || !history.contains("rows"))
      return ground_.violate("no history: " + history.dump());
    std::uint64_t oldest = 0;
    for (const json& row : history["rows"]) {
      const auto revision = row.value("revision", std::uint64_t{0});
      if (revision > 0) oldest = revision;
      history_.emplace(row.value("id", ""), row);
    }
    if (history["rows"].size() < kHistoryMax || oldest <= 1) return;
    words = {"history", "--durable", "--limit", limit, "--before", std::to_string(oldest)};
  }
}

void Account::check_requests() {
  read_history();
  std::set<std::uint64_t> revisions;
  for (const auto& [id, row] : history_) {
    const auto revision = row.value("revision", std::uint64_t{0});
    if (revision > 0 && !revisions.insert(revision).second) {
      ground_.violate(fmt::format("revision {} was given twice", revision));
    }
  }
  ground_.outcome.revisions = revisions.size();
  if (!revisions.empty() && *revisions.rbegin() != revisions.size()) {
    ground_.violate(fmt::format("revisions have holes: {} of {}", revisions.size(), *revisions.rbegin()));
  }
  const auto last = fleet_.vfleet({"status"}).value("revision", std::uint64_t{0});
  if (last != revisions.size())
    ground_.violate(fmt::format("status says revision {}, history {}", last, revisions.size()));
  ground_.outcome.commands = scenario_.asked().size();
  for (std::size_t i = 0; i < scenario_.asked().size(); ++i)
    check_request(scenario_.asked()[i], scenario_.asked().size() - i > kHistoryMax);
}

void Account::check_request(const Asked& asked, bool perhaps_forgotten) {
  const auto known = history_.find(asked.id);
  const bool in_history = known != history_.end();
  if (!asked.answer) {
    ++ground_.outcome.unknown;
    ++ground_.outcome.unanswered;
    return;
  }
  const json& answer = *asked.answer;
  const bool unknown = answer.value("code", "") == "outcome_unknown";
  if (answer.value("kind", "") == "error" && !unknown) {
    ++ground_.outcome.refused;
    if (in_history) ground_.violate("refused, yet history has it: " + answer.dump());
    return;
  }
  ++(unknown ? ground_.outcome.unknown : ground_.outcome.answered);
  if (!in_history) {
    if (!perhaps_forgotten || asked.verb != "trigger")
      ground_.violate("answered, yet history does not know it: " + answer.dump());
    return;
  }
  const auto revision = known->second.value("revision", std::uint64_t{0});
  if (answer.contains("revision") && answer.value("revision", std::uint64_t{0}) != revision) {
    ground_.violate(fmt::format("history says revision {}: {}", revision, answer.dump()));
  }
  if ((asked.verb == "trigger") != (revision == 0))
    ground_.violate("durable and transient are mixed up: " + answer.dump());
}

/// Every durable change that history has, applied in its order by this program's own understanding.
void Account::check_values() {
  std::map<std::uint64_t, const Asked*> changes;
  for (const auto& [id, row] : history_) {
    const auto revision = row.value("revision", std::uint64_t{0});
    if (revision == 0) continue;
    const Asked* const asked = scenario_.find(id);
    if (asked == nullptr) {
      ground_.violate("a revision that nobody asked for: " + row.dump());
      continue;
    }
    changes[revision] = asked;
  }
  const json answer = fleet_.vfleet({"get", "all", kPath});
  std::map<std::string, std::string> values;
  if (answer.is_object() && answer.contains("rows")) {
    for (const json& row : answer["rows"]) values[row.value("id", "")] = row["values"].value(kPath, "");
  }
  std::string standard;
  for (const std::string& group : ground_.groups) {
    for (int number = 1; number <= ground_.options.devices_per_group; ++number) {
      std::uint64_t expected = 0;
      std::uint64_t by = 0;
      for (const auto& [revision, asked] : changes) {
        if (!asked->aim.matches(group, number)) continue;
        expected = asked->verb == "set" ? asked->value : 0;
        by = revision;
      }
      const std::string id = device_id(group, number);
      if (expected == 0) {
        if (standard.empty()) standard = values[id];
        if (values[id] != standard)
          ground_.violate(fmt::format("{} has {} and not the default", id, values[id]));
      } else if (watts(values[id]) != expected) {
        ground_.violate(fmt::format("{} has {}, revision {} set {} W", id, values[id], by, expected));
      }
    }
  }
  const json diff = fleet_.vfleet({"diff"});
  if (!diff.is_object() || diff.value("status", -1) != 0) ground_.violate("diff: " + diff.dump());
}

void Account::check_markers() {
  for (const auto& [marker, times] : fleet_.sink().account().markers) {
    const auto& [device, number] = marker;
    ++ground_.outcome.markers;
    const std::size_t index = number - Sink::kMarkerMin;
    if (times > 1)
      ground_.violate(fmt::format("{} sent what chaos-{} asked for {} times", device, index, times));
    if (index >= scenario_.asked().size() || scenario_.asked()[index].verb != "trigger") {
      ground_.violate(fmt::format("{} sent what nobody asked for: {}", device, number));
      continue;
    }
    const Asked& asked = scenario_.asked()[index];
    const std::size_t dash = device.rfind('-');
    if (!asked.aim.matches(device.substr(0, dash), std::stoi(device.substr(dash + 1)))) {
      ground_.violate(fmt::format("{} sent what {} asked of {}", device, asked.id, asked.aim.text));
    }
    if (!history_.contains(asked.id) && scenario_.asked().size() - index <= kHistoryMax) {
      ground_.violate(fmt::format("{} was executed and history does not know it", asked.id));
    }
  }
  if (ground_.outcome.markers == 0) ground_.violate("no triggered report arrived at all");
}

void Account::check_figures() {
  const json stopped = fleet_.vfleet({"stop"});
  if (!stopped.is_object() || !stopped.contains("figures")) return ground_.violate("stop: " + stopped.dump());
  const json& figures = stopped["figures"];
  ground_.outcome.sent = figures.value("sent", std::uint64_t{0});
  const auto acked = figures.value("acked", std::uint64_t{0});
  const json failures = figures.value("failed", json::object());
  for (const auto& [reason, times] : failures.items()) {
    ground_.outcome.failed += times.get<std::uint64_t>();
  }
  const Sink::Account account = fleet_.sink().account();
  ground_.outcome.received = account.received;
  const auto say = [&] {
    return fmt::format("sent {} acked {} failed {} received {} missing {}: {}", ground_.outcome.sent, acked,
                       ground_.outcome.failed, account.received, account.missing,
                       figures.value("failed", json()).dump());
  };
  if (ground_.outcome.sent != acked + ground_.outcome.failed)
    ground_.violate("the account is not closed: " + say());
  if (account.received < acked || account.received > ground_.outcome.sent)
    ground_.violate("the account is wrong: " + say());
  if (account.missing > ground_.outcome.failed) ground_.violate("more is missing than is known: " + say());
  if (account.duplicates > 0) ground_.violate(fmt::format("{} duplicates", account.duplicates));
  if (account.unreadable > 0) ground_.violate(fmt::format("{} unreadable reports", account.unreadable));
  if (!fleet_.control_ended_in_order()) ground_.violate("control did not end in order");
}

}  // namespace vfleet::chaos
