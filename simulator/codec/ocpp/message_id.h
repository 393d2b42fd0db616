#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vfleet::codec::ocpp {

/// The id of a CALL: the form of a UUID version 4, 36 characters.
using MessageId = std::array<char, 36>;

[[nodiscard]] inline std::string_view text(const MessageId& id) {
  return {id.data(), id.size()};
}

/// Makes the ids of one identity: the same three numbers make the same id, and of one identity two pairs of
/// boot (its lower 30 bits) and counter never make the same one. No random device.
class MessageIds {
 public:
  /// `identity` is a hash of the device's id.
  explicit MessageIds(std::uint64_t identity) : identity_(identity) {}

  struct Origin {
    std::uint32_t boot = 0;
    std::uint32_t counter = 0;
  };

  [[nodiscard]] MessageId make(Origin origin) const;
  /// Which id this is; nullopt when this identity has never made it. Small and capital letters are the same.
  [[nodiscard]] std::optional<Origin> find(std::string_view id) const;

 private:
  std::uint64_t identity_;
};

}  // namespace vfleet::codec::ocpp
