#pragma once

#include <map>
#include <string>

#include "simulator/config/load_context.h"

namespace vfleet::config {

/// Files and environment variables for loaders under test.
struct MemoryFiles {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> environment;

  [[nodiscard]] LoadOptions options() const {
    LoadOptions options;
    options.read_file = [this](const std::string& path, std::size_t bytes_max) -> Result<std::string> {
      const auto at = files.find(path);
      if (at == files.end()) return fail(Errc::not_found, "there is no file " + path);
      if (at->second.size() > bytes_max) return fail(Errc::too_large, path + " is too large");
      return at->second;
    };
    options.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto at = environment.find(name);
      if (at == environment.end()) return std::nullopt;
      return at->second;
    };
    return options;
  }
};

}  // namespace vfleet::config
