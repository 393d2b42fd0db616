#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "simulator/platform/stream/connection.h"

namespace vfleet::platform::stream {

/// The connections of a server, by number. Places are reused, numbers are not: an event, a timer or a message
/// for a connection that has gone finds nothing, even when another one has its descriptor already.
class ConnectionTable {
 public:
  /// Its number is set; never 0. It stays where it is until it is removed.
  Connection& add(Fd socket, TlsContext* tls);
  [[nodiscard]] Connection* find(std::uint64_t number);
  void remove(const Connection& connection);

  [[nodiscard]] std::size_t size() const { return size_; }

  /// Calls `each` with every connection; it may remove the one it is called with.
  template <class Each>
  void for_each(Each each) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i]) each(*places_[i]);
    }
  }
  /// The same with at least `least` of them, or an eighth: those that follow the ones of the last call.
  template <class Each>
  void for_some(std::size_t least, Each each) {
    const std::size_t count = std::min(places_.size(), std::max(least, places_.size() / 8));
    for (std::size_t i = 0; i < count; ++i) {
      if (++looked_at_ >= places_.size()) looked_at_ = 0;
      if (Connection* connection = places_[looked_at_].get()) each(*connection);
    }
  }

 private:
  static std::uint32_t place_of(std::uint64_t number) { return static_cast<std::uint32_t>(number); }

  std::vector<std::unique_ptr<Connection>> places_;
  std::vector<std::uint32_t> free_;
  std::uint64_t lives_ = 0;
  std::size_t size_ = 0;
  std::size_t looked_at_ = 0;
};

}  // namespace vfleet::platform::stream
