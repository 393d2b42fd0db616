#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/config/bind.h"
#include "simulator/net/backoff.h"
#include "simulator/net/connection_pacer.h"
#include "simulator/net/stream_source.h"
#include "simulator/uplink/registry.h"
#include "simulator/uplink/stream_hub.h"

/// The settings that every uplink with connections of its own has, and what is made of them.
namespace vfleet::uplink {

struct StreamConfig {
  bool verify = true;
  std::string ca;
  std::string name;
  std::string certificate;  ///< a template of the device's names
  std::string key;          ///< a template of the device's names
  std::vector<std::string> alpn;
  bool resume = true;
  std::vector<std::string> source;
  Duration connect_timeout = std::chrono::seconds(5);
  net::BackoffPolicy backoff;
  double rate = 2000;
  std::uint32_t in_flight = 100;
  double fleet_rate = 0;              ///< 0: none
  std::uint32_t fleet_in_flight = 0;  ///< 0: none
  std::string ramp;
  GivenUse given = {};  ///< no key of its own: uplinks whose devices get certificates from the platform set it
};

/// Adds the keys tls.*, source, connect_timeout, backoff.* and pacing.* to those of an uplink; `get`: the
/// StreamConfig in its struct.
template <class T, class Get>
void add_stream_keys(config::Struct<T>& keys, Get get);

/// A sentence for each mistake that can be seen without a file.
void judge_stream(const StreamConfig& config, std::vector<std::string>& mistakes);

/// How connections start in this worker: its own limits and its share of the fleet's, whichever is less. The
/// remainder of what cannot be divided goes to the first workers; each has at least one place.
[[nodiscard]] net::PacerLimits pacing_of(const StreamConfig& config, const UplinkEnvironment& environment);

/// What a stream hub needs of `config`: reads the files that it names. `host`, `port` and `tls` (whether the
/// scheme has it) are the URL's; the host is the name to check unless tls.name gives one. Trouble with TLS is
/// told to the environment's log, each kind at most once a minute, and begins with the name of the `uplink`.
/// Errors: unavailable, invalid_argument with the file's name.
struct StreamTarget {
  std::string_view uplink;
  std::string_view host;
  std::uint16_t port = 0;
  bool tls = false;
  Duration drain_timeout{};  ///< see StreamSettings
};
[[nodiscard]] Result<StreamSettings> stream_settings(const StreamConfig& config, const StreamTarget& target,
                                                     const UplinkEnvironment& environment);

// ---- below: how

template <class T, class Get>
void add_stream_keys(config::Struct<T>& keys, Get get) {
  using config::Effect;
  using namespace std::chrono_literals;
  keys.boolean(
          "tls.verify", [get](auto& c) -> auto& { return get(c).verify; })
      .initial(true)
      .effect(Effect::connection)
      .doc("Whether the server's certificate is checked: its chain, its dates and its name.");
  keys.text(
          "tls.ca", [get](auto& c) -> auto& { return get(c).ca; })
      .initial("")
      .folder_of("tls.ca")  // relative to the file that says it
      .effect(Effect::connection)
      .doc("File of the CA certificates (PEM) that are trusted; empty: those of the system.");
  keys.text(
          "tls.name", [get](auto& c) -> auto& { return get(c).name; })
      .initial("")
      .effect(Effect::connection)
      .doc("Name that is asked for (SNI) and that the certificate must have; empty: the host of the url.");
  keys.text(
          "tls.cert", [get](auto& c) -> auto& { return get(c).certificate; })
      .initial("")
      .folder_of("tls.cert")
      .effect(Effect::connection)
      .doc(
          "File of the client certificate (PEM, with its chain). With {device.id} in it each device has its "
          "own, "
          "read when it connects.");
  keys.text(
          "tls.key", [get](auto& c) -> auto& { return get(c).key; })
      .initial("")
      .folder_of("tls.key")
      .effect(Effect::connection)
      .doc("File of the key of tls.cert (PEM); {device.id} as there. Empty: it is in tls.cert.");
  keys.list(
          "tls.alpn", config::Kind::text, Unit::none, [get](auto& c) -> auto& { return get(c).alpn; })
      .initial({})
      .effect(Effect::connection)
      .doc("Protocols to offer by ALPN, the favourite first.");
  keys.boolean(
          "tls.resume", [get](auto& c) -> auto& { return get(c).resume; })
      .initial(true)
      .effect(Effect::connection)
      .doc("Whether TLS sessions are resumed, which spares both sides most of the next handshake.");
  keys.list(
          "source", config::Kind::text, Unit::none, [get](auto& c) -> auto& { return get(c).source; })
      .initial({})
      .effect(Effect::connection)
      .doc(
          "Addresses that connections start from, in turn, each as one (127.0.0.2) or as a range "
          "(127.0.0.2-127.0.0.9); each has some 28,000 ports to a server. Empty: the system chooses.");
  keys.duration(
          "connect_timeout", [get](auto& c) -> auto& { return get(c).connect_timeout; })
      .initial(5s)
      .range(1ms, 1h)
      .effect(Effect::connection)
      .doc("How long a connection attempt may take, the TLS handshake included.");
  keys.duration(
          "backoff.first", [get](auto& c) -> auto& { return get(c).backoff.first; })
      .initial(1s)
      .range(1ms, 1h)
      .effect(Effect::connection)
      .doc("After a first failure the device waits a random time up to this; it doubles with each failure.");
  keys.duration(
          "backoff.max", [get](auto& c) -> auto& { return get(c).backoff.max; })
      .initial(30s)
      .range(1ms, 24h)
      .effect(Effect::connection)
      .doc("The longest wait between two connection attempts of a device.");
  keys.number(
          "pacing.rate", Unit::frequency, [get](auto& c) -> auto& { return get(c).rate; })
      .initial(2000)
      .range(0.01, 1e6)
      .effect(Effect::connection)
      .doc("Connection attempts a second, for all devices of a worker together.");
  keys.integer(
          "pacing.in_flight", [get](auto& c) -> auto& { return get(c).in_flight; })
      .initial(100)
      .range(1.0, 1e6)
      .effect(Effect::connection)
      .doc("Connection attempts under way at once, for all devices of a worker together.");
  keys.number(
          "pacing.fleet_rate", Unit::frequency, [get](auto& c) -> auto& { return get(c).fleet_rate; })
      .initial(0)
      .range(0, 1e6)
      .effect(Effect::connection)
      .doc("Connection attempts a second for the whole fleet, divided among its workers; 0: no such limit.");
  keys.integer(
          "pacing.fleet_in_flight", [get](auto& c) -> auto& { return get(c).fleet_in_flight; })
      .initial(0)
      .range(0.0, 1e6)
      .effect(Effect::connection)
      .doc(
          "Connection attempts under way at once in the whole fleet, divided among its workers (at least 1 "
          "each); "
          "0: no such limit.");
  keys.text(
          "pacing.ramp", [get](auto& c) -> auto& { return get(c).ramp; })
      .initial("")
      .effect(Effect::connection)
      .doc(
          "Attempts a second over the time since the worker's first one, in place of pacing.rate: \"0s:100, "
          "30s:2000\" rises evenly from 100 to 2000 and stays there. pacing.fleet_rate limits it too.");
  keys.check([get](const T& c, std::vector<std::string>& mistakes) {
    judge_stream(get(const_cast<T&>(c)), mistakes);
  });
}

}  // namespace vfleet::uplink
