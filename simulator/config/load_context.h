#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/config/group_check.h"
#include "simulator/config/mistake.h"
#include "simulator/core/result.h"

namespace vfleet::config {

/// The file's content. Errors: not_found, unavailable, too_large; directories, pipes and devices are refused.
[[nodiscard]] Result<std::string> read_regular_file(const std::string& path, std::size_t bytes_max);
[[nodiscard]] std::optional<std::string> system_environment(const std::string& name);

/// Where files and environment variables come from; tests bring their own.
struct LoadOptions {
  std::function<Result<std::string>(const std::string& path, std::size_t bytes_max)> read_file =
      read_regular_file;
  std::function<std::optional<std::string>(const std::string& name)> environment = system_environment;
  /// Asked once, about all groups together; none: only what the schemas say is looked at.
  GroupCheck check = {};
};

/// A place in a file.
struct Place {
  int line = 0;
  int column = 0;
};

/// Where a file gives the value of a key.
struct GivenAt {
  std::string file;
  Place place;
  std::string shown;  ///< what mistakes call the place ("groups[0].config.vendor")
};
using GivenPlaces = std::map<std::string, GivenAt, std::less<>>;  ///< by path

/// Gathers the mistakes of one load.
class LoadContext {
 public:
  explicit LoadContext(const LoadOptions& options) : options_(options) {}

  /// `message` may hold did_you_mean(...): that part becomes the hint.
  void mistake(std::string_view file, Place place, std::string path, std::string message,
               std::string hint = {});

  /// The content of `path`, or a mistake at the place that named it.
  [[nodiscard]] std::optional<std::string> read(const std::string& path, std::size_t bytes_max,
                                                std::string_view from, Place place, const std::string& key);

  /// A secret out of the file `path` without its last line end; like read().
  [[nodiscard]] std::optional<std::string> read_secret(const std::string& path, std::string_view from,
                                                       Place place, const std::string& key);

  [[nodiscard]] const LoadOptions& options() const { return options_; }
  [[nodiscard]] const Mistakes& mistakes() const { return mistakes_; }
  [[nodiscard]] bool full() const { return mistakes_.size() >= kMistakesMax; }

 private:
  const LoadOptions& options_;
  Mistakes mistakes_;
};

/// `path` as named in the file `from`: relative to that file's folder.
[[nodiscard]] std::string beside(std::string_view from, std::string_view path);

}  // namespace vfleet::config
