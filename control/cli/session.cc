#include "control/cli/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "control/cli/render/counts.h"
#include "simulator/bus/selector.h"
#include "simulator/core/units.h"

namespace vfleet::cli {
namespace {

constexpr Duration kControlAnswers = std::chrono::seconds(1);

ColorMode color_of(const Invocation& invocation) {
  const std::string when = invocation.text_or("color", "auto");
  return when == "always" ? ColorMode::always : when == "never" ? ColorMode::never : ColorMode::automatic;
}

// The column in "column 7: expected ...", from 1; 0 when the text has another form.
std::size_t column_in(std::string_view detail) {
  constexpr std::string_view kPrefix = "column ";
  if (!detail.starts_with(kPrefix)) return 0;
  std::size_t column = 0;
  std::from_chars(detail.data() + kPrefix.size(), detail.data() + detail.size(), column);
  return column;
}

}  // namespace

Session::Session(const Environment& env, const Invocation& invocation)
    : env_(env),
      out_(env, invocation.has("json"), color_of(invocation)),
      run_dir_option_(invocation.text("run-dir")),
      control_option_(invocation.text("control")),
      keys_option_(invocation.text("keys")),
      insecure_(invocation.has("insecure")),
      timeout_(invocation.duration("timeout")),
      command_id_(invocation.text_or("command-id", "")),
      verbose_(invocation.has("verbose")) {}

Outcome<RunDir> Session::run_dir() const {
  if (run_dir_option_ && !control_option_) return find_run_dir(env_, run_dir_option_);
  if (run_dir_option_) return wrong_usage("--run-dir and --control exclude each other");
  auto remote = find_remote(env_, control_option_, keys_option_, insecure_);
  if (!remote) return tl::unexpected<Failure>(remote.error());
  return *remote ? Outcome<RunDir>(std::move(**remote)) : find_run_dir(env_, run_dir_option_);
}

Duration Session::timeout(Duration fallback) const {
  return timeout_.value_or(fallback);
}

Outcome<nlohmann::json> Session::ask(std::string_view verb, const nlohmann::json& args, bool changes,
                                     const OnRows& on_rows) {
  const auto dir = run_dir();
  if (!dir) return tl::unexpected<Failure>(dir.error());
  Client client(env_, *dir);

  nlohmann::json rows = nlohmann::json::array();
  Client::Call call{.verb = verb, .id = command_id_, .timeout = timeout(), .changes = changes};
  if (!changes || dir->remote) call.first_answer = Client::kFirstRows;  // a network has its own delays
  // Control gives up first: its answer names the workers that are silent.
  if (args.contains("timeout")) call.timeout += kControlAnswers;
  call.on_answer = [&](const nlohmann::json& answer) {
    const std::string kind = answer.value("kind", "");
    if (kind == "progress") out_.progress(progress_line(verb, answer));
    if (kind != "rows" || !answer.contains("rows") || !answer["rows"].is_array()) return;
    if (on_rows) {
      on_rows(answer["rows"]);
    } else {
      for (const auto& row : answer["rows"]) rows.push_back(row);
    }
  };
  auto result = client.call(call, args);
  out_.end_progress();
  if (!result) return result;
  if (result->contains("rows") && (*result)["rows"].is_array()) {
    for (const auto& row : (*result)["rows"]) rows.push_back(row);
  }
  (*result)["rows"] = std::move(rows);
  return result;
}

Outcome<nlohmann::json> Session::query(std::string_view verb, const nlohmann::json& args,
                                       const OnRows& on_rows) {
  return ask(verb, args, false, on_rows);
}

Outcome<nlohmann::json> Session::change(std::string_view verb, const nlohmann::json& args) {
  auto result = ask(verb, args, !args.value("dry_run", false), {});
  if (!result) return result;
  result->erase("rows");
  result->erase("kind");
  (*result)["verb"] = verb;
  return result;
}

Outcome<ExitStatus> Session::command(std::string_view verb, const nlohmann::json& args) {
  auto result = change(verb, args);
  if (!result) return tl::unexpected<Failure>(result.error());
  out_.document(*result);
  out_.text(render_counts(*result, out_.style()));
  return result_status(*result);
}

ExitStatus result_status(const nlohmann::json& result) {
  const auto at = result.find("status");
  if (at == result.end() || !at->is_number_integer()) return ExitStatus::failed;
  const int status = at->get<int>();
  return status >= 0 && status <= 7 ? static_cast<ExitStatus>(status) : ExitStatus::failed;
}

namespace {

bool has_silent(const nlohmann::json& result) {
  const auto silent = result.find("silent");
  return silent != result.end() && silent->is_array() && !silent->empty();
}

}  // namespace

ExitStatus query_status(const nlohmann::json& result) {
  const ExitStatus status = result_status(result);
  const bool nothing = result.at("rows").empty() && !has_silent(result);
  return nothing && status == ExitStatus::done ? ExitStatus::no_match : status;
}

nlohmann::json query_document(const nlohmann::json& result) {
  nlohmann::json document = {{"status", static_cast<int>(query_status(result))}, {"rows", result.at("rows")}};
  if (has_silent(result)) document["silent"] = result["silent"];
  return document;
}

std::string query_note(const nlohmann::json& result) {
  if (has_silent(result)) {
    std::string shards;
    for (const auto& shard : result["silent"]) shards += (shards.empty() ? "" : ", ") + shard.dump();
    return "no answer from worker " + shards + ": its devices are missing here";
  }
  return result.at("rows").empty() ? "no device matched" : "";
}

Outcome<std::string> checked_selector(const std::string& text) {
  const auto selector = bus::Selector::parse(text);
  if (selector) return text;
  std::string message = "the selector is wrong: " + selector.error().detail;
  if (const std::size_t column = column_in(selector.error().detail); column > 0 && text.size() < 200) {
    message += fmt::format("\n  {}\n  {}^", text, std::string(std::min(column - 1, text.size()), ' '));
  }
  return wrong_usage(std::move(message), text.empty() ? "`all` for every device" : "");
}

Outcome<std::vector<Assignment>> assignments(const std::vector<std::string>& words,
                                             std::string_view example) {
  std::vector<Assignment> out;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return wrong_usage(fmt::format("'{}' is not NAME=VALUE", word), std::string(example));
    }
    Assignment each{word.substr(0, equals), word.substr(equals + 1)};
    const auto same =
        std::find_if(out.begin(), out.end(), [&](const Assignment& other) { return other.key == each.key; });
    if (same != out.end()) return wrong_usage(fmt::format("'{}' is given twice", each.key));
    out.push_back(std::move(each));
  }
  return out;
}

}  // namespace vfleet::cli
