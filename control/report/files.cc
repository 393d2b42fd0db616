#include "control/report/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/report/csv.h"
#include "control/report/html.h"
#include "control/report/junit.h"

namespace vfleet::control::report {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string aside_of(const fs::path& path) {
  return path.string() + "." + std::to_string(::getpid()) + ".part";
}

// 0, or the errno of what failed.
int write_all(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return errno;
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = written < 0 ? errno : ENOSPC;
      ::close(file);
      return error;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  // Some file systems tell only now that there was no room.
  return ::close(file) == 0 ? 0 : errno;
}

Status write_file(const fs::path& path, const std::string& text) {
  const std::string aside = aside_of(path);
  int error = write_all(aside, text);
  if (error == 0 && ::rename(aside.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return {};
  ::unlink(aside.c_str());
  ::unlink(path.c_str());
  return fail(Errc::unavailable, path.string() + ": " + std::strerror(error));
}

Status make_dir(const std::string& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (!error && !fs::is_directory(dir, error)) error = std::make_error_code(std::errc::not_a_directory);
  if (error) return fail(Errc::unavailable, dir + ": " + error.message());
  return {};
}

}  // namespace

Status write_report(const std::string& dir, const json& results) {
  if (auto made = make_dir(dir); !made) return made;
  const fs::path to(dir);
  std::string problems;
  const auto write = [&](const char* name, const std::string& text) {
    const Status written = write_file(to / name, text);
    if (!written) problems += (problems.empty() ? "" : "; ") + written.error().detail;
  };
  // The smallest first: where there is little room, the verdict has it.
  write("junit.xml", junit_xml(results));
  // Buckets fill thousands of lines when indented.
  write("results.json", results.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
  write("report.html", report_html(results));
  write("series.csv", series_csv(results));
  if (!problems.empty()) return fail(Errc::unavailable, problems);
  return {};
}

Status check_report_dir(const std::string& dir) {
  if (auto made = make_dir(dir); !made) return made;
  const std::string probe = aside_of(fs::path(dir) / "probe");
  const int error = write_all(probe, "x");
  ::unlink(probe.c_str());
  if (error != 0) return fail(Errc::unavailable, dir + ": " + std::strerror(error));
  return {};
}

}  // namespace vfleet::control::report
