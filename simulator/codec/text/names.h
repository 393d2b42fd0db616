#pragma once

#include <string_view>

namespace vfleet::codec::text {

/// What a template may ask of a device by name. Answers live until the object is asked again.
class Names {
 public:
  [[nodiscard]] virtual std::string_view device_id() const = 0;
  [[nodiscard]] virtual std::string_view device_type() const = 0;
  [[nodiscard]] virtual std::string_view group() const = 0;
  /// Empty when the device has no such label.
  [[nodiscard]] virtual std::string_view label(std::string_view name) const = 0;

 protected:
  ~Names() = default;
};

}  // namespace vfleet::codec::text
