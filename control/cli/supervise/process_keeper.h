#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/environment.h"
#include "control/cli/output.h"
#include "control/cli/supervise/kept_process.h"

namespace vfleet::cli {

/// What the processes of one run have in common: how they are started, where what they print goes, who is
/// told what becomes of them, and how one waits for them and ends them.
class ProcessKeeper {
 public:
  /// Called with each line that a process printed, and with what is noted here (source "up").
  using OnLine = std::function<void(const std::string& source, const std::string& line)>;
  using Processes = std::vector<KeptProcess*>;

  /// How often one looks at what tells nobody by itself.
  static constexpr Duration kLookEvery = std::chrono::milliseconds(20);

  /// `env` and `out` outlive this, and this outlives the processes that it makes. What they print goes to
  /// RUN_DIR/NAME.log.
  ProcessKeeper(const Environment& env, Output& out, std::filesystem::path run_dir, OnLine on_line);
  ProcessKeeper(const ProcessKeeper&) = delete;
  ProcessKeeper& operator=(const ProcessKeeper&) = delete;

  [[nodiscard]] const std::filesystem::path& run_dir() const { return run_dir_; }
  [[nodiscard]] TimePoint now() const { return env_.clock.now(); }

  /// Not started yet.
  [[nodiscard]] std::unique_ptr<KeptProcess> make(const std::string& name) const;
  /// Starts one of the programs that lie beside this one.
  [[nodiscard]] Outcome<void> start(KeptProcess& process, std::string_view program,
                                    const std::vector<std::string>& args) const;
  /// Until `ready`, for 10 s. Fails with the end of what it printed when that does not come, with interrupted
  /// on SIGINT and SIGTERM.
  [[nodiscard]] Outcome<void> wait_until_ready(KeptProcess& process,
                                               const std::function<bool()>& ready) const;
  /// It has ended: after how long it starts again. Fails, with `hint`, when it died too often.
  [[nodiscard]] Outcome<Duration> start_again(KeptProcess& process, const Exit& ended, TimePoint now,
                                              const std::string& hint) const;

  void note(const std::string& text) const;
  /// "NAME WHAT; " and the end of what it printed. A full disk goes before `hint`.
  [[nodiscard]] Failure failure(const KeptProcess& process, const std::string& what, ExitStatus status,
                                const std::string& hint = {}) const;
  /// Where it is written down why the process died, and the last that it said: the end of a note.
  [[nodiscard]] std::string cause(const KeptProcess& process, const Exit& ended) const;

  /// Waits a second for those that end by themselves, sends SIGTERM, waits four. Returns how many run even
  /// then: they have to be killed. A signal that arrives meanwhile, or `at_once`, ends the waiting.
  [[nodiscard]] std::size_t end(const Processes& all, bool at_once) const;

 private:
  enum class Wait : std::uint8_t { all_ended, time_over, interrupted };
  [[nodiscard]] Wait wait_for(const Processes& all, Duration limit) const;

  const Environment& env_;
  Output& out_;
  std::filesystem::path run_dir_;
  OnLine on_line_;
};

}  // namespace vfleet::cli
