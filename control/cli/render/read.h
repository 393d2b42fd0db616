#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

/// Members of frames that came from another process: what is missing or has another type reads as empty.
namespace vfleet::cli {

[[nodiscard]] std::string text_at(const nlohmann::json& object, const char* name);
[[nodiscard]] std::uint64_t count_at(const nlohmann::json& object, const char* name);
[[nodiscard]] double number_at(const nlohmann::json& object, const char* name);
[[nodiscard]] bool flag_at(const nlohmann::json& object, const char* name);
/// The array or object called `name`; an empty array or object when there is none. Lives as long as `object`.
[[nodiscard]] const nlohmann::json& list_at(const nlohmann::json& object, const char* name);
[[nodiscard]] const nlohmann::json& object_at(const nlohmann::json& object, const char* name);
/// A scalar as people read it: texts without quotes, the rest as JSON.
[[nodiscard]] std::string plain(const nlohmann::json& value);

}  // namespace vfleet::cli
