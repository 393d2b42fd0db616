#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/cli/environment.h"
#include "control/cli/failure.h"
#include "simulator/bus/key_file.h"

/// Run directories: where a fleet's sockets, logs and figures are.
///
///   control.json    written by vfleet-control: {"pid":N,"fleet":NAME,...}
///   operator.sock   control's socket for operators
///   up.json         written by `vfleet up`: {"pid":N}
///   NAME.log        what a child process printed
///   journal.db      control's journal
namespace vfleet::cli {

/// A control that is reached over tcp://.
struct Remote {
  std::string endpoint;                 ///< of its operators: "tcp://10.0.0.1:7700"
  std::optional<bus::ClientKeys> keys;  ///< none: --insecure
};

struct RunDir {
  std::filesystem::path path;
  std::string fleet;                          ///< as control.json says; empty when it does not
  int pid = 0;                                ///< of control; 0 when unknown
  std::shared_ptr<const Remote> remote = {};  ///< when set, the other members are empty

  [[nodiscard]] std::filesystem::path operator_socket() const { return path / "operator.sock"; }
  /// "control in DIR (pid 7)", "control at tcp://...": for messages.
  [[nodiscard]] std::string control() const;
  /// What to look at when control does not answer.
  [[nodiscard]] std::string where_to_look() const;
};

/// "--run-dir DIR" as a shell reads it, for commands that people copy.
[[nodiscard]] std::string run_dir_words(const std::filesystem::path& path);

/// Whether somebody listens on the unix socket at `path`. Does not wait.
[[nodiscard]] bool is_listening(const std::filesystem::path& path);

/// What lies in `path`, read from its control.json; never fails.
[[nodiscard]] RunDir read_run_dir(const std::filesystem::path& path);

/// Every run directory in the usual places whose control process listens, sorted by path.
[[nodiscard]] std::vector<RunDir> live_run_dirs(const Environment& env);

/// The one that a verb means: `option`, else VFLEET_RUN_DIR, else the only fleet that runs.
/// Fails with no_control when none runs, with usage when several do (naming them).
[[nodiscard]] Outcome<RunDir> find_run_dir(const Environment& env, const std::optional<std::string>& option);

/// The same, but workers' boards are enough: control may be dead.
[[nodiscard]] Outcome<RunDir> find_run_dir_with_boards(const Environment& env,
                                                       const std::optional<std::string>& option);

/// The control that --control or VFLEET_CONTROL means, with the keys of --keys or VFLEET_KEYS; nullopt when
/// neither is given. Fails with usage: an endpoint that is none, no keys without `insecure`, wrong key files.
[[nodiscard]] Outcome<std::optional<RunDir>> find_remote(const Environment& env,
                                                         const std::optional<std::string>& control,
                                                         const std::optional<std::string>& keys,
                                                         bool insecure);

/// Where `up` puts the fleet called `fleet`: `option`, else VFLEET_RUN_DIR, else
/// $XDG_RUNTIME_DIR/vfleet/FLEET, else /tmp/vfleet-UID/FLEET. Fails (usage) when the sockets' paths would be
/// too long for the system.
[[nodiscard]] Outcome<std::filesystem::path> run_dir_for(const Environment& env,
                                                         const std::optional<std::string>& option,
                                                         const std::string& fleet);

/// What to do with what an earlier run left.
enum class EarlierRun : std::uint8_t {
  refuse,  ///< fail, and say which choices there are
  fresh,   ///< remove it; the journal stays, for control --fresh takes over what must go on counting
  resume,  ///< go on with it: only what belongs to processes that have ended is removed
};

/// Makes `path` ready for a run: creates it (mode 0700, ours), or deals with what an earlier run left there.
/// Returns whether a journal is there. Fails when a fleet still runs there (naming the pid), when files are
/// there and `earlier` refuses them, when there is nothing to resume, when `fresh` meets a file that is not
/// ours, and when the directory belongs to somebody else.
[[nodiscard]] Outcome<bool> prepare_run_dir(const std::filesystem::path& path, EarlierRun earlier);

/// The process in RUN_DIR/NAME.json ("up", "control") that still lives; nullopt when there is none.
[[nodiscard]] std::optional<int> live_pid(const std::filesystem::path& run_dir, const std::string& name);

}  // namespace vfleet::cli
