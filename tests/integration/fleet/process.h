#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vfleet::fleet_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Where the programs of this build are: VFLEET_BIN_DIR, else the dev preset's.
[[nodiscard]] std::string program(const std::string& name);

/// Asks `holds` again and again, some milliseconds apart; false when it did not hold within `patience`.
[[nodiscard]] bool eventually(const std::function<bool()>& holds, milliseconds patience = seconds(60));

/// A folder of its own below the system's temporary one, short enough for socket names; gone with this.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// A child process, killed with this if it still lives.
class Process {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;

  /// `arguments[0]` is the program. Standard output and error go to the files, made empty first. `variables`
  /// are added to the environment.
  Process(std::vector<std::string> arguments, const std::string& out_file, const std::string& err_file,
          const Variables& variables = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  [[nodiscard]] bool running() { return !wait(milliseconds(0)).has_value(); }
  /// The exit status, or minus the signal that ended it; nullopt when it still runs after `patience`.
  std::optional<int> wait(milliseconds patience);

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> ended_;
};

[[nodiscard]] std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

}  // namespace vfleet::fleet_test
