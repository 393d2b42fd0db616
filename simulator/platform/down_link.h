#pragma once

#include <cstdint>
#include <string_view>

namespace vfleet::platform {

/// A way to devices that are connected, on which the platform may speak first.
class DownLink {
 public:
  virtual ~DownLink() = default;
  /// A command waits for `device`, which was last seen on connection `link`: sends what waits
  /// (CommandBook::take). False when that connection has gone; the command goes on waiting then.
  virtual bool commands_wait(std::uint64_t link, std::string_view device) = 0;
};

}  // namespace vfleet::platform
