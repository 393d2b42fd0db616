#include "control/cli/spec.h"

#include <charconv>

#include "simulator/core/units.h"

namespace vfleet::cli {

std::optional<std::string> Invocation::text(std::string_view name) const {
  const auto at = values.find(name);
  if (at == values.end() || at->second.empty()) return std::nullopt;
  return at->second.front();
}

std::string Invocation::text_or(std::string_view name, std::string fallback) const {
  return text(name).value_or(std::move(fallback));
}

std::vector<std::string> Invocation::texts(std::string_view name) const {
  const auto at = values.find(name);
  return at == values.end() ? std::vector<std::string>() : at->second;
}

std::optional<std::int64_t> Invocation::number(std::string_view name) const {
  const auto written = text(name);
  if (!written) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(written->data(), written->data() + written->size(), value);
  return value;
}

std::optional<Duration> Invocation::duration(std::string_view name) const {
  const auto written = text(name);
  if (!written) return std::nullopt;
  return parse_duration(*written).value_or(Duration::zero());
}

const std::vector<OptionSpec>& global_options() {
  static const std::vector<OptionSpec> options = {
      {"json", Takes::nothing, "", "Print one JSON document on stdout; errors too", {}, 0},
      {"run-dir",
       Takes::file,
       "DIR",
       "The fleet's run directory (else VFLEET_RUN_DIR, else the only fleet that runs)",
       {},
       0},
      {"control",
       Takes::text,
       "ENDPOINT",
       "Control on another host: tcp://HOST:PORT (else VFLEET_CONTROL); needs --keys",
       {},
       0},
      {"keys",
       Takes::file,
       "FILE",
       "Key file for --control, made by `vfleet keygen` (else VFLEET_KEYS)",
       {},
       0},
      {"insecure", Takes::nothing, "", "tcp:// without keys: anybody can read and change what passes", {}, 0},
      {"timeout", Takes::duration, "D", "How long to wait for the whole answer (default 30s)", {}, 0},
      {"color",
       Takes::choice,
       "WHEN",
       "Colours: auto (on a terminal), always, never",
       {"auto", "always", "never"},
       0},
      {"command-id", Takes::text, "ID", "Use this id: repeating a command with its id is safe", {}, 0},
      {"verbose", Takes::nothing, "", "More detail", {}, 0},
  };
  return options;
}

OptionSpec dry_run_option() {
  return {"dry-run", Takes::nothing, "", "Say what would be done and do nothing", {}, 0};
}

OptionSpec limit_option() {
  return {"limit", Takes::number, "N", "At most so many devices", {}, 1};
}

PositionalSpec selector_argument(bool required) {
  return {
      "SELECTOR",
      required
          ? "Which devices: pile-00042, 'pile-*', pile-00010..00019, type=charging_pile,site in (a,b), all"
          : "Which devices (default: all)",
      required, false};
}

}  // namespace vfleet::cli
