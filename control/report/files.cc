#include "control/report/files.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "control/report/csv.h"
#include "control/report/html.h"
#include "control/report/junit.h"

namespace vfleet::control::report {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

Status write_file(const fs::path& path, const std::string& text) {
  const fs::path aside = path.string() + "." + std::to_string(::getpid());
  errno = 0;
  bool good = false;
  {
    std::ofstream out(aside, std::ios::binary);
    out << text;
    good = static_cast<bool>(out.flush());
  }
  std::error_code error;
  if (good) fs::rename(aside, path, error);
  if (good && !error) return {};
  const std::string why = error ? error.message() : errno != 0 ? std::strerror(errno) : "not written";
  std::error_code ignored;
  fs::remove(aside, ignored);
  return fail(Errc::unavailable, path.string() + ": " + why);
}

}  // namespace

Status write_report(const std::string& dir, const json& results) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return fail(Errc::unavailable, dir + ": " + error.message());
  const fs::path to(dir);
  // Buckets fill thousands of lines when indented.
  const std::string text = results.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  if (auto written = write_file(to / "results.json", text); !written) return written;
  if (auto written = write_file(to / "junit.xml", junit_xml(results)); !written) return written;
  if (auto written = write_file(to / "series.csv", series_csv(results)); !written) return written;
  return write_file(to / "report.html", report_html(results));
}

}  // namespace vfleet::control::report
