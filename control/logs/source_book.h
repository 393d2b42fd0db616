#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "control/logs/record.h"

namespace vfleet::control::logs {

/// How far the lines of each source have come; sees what is missing and what came before.
class SourceBook {
 public:
  struct Place {
    std::uint64_t boot = 0;
    std::uint64_t seq = 0;
    friend bool operator==(const Place&, const Place&) = default;
  };

  /// Whether this line is new. A line of another life is: its numbers begin at 1.
  [[nodiscard]] bool is_new(std::string_view source, std::uint64_t boot, std::uint64_t seq) const;
  /// Takes note of a new line; what is missing before it, `at_us` being when that was noticed.
  std::optional<Record> take(const std::string& source, std::uint64_t boot, std::uint64_t seq,
                             std::int64_t at_us);
  /// Sets a source's place, as a file told it.
  void set(const std::string& source, Place place) { places_.insert_or_assign(source, place); }
  [[nodiscard]] std::optional<Place> find(std::string_view source) const;

  [[nodiscard]] const std::map<std::string, Place, std::less<>>& places() const { return places_; }

 private:
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace vfleet::control::logs
