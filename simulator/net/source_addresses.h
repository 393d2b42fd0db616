#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/net/endpoint.h"

namespace vfleet::net {

/// The addresses of this machine that connections start from. A port is used once for each pair of addresses,
/// so every further one is room for as many more connections to the same server. Pure: it is told the time.
class SourceAddresses {
 public:
  /// How long an address without free ports is left alone.
  static constexpr Duration kPause = std::chrono::seconds(1);

  SourceAddresses() = default;
  explicit SourceAddresses(std::vector<Endpoint> addresses);

  /// None: the system chooses.
  [[nodiscard]] bool empty() const { return places_.empty(); }
  [[nodiscard]] std::size_t size() const { return places_.size(); }
  /// The next address in turn for a destination of that family, without those that are full; nothing when all
  /// are.
  [[nodiscard]] std::optional<std::size_t> next(bool v6, TimePoint now);
  [[nodiscard]] const Endpoint& at(std::size_t index) const { return places_[index].address; }
  /// No port is left on that address.
  void full(std::size_t index, TimePoint now) { places_[index].full_until = now + kPause; }
  [[nodiscard]] bool has_family(bool v6) const;

 private:
  struct Place {
    Endpoint address;
    TimePoint full_until = TimePoint::min();
  };
  std::vector<Place> places_;
  std::size_t turn_ = 0;
};

/// Reads addresses and ranges of them: "127.0.0.1", "10.0.0.5-10.0.0.9", "::1". Errors: invalid_argument (no
/// address, a range that runs backwards or is over 65,536 long, an address twice).
[[nodiscard]] Result<std::vector<Endpoint>> parse_sources(const std::vector<std::string>& texts);

}  // namespace vfleet::net
