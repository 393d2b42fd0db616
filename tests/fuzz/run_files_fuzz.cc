// The small JSON files of a run directory, which anybody may have changed.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "control/cli/run_dir.h"
#include "control/cli/supervise/run_files.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vfleet;
  static const std::filesystem::path dir = [] {
    const std::filesystem::path path = "/tmp/vfleet-run-files-fuzz-" + std::to_string(::getpid());
    std::filesystem::create_directories(path);
    std::atexit([] {
      std::error_code ignored;
      std::filesystem::remove_all("/tmp/vfleet-run-files-fuzz-" + std::to_string(::getpid()), ignored);
    });
    return path;
  }();
  const std::filesystem::path file = dir / "control.json";
  {
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  }
  const cli::RunDir found = cli::read_run_dir(dir);
  require(found.path == dir && !found.control().empty());
  if (const auto pid = cli::live_pid(dir, "control")) require(*pid > 0);
  if (const auto document = cli::read_json_file(file)) require(document->is_object());
  return 0;
}
