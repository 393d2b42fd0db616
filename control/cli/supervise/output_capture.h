#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "control/cli/failure.h"
#include "control/cli/supervise/line_splitter.h"
#include "control/cli/supervise/log_file.h"

namespace vfleet::cli {

/// What the processes of one name print (stdout and stderr, through one pipe, so that their order stays):
/// lines, into a rotated file and to whoever else wants them.
///
/// A child never waits for us: its end of the pipe does not block, so that what it prints while the pipe is
/// full is lost (and the file says so) instead of holding up its devices.
class OutputCapture {
 public:
  static constexpr int kPipeBytes = 256 << 10;
  static constexpr std::size_t kLastLines = 8;
  using OnLine = std::function<void(const std::string& line)>;

  OutputCapture(std::filesystem::path file, OnLine on_line);
  ~OutputCapture();
  OutputCapture(const OutputCapture&) = delete;
  OutputCapture& operator=(const OutputCapture&) = delete;

  /// A new pipe, for the next process. Its write end, for the child's stdout and stderr; the caller closes it
  /// once the child has it.
  [[nodiscard]] Outcome<int> open();
  /// Readable when something was printed; -1 when no pipe is open.
  [[nodiscard]] int fd() const { return fd_; }
  /// Takes what is there, at most kPipeBytes.
  void drain();
  /// The process has ended: takes the rest and closes the pipe.
  void close();

  [[nodiscard]] LogFile& file() { return file_; }
  [[nodiscard]] const LogFile& file() const { return file_; }
  /// The last lines of the process that runs or ran last; each with its newline.
  [[nodiscard]] std::string last_lines() const;
  /// The last one, without its newline; empty when there is none.
  [[nodiscard]] std::string last_line() const { return last_.empty() ? std::string() : last_.back(); }

 private:
  void take(std::string line);
  void flush();

  LogFile file_;
  OnLine on_line_;
  LineSplitter splitter_;
  int fd_ = -1;
  std::string pending_;  // lines of this drain, for the file
  std::uint64_t pending_lines_ = 0;
  std::deque<std::string> last_;
};

}  // namespace vfleet::cli
