#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace vfleet::cli {

/// A text file that only grows until it is full; then it becomes FILE.1, that one FILE.2, and so on. A disk
/// that takes nothing more is survived: what could not be written is counted, and the file says so once it
/// can be written again.
class LogFile {
 public:
  struct Limits {
    std::uint64_t bytes_max = std::uint64_t{16} << 20U;  ///< of one file
    int files_max = 3;                                   ///< with the one that grows; at least 1
  };

  LogFile(std::filesystem::path path, Limits limits);
  explicit LogFile(std::filesystem::path path) : LogFile(std::move(path), Limits{}) {}
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Appends `text`, which holds `lines` whole lines.
  void append(std::string_view text, std::uint64_t lines);
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Lines that no file holds.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  /// Why the file cannot be written; said once for each time that this begins.
  [[nodiscard]] std::optional<std::string> take_complaint();

 private:
  bool open();
  void rotate();
  bool write(std::string_view text);
  void failed(int error, std::uint64_t lines);

  std::filesystem::path path_;
  Limits limits_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  bool broken_line_ = false;  // the file ends in half a line
  std::uint64_t lost_ = 0;
  std::uint64_t lost_now_ = 0;  // since the file could be written last
  bool in_trouble_ = false;
  std::optional<std::string> complaint_;
};

}  // namespace vfleet::cli
