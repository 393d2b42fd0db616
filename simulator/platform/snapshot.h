#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/metrics/histogram.h"
#include "simulator/platform/complaints.h"
#include "simulator/platform/figures.h"
#include "simulator/platform/platform.h"

namespace vfleet::platform {

/// Counts by dotted name: "http.requests". What processes count is added up by name.
using Counters = std::map<std::string, std::uint64_t, std::less<>>;

/// The figures of a process, or of several together.
class Snapshot {
 public:
  /// Of this process: the platform's figures and what its roles have counted.
  [[nodiscard]] static Snapshot of(const Platform& platform, Counters transport);
  /// From to_wire(). Errors: malformed.
  [[nodiscard]] static Result<Snapshot> from_wire(std::string_view text);
  [[nodiscard]] std::string to_wire() const;
  /// Adds what another process of the same platform has counted.
  void merge(const Snapshot& other);

  /// The figures as a JSON object at time `now`; its members are listed in simulator/platform/README.md.
  [[nodiscard]] std::string to_json(const Platform& platform) const;
  /// The same in a line for people.
  [[nodiscard]] std::string to_line(const Platform& platform) const;

 private:
  struct OfType {
    std::uint64_t received = 0;
    RateMeter rate;
  };

  /// Way, form of the ids, type.
  using Origin = std::array<std::string, 3>;

  [[nodiscard]] std::uint64_t count(std::string_view name) const;
  /// What to_line() says of complaints; empty: there are none.
  [[nodiscard]] std::string complaints_text() const;

  static constexpr std::size_t kWorst = 10;

  Counters counters_;
  std::vector<Complaint> worst_;  // the most frequent complaints, at most kWorst
  std::map<std::string, OfType> by_type_;
  std::map<Origin, metrics::Histogram> arrivals_;
  RateMeter rate_;
  metrics::Histogram sent_to_arrival_;
  metrics::Histogram due_to_arrival_;
};

}  // namespace vfleet::platform
