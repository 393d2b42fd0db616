// tests/bench/chaos --minutes 30: the chaos test for as long as you like.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/chaos/chaos.h"

int main(int argc, char** argv) {
  vfleet::chaos::Options options;
  double minutes = 30;
  CLI::App app(
      "Runs a fleet of real processes, gives commands all the time, kills, freezes and cuts off its "
      "processes at "
      "random, control included, and checks that every promise was kept. Ends with 1 when one was not.");
  app.add_option("--minutes", minutes, "how long")->check(CLI::Range(0.05, 10'000.0))->capture_default_str();
  app.add_option("--seed", options.seed, "of commands and accidents")->capture_default_str();
  app.add_option("--workers", options.workers, "worker processes")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--devices", options.devices_per_group, "devices in each of two groups")
      ->check(CLI::Range(3, 90'000))
      ->capture_default_str();
  app.add_option("--rate", options.commands_per_second, "commands a second")
      ->check(CLI::Range(1, 5'000))
      ->capture_default_str();
  app.footer("Example:\n  build/release/bench/chaos --minutes 30 --seed 7");
  CLI11_PARSE(app, argc, argv);
  // The programs that were built with this one, unless somebody says which.
  std::error_code unknown;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", unknown);
  ::setenv("VFLEET_BIN_DIR", (self.parent_path().parent_path() / "bin").c_str(), 0);
  options.duration = std::chrono::seconds(static_cast<int>(minutes * 60));
  options.say = [](const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  };
  const auto outcome = vfleet::chaos::run(options);
  std::printf("\n%s\n", outcome.text().c_str());
  for (const auto& each : outcome.violations) std::printf("broken: %s\n", each.c_str());
  std::puts(outcome.violations.empty() ? "every promise was kept" : "NOT every promise was kept");
  return outcome.violations.empty() ? 0 : 1;
}
