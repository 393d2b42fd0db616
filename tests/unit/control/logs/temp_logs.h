#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "control/logs/record.h"

namespace vfleet::control::logs {

/// A folder for one test's log files, gone with it.
class TempLogs {
 public:
  TempLogs() {
    std::string pattern = (std::filesystem::temp_directory_path() / "vfleet-logs-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempLogs() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempLogs(const TempLogs&) = delete;
  TempLogs& operator=(const TempLogs&) = delete;

  [[nodiscard]] std::string path() const { return path_; }
  [[nodiscard]] std::string dir() const { return path_ + "/logs"; }
  [[nodiscard]] std::string read(const std::string& name = "fleet.log") const {
    std::ostringstream out;
    out << std::ifstream(dir() + "/" + name).rdbuf();
    return out.str();
  }
  void write(const std::string& text, const std::string& name = "fleet.log") const {
    std::filesystem::create_directory(dir());
    std::ofstream(dir() + "/" + name) << text;
  }
  /// Every record of all files, the oldest first: "worker-0/3 #17", "worker-0/3 #18..#20 missing".
  [[nodiscard]] std::vector<std::string> records() const {
    std::vector<std::string> out;
    for (int number = 99; number >= 0; --number) {
      std::istringstream lines(read("fleet.log" + (number == 0 ? "" : "." + std::to_string(number))));
      for (std::string line; std::getline(lines, line);) {
        if (const auto record = parse_record(line)) out.push_back(text_of(*record));
      }
    }
    return out;
  }
  static std::string text_of(const Record& record) {
    const std::string source = record.source + "/" + std::to_string(record.boot) + " #";
    if (!record.is_gap()) return source + std::to_string(record.line.seq);
    return source + std::to_string(record.gap_from) + "..#" + std::to_string(record.gap_to) + " missing";
  }

 private:
  std::string path_;
};

}  // namespace vfleet::control::logs
