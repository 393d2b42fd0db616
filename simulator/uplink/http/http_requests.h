#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "simulator/uplink/http/http_shared.h"
#include "simulator/uplink/send_queue.h"

namespace vfleet::uplink {

/// A device's requests, whatever connection they go over: the one in flight, those that wait behind it, and,
/// where there is a login, the token that they carry.
///
/// With a login, reports wait until the answer to the login report has brought a token. When none is under
/// way the owner is asked for one, again after a back-off when it was refused. Of a device that has no such
/// report they go without.
class HttpRequests {
 public:
  HttpRequests(HttpShared& shared, LinkKey key);
  ~HttpRequests();
  HttpRequests(const HttpRequests&) = delete;
  HttpRequests& operator=(const HttpRequests&) = delete;

  /// `can_start`: a connection is idle, and none of this device's is in flight. When the report may go at
  /// once, `request` is its bytes (until the next call) and begin() has been called; else it waits, or gives
  /// way.
  [[nodiscard]] Accepted take(const Ticket& ticket, const Message& message, bool can_start,
                              std::string_view& request);
  /// The next that waits and may go now, begun; empty when there is none. Valid until the next call.
  [[nodiscard]] std::string_view next();
  /// Whether next() would give one; asks the owner for a login when that is what is missing.
  [[nodiscard]] bool has_next();
  /// When reports that wait for a login ask for it again: say has_next() or next() then. kNever: none waits,
  /// or its answer is under way.
  [[nodiscard]] TimePoint asks_again() const;
  [[nodiscard]] bool in_flight() const { return in_flight_; }
  [[nodiscard]] std::size_t pending() const;
  /// Whether take() would refuse any report. Never with a login: each report that comes may ask for it.
  [[nodiscard]] bool refuses() const {
    return session_ == nullptr &&
           queue_.refuses(shared_.config.queue_max, shared_.config.when_full, in_flight_);
  }

  // Of the one in flight.
  void sent(TimePoint now);
  void answered(unsigned status, std::string_view body);
  void lost(Fate fate);

  /// The link closes: what waits is evicted.
  void evict_all();

 private:
  struct Session;  // of a device that logs in

  void begin(const Ticket& ticket, bool login);
  [[nodiscard]] bool may_go();
  void ask_for_login();
  [[nodiscard]] std::string_view authorized(std::string_view request);
  void login_answered(unsigned status, std::string_view body);
  void settle(const Ticket& ticket, Fate fate);

  HttpShared& shared_;
  SendQueue queue_;
  std::unique_ptr<Session> session_;  // null: there is no login
  Ticket ticket_;                     // in flight
  LinkKey key_;
  bool in_flight_ = false;
};

}  // namespace vfleet::uplink
