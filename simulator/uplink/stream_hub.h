#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/loop/event_loop.h"
#include "simulator/net/backoff.h"
#include "simulator/net/network.h"
#include "simulator/net/stream_source.h"
#include "simulator/uplink/device_identity.h"
#include "simulator/uplink/stream_faults.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::uplink {

/// Which of the certificates that a device got from its platform (CredentialsSource) its connections
/// use.
struct GivenUse {
  bool roots = false;        ///< trusted, beside tls.ca
  bool certificate = false;  ///< shown, in place of tls.cert; without one a device cannot connect
};

/// Where the links of one uplink connect to, and at what pace.
struct StreamSettings {
  std::string host;  ///< a name or an address
  std::uint16_t port = 0;
  Duration connect_timeout{};  ///< of an attempt, with all that is said before the link is ready
  Duration drain_timeout{};    ///< how long close(true) may take
  net::BackoffPolicy backoff;
  net::PacerLimits pacing;
  std::unique_ptr<net::StreamSource> source = {};  ///< null: plain, from any address
  DeviceIdentity identity = {};
  GivenUse given = {};
};

struct StreamTotals {
  std::uint64_t connects = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t lookups = 0;
  std::map<std::string_view, std::uint64_t> connect_failures;  // by reason
  std::map<std::string_view, std::uint64_t> disconnects;
};

/// What the stream links of one uplink have in common: derive from it for what a protocol adds. Outlives
/// them.
class StreamHub {
 public:
  StreamHub(loop::EventLoop& event_loop, net::Network& sockets, StreamSettings stream_settings,
            std::uint64_t fleet_seed, LinkOwner& link_owner);
  StreamHub(const StreamHub&) = delete;
  StreamHub& operator=(const StreamHub&) = delete;

  loop::EventLoop& loop;
  net::Network& network;
  LinkOwner& owner;
  const StreamSettings settings;
  const std::uint64_t seed;
  net::ConnectGate& gate;
  StreamTotals totals;
  StreamFaults faults;

  /// How long a look-up holds for attempts that fail.
  static constexpr Duration kLookupHolds = std::chrono::seconds(5);

  /// The platform's addresses; empty until known.
  [[nodiscard]] const std::vector<net::Endpoint>& addresses() const { return addresses_; }
  /// A stream for that link's device, plain or TLS.
  [[nodiscard]] net::StreamPtr make_stream(LinkKey link, net::StreamEvents& events);
  /// Admits `waiter` when the look-up has ended, well or not.
  void look_up(net::Waiter& waiter);
  /// None of the addresses could be connected to: the name may stand for others by now. It is looked up again
  /// off this thread, one look-up at a time and no sooner than kLookupHolds after the last; attempts go on
  /// meanwhile.
  void distrust_addresses();
  /// The address to try, for the n-th attempt in a row.
  [[nodiscard]] const net::Endpoint& address(std::size_t attempt) const;
  /// Attempts start here from now on.
  void prefer(std::size_t attempt) { preferred_ = (preferred_ + attempt) % addresses_.size(); }

  /// Appends what is counted here.
  void add_counters(std::vector<Counter>& out) const;

 private:
  void begin_look_up();
  void looked_up(std::vector<net::Endpoint> found);

  std::vector<net::Endpoint> addresses_;
  std::size_t preferred_ = 0;
  net::WaitList waiting_;  // for the look-up
  TimePoint looked_up_at_{};
  bool looking_up_ = false;
  bool may_look_up_ = false;                              // the host is a name
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // a look-up may come back after our end
};

}  // namespace vfleet::uplink
