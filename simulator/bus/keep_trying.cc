#include "simulator/bus/keep_trying.h"

#include <bit>

#include "simulator/net/backoff.h"

namespace vfleet::bus {

std::string explain(Handshake how, const std::string& endpoint, const std::optional<ClientKeys>& keys) {
  const std::string control = "control at " + endpoint;
  switch (how) {
    case Handshake::succeeded:
      return control + " admits this client";
    case Handshake::denied: {
      if (!keys) return control + " refuses this client";
      const std::string role(to_string(keys->role));
      return control + " refuses this key (name " + keys->name + ", role " + role + ", fingerprint " +
             fingerprint(keys->curve.keys.public_key) +
             "): add it to the list of admitted keys there with `vfleet keygen DIR " + keys->name +
             " --role " + role + " --public " + keys->name +
             ".pub`; a worker's key is for workers only, the others are for `vfleet`";
    }
    case Handshake::protocol:
      return keys ? "what listens at " + endpoint +
                        " takes no keys, or is no control: is the port right? "
                        "A control that was started with --insecure wants clients with --insecure"
                  : control + " wants a key: give --keys FILE (made by `vfleet keygen`)";
    case Handshake::broken_off:
      return keys ? control +
                        " breaks the handshake off: it is not the one that this key file is for (expected "
                        "fingerprint " +
                        fingerprint(keys->curve.server_key) +
                        "; compare with control's server.pub), or it takes no keys (--insecure), or it is no "
                        "control"
                  : "what listens at " + endpoint +
                        " breaks the handshake off: it wants a key (--keys FILE, made by `vfleet keygen`), "
                        "or is no control of vfleet";
  }
  return {};
}

KeepTrying::KeepTrying(ZmqSocket& socket, loop::EventLoop& loop, std::string endpoint,
                       std::optional<ClientKeys> keys, std::uint64_t seed,
                       std::function<void(const std::string& why)> kept_out)
    : socket_(socket),
      endpoint_(std::move(endpoint)),
      keys_(std::move(keys)),
      random_(seed, hash(endpoint_), "handshake"),
      kept_out_(std::move(kept_out)),
      again_(loop, [this] {
        // Out of descriptors, for the time being: later.
        if (!socket_.reconnect()) again_.arm_in(kMax);
      }) {
  socket_.on_handshake([this](Handshake how, const std::string&) { shaken(how); });
}

void KeepTrying::shaken(Handshake how) {
  if (how == Handshake::succeeded) {
    failures_ = 0;
    told_.reset();
    again_.cancel();
    return;
  }
  ++failures_;
  const net::BackoffPolicy policy{kFirst, kMax};
  again_.arm_in(policy.ceiling(failures_) / 2 + policy.delay(failures_, random_) / 2);
  if (how == Handshake::broken_off && failures_ < kBrokenOffMin) return;
  if (told_ == how && !std::has_single_bit(failures_)) return;
  told_ = how;
  kept_out_(explain(how, endpoint_, keys_));
}

}  // namespace vfleet::bus
