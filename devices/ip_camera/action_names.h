#pragma once

#include <string_view>

/// Words that the description of an action and its performance share.
namespace vfleet::devices::ip_camera::action {

inline constexpr std::string_view kEndEvent = "end_event";
inline constexpr std::string_view kPtz = "ptz";
inline constexpr std::string_view kRecord = "record";
inline constexpr std::string_view kGuard = "guard";
inline constexpr std::string_view kStorageFull = "storage_full";
inline constexpr std::string_view kStorageError = "storage_error";
inline constexpr std::string_view kFormatStorage = "format_storage";
inline constexpr std::string_view kSnapshot = "snapshot";
inline constexpr std::string_view kOta = "ota";
inline constexpr std::string_view kClockSkew = "clock_skew";
inline constexpr std::string_view kFault = "fault";
inline constexpr std::string_view kClear = "clear";

/// The place of an axis that is not to move.
inline constexpr std::string_view kKeep = "keep";
inline constexpr std::string_view kAll = "all";

}  // namespace vfleet::devices::ip_camera::action
