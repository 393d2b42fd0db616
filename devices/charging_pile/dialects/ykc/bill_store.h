#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "devices/charging_pile/dialects/ykc/gun.h"
#include "devices/charging_pile/dialects/ykc/ykc_config.h"

namespace vfleet::pile::ykc {

/// A bill that the platform has not confirmed.
struct StoredBill {
  Order order{};
  std::string body;
  std::uint8_t gun = 0;
  std::uint8_t sent = 0;       ///< how often since the login
  TimePoint due = kNever;      ///< when it is sent (again); kNever: not before the next login
  TimePoint expires = kNever;  ///< when the last one counts as not answered
  Open open;
};

/// The bills of a pile, in the order in which their sessions ended: again until confirmed, by the rules of
/// section 4.10: so many times, once more much later, then no more.
class BillStore {
 public:
  /// Whether the oldest had to go for it.
  bool add(StoredBill bill, std::size_t max);
  [[nodiscard]] std::vector<StoredBill>& all() { return bills_; }
  [[nodiscard]] const std::vector<StoredBill>& all() const { return bills_; }
  /// Null: there is none.
  [[nodiscard]] StoredBill* find(std::string_view order);
  void erase(const StoredBill& bill) { bills_.erase(bills_.begin() + (&bill - bills_.data())); }
  /// A login: all of them are sent at once.
  void restart(TimePoint now);
  /// The connection is gone: nothing waits for an answer any more.
  void hang_up();
  /// It was sent at `now`: when it is sent again. `time_scale`: DeviceContext's.
  static void sent(StoredBill& bill, TimePoint now, const YkcConfig& config, double time_scale);
  [[nodiscard]] TimePoint next() const;

  // What survives the process: all of them, or as many of the newest as there is room for.
  /// Of as many bills as a pile mostly has, for who makes room before there are any.
  [[nodiscard]] static std::size_t saved_bytes(std::size_t body_bytes) {
    constexpr std::size_t kMostly = 4;
    return 1 + kMostly * (sizeof(Order) + 3 + body_bytes);
  }
  [[nodiscard]] std::size_t save(std::span<std::byte> out) const;
  /// How many bytes it took; 0: they are not from save().
  [[nodiscard]] std::size_t restore(std::span<const std::byte> saved);

 private:
  std::vector<StoredBill> bills_;
};

}  // namespace vfleet::pile::ykc
