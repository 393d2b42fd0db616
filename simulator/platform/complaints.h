#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vfleet::platform {

/// What one device did that its protocol forbids, or that does not add up.
struct Complaint {
  std::string kind;  ///< "energy_mismatch"
  std::string device;
  std::string about;  ///< the message: "StopTransaction", "ykc_bill"
  std::string what;   ///< the newest, for people
  std::uint64_t count = 0;
  std::int64_t last_us = 0;  ///< wall clock
};

/// Complaints by kind, device and message. Of at most kRowsMax such rows; what comes for further ones is
/// counted by its kind only.
class Complaints {
 public:
  static constexpr std::size_t kRowsMax = 10'000;
  static constexpr std::size_t kTextMax = 256;  ///< bytes of each text of a row; longer ones are cut

  void add(std::string_view kind, std::string_view device, std::string_view about, std::string_view what,
           std::int64_t at_us);
  /// Those of this kind and device (empty: of all), the most frequent first, at most `limit`.
  [[nodiscard]] std::vector<const Complaint*> find(std::string_view kind, std::string_view device,
                                                   std::size_t limit) const;
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& by_kind() const { return by_kind_; }
  void clear();

 private:
  std::map<std::string, Complaint, std::less<>> rows_;  // by kind, device, message
  std::map<std::string, std::uint64_t, std::less<>> by_kind_;
  std::string key_;
};

}  // namespace vfleet::platform
