#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "simulator/codec/ykc/layout.h"

namespace vfleet::cli {

/// How the frames of each device are read: as its configuration says (ykc.layout and the settings beside it),
/// else by one layout for all.
class YkcDeviceLayouts {
 public:
  explicit YkcDeviceLayouts(codec::ykc::Layout fallback) : fallback_(std::move(fallback)) {}

  /// Takes a row of `get SELECTOR ykc`. Empty, or why its layout cannot be read here: that device's frames
  /// are then read by the layout for all. Each reason is told once.
  [[nodiscard]] std::string take(const nlohmann::json& row);

  /// Lives as long as this.
  [[nodiscard]] const codec::ykc::Layout& of(const std::string& device) const;

 private:
  codec::ykc::Layout fallback_;
  // By what the configurations say; null: it cannot be read.
  std::map<std::string, std::unique_ptr<codec::ykc::Layout>> layouts_;
  std::map<std::string, const codec::ykc::Layout*> devices_;
};

}  // namespace vfleet::cli
