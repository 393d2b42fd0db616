#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::control::api {

/// Reads the members of one JSON object and remembers the first mistake; afterwards finish() also names the
/// members that nobody asked for. Inside this folder only: it holds the full JSON header.
class Members {
 public:
  /// `object` must outlive this and be an object.
  explicit Members(const nlohmann::json& object) : object_(object) {}

  std::string text(std::string_view name, bool required = true, std::string initial = {});
  std::optional<std::string> optional_text(std::string_view name);
  bool boolean(std::string_view name, bool initial = false);
  std::optional<std::uint64_t> whole(std::string_view name, std::uint64_t most);
  /// "5s", or a number of seconds.
  std::optional<Duration> duration(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  /// Any object, member by member; values as JSON text.
  std::map<std::string, std::string> object(std::string_view name, bool required);

  /// The items of a list; none when it is no list.
  const nlohmann::json& list(std::string_view name);

  void mistake(std::string text);
  /// The first mistake, or an unknown member.
  [[nodiscard]] Status finish() const;

 private:
  const nlohmann::json* find(std::string_view name, bool required = false);

  const nlohmann::json& object_;
  std::vector<std::string> known_;
  std::string mistake_;
};

}  // namespace vfleet::control::api
