#include "control/worker/ask_worker.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "control/worker/run_program.h"
#include "simulator/config/fleet_spec.h"

namespace vfleet::control::worker {
namespace {

using config::GroupSpec;
using config::Objection;
using nlohmann::json;

constexpr Duration kDescribeQuiet = std::chrono::seconds(10);
// A group with a million rows that all differ takes a while until it is done with.
constexpr Duration kCheckQuiet = std::chrono::minutes(2);

/// A group as it is asked about, and the index that each of its rows has in the fleet.
struct Question {
  std::string text;
  std::vector<std::size_t> rows;
};

Question question(const GroupSpec& group, const config::Schema& schema) {
  Question out;
  GroupSpec asked = group;
  asked.rows.clear();
  std::set<std::string> seen;
  for (std::size_t i = 0; i < group.rows.size(); ++i) {
    if (!seen.insert(config::to_json(schema, group.rows[i].values).dump()).second) continue;
    asked.rows.push_back(group.rows[i]);
    out.rows.push_back(i);
  }
  if (!asked.rows.empty()) asked.count = asked.rows.size();
  asked.ordinals = {{0, asked.count, 0}};
  out.text = config::to_json(asked, schema).dump(-1, ' ', false, json::error_handler_t::replace);
  return out;
}

tl::unexpected<Error> not_checked(const std::string& why) {
  return fail(Errc::unavailable,
              "what only workers know could not be checked (--no-worker-check leaves it out): " + why);
}

/// Adds what a line says. False: it is no answer to any of the questions.
bool read_line(const json& line, const std::vector<Question>& questions, std::vector<Objection>& found,
               std::set<std::size_t>& checked) {
  if (!line.is_object()) return false;
  const auto number = line.find("line");
  if (number == line.end() || !number->is_number_unsigned()) return false;
  const auto asked = number->get<std::uint64_t>();
  if (asked < 1 || asked > questions.size()) return false;
  const std::size_t group = asked - 1;
  if (line.contains("checked")) return checked.insert(group).second;
  const auto path = line.find("path");
  const auto message = line.find("message");
  if (path == line.end() || !path->is_string() || message == line.end() || !message->is_string())
    return false;
  Objection& objection = found.emplace_back();
  objection.group = group;
  objection.path = path->get<std::string>();
  objection.message = message->get<std::string>();
  const auto row = line.find("row");
  if (row == line.end()) return true;
  const std::vector<std::size_t>& rows = questions[group].rows;
  if (!row->is_number_unsigned() || row->get<std::uint64_t>() >= rows.size()) return false;
  objection.row = rows[row->get<std::uint64_t>()];
  return true;
}

Result<std::vector<Objection>> ask(const std::string& program, const config::Catalogue& catalogue,
                                   const std::vector<const GroupSpec*>& groups) {
  std::vector<Question> questions;
  std::string input;
  for (const GroupSpec* group : groups) {
    const auto schema = catalogue.schema(group->type, group->uplink);
    if (!schema) return tl::unexpected(schema.error());
    questions.push_back(question(*group, *schema));
    input += questions.back().text + '\n';
    questions.back().text.clear();
  }
  const auto printed = run_program({.words = {program, "--check"}, .input = input, .quiet_max = kCheckQuiet});
  if (!printed) return not_checked(printed.error().detail);
  std::vector<Objection> found;
  std::set<std::size_t> checked;
  std::string_view left = *printed;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::string_view line = left.substr(0, end);
    if (!read_line(json::parse(line, nullptr, false), questions, found, checked))
      return not_checked(program +
                         " --check prints what is no answer: vfleet and vfleet-worker of one build");
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  if (checked.size() != questions.size())
    return not_checked(program + " --check ended before it had looked at all groups");
  return found;
}

}  // namespace

Result<std::string> describe(const std::string& program) {
  return run_program({.words = {program, "--describe"}, .quiet_max = kDescribeQuiet});
}

std::string sister_program(const std::string& name) {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? name : (own.parent_path() / name).string();
}

config::GroupCheck check_by(std::string program, const config::Catalogue& catalogue) {
  return [program = std::move(program), &catalogue](const std::vector<const GroupSpec*>& groups) {
    return ask(program, catalogue, groups);
  };
}

}  // namespace vfleet::control::worker
