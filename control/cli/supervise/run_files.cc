#include "control/cli/supervise/run_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

namespace vfleet::cli {

Outcome<void> write_json_file(const std::filesystem::path& path, const nlohmann::json& document) {
  const std::string aside = fmt::format("{}.{}", path.string(), ::getpid());
  bool good = false;
  errno = 0;
  {
    std::ofstream file(aside);
    file << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    good = static_cast<bool>(file.flush());
  }
  std::error_code error;
  if (!good) error = std::error_code(errno == 0 ? EIO : errno, std::generic_category());
  if (good) std::filesystem::rename(aside, path, error);
  if (good && !error) return {};
  std::error_code ignored;
  std::filesystem::remove(aside, ignored);
  return give_up(ExitStatus::failed, "cannot_write",
                 fmt::format("cannot write {}: {}", path.string(), error.message()));
}

std::optional<nlohmann::json> read_json_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) return std::nullopt;
  auto document = nlohmann::json::parse(in, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  return document;
}

}  // namespace vfleet::cli
