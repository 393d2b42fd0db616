#pragma once

#include <memory>
#include <string>

#include "simulator/schedule/timer_wheel.h"
#include "simulator/uplink/stream_hub.h"

namespace vfleet::uplink {

/// A device's link over one stream: everything but the protocol. It finds the address, waits for its turn,
/// connects within a time, tries a name's other addresses, backs off with full jitter, keeps what did not fit
/// the socket, drains, closes and opens again. An idle connection owns no buffer.
///
/// A protocol derives from it, is told what happened by the virtual functions below, and answers with the
/// protected ones:
///
///   connected -> [hold] -> [ready] -> received | flushed | woken ... -> [fail | close()] -> lost
///
/// Every call to the owner, and every protected function that can end a connection (write, fail, part), may
/// have come back with send(), open() or close() when it returns: a protocol that goes on afterwards compares
/// epoch(). A link must not be destroyed inside its own callbacks.
class StreamLink : public Link, net::StreamEvents, net::Waiter, schedule::Timer {
 public:
  StreamLink(StreamHub& hub, LinkKey key) : hub_(hub), key_(key) {}
  ~StreamLink() override;

  void open() final;
  void close(bool drain) final;
  [[nodiscard]] bool up() const final { return up_ && !draining_; }
  /// stream_misbehaviour(). Errors: rejected, invalid_argument.
  [[nodiscard]] Status act(const LinkCall& call) override;

 protected:
  /// A stream stands; nothing went over it. ready() follows now, or when the peer has agreed: until then the
  /// attempt holds its place at the gate and its time-out runs.
  virtual void connected() = 0;
  /// The next bytes of the peer; valid during the call, even when the connection ends in it.
  virtual void received(std::string_view bytes) = 0;
  /// All that write() kept is with the kernel.
  virtual void flushed() {}
  /// The turn that take_turn() asked for.
  virtual void turn() {}
  /// The time of wake_at() has come, or an earlier one: look at the clock.
  virtual void woken() {}
  /// The peer ended its side in order. True: the protocol dealt with it (part() or fail() was called); false:
  /// it is a loss like others.
  [[nodiscard]] virtual bool ended() { return false; }
  /// Follows each connected(), once, and comes once more with `closed` when the link closes without one: the
  /// stream is gone. Settle what was in flight with `fate`, and if `closed` also what waits (evicted). The
  /// owner may call open() and close() meanwhile: they take effect afterwards.
  virtual void lost(Fate fate, bool closed) = 0;
  /// Drained, and about to end a connection that is ready: a last write() may say goodbye.
  virtual void parting() {}
  /// Whom the link tells. A connection that serves several devices tells others.
  virtual void tell_up() { hub_.owner.link_up(key_); }
  virtual void tell_down(std::string_view reason) { hub_.owner.link_down(key_, reason); }
  /// What tells the jitter of its back-off from that of others.
  [[nodiscard]] virtual std::uint64_t identity() const;

  /// What comes before ready() may take as long as it likes: the place at the gate is given back, the
  /// attempt's time-out is over, wake_at() works. fail() is still a failed attempt.
  void hold();
  /// The peer has agreed: tells the owner unless it thinks so already (see part()).
  void ready();
  [[nodiscard]] bool is_ready() const { return state_ == State::ready; }
  /// Ready, or on hold before that.
  [[nodiscard]] bool stands() const { return state_ == State::ready || state_ == State::held; }
  [[nodiscard]] bool is_draining() const { return draining_; }

  enum class Wrote : std::uint8_t {
    all,   ///< with the kernel
    kept,  ///< some of it is here: flushed() follows
    lost,  ///< the connection failed: fail() has run
  };
  /// Hands `bytes` to the socket, behind what is kept. Only while connected.
  Wrote write(std::string_view bytes);
  /// Something is kept: the peer reads slowly.
  [[nodiscard]] bool blocked() const { return rest_ != nullptr; }
  [[nodiscard]] std::size_t kept() const { return rest_ == nullptr ? 0 : rest_->size(); }  ///< in bytes

  /// turn(), once, behind what other connections are told now: who writes then writes together with others,
  /// and the peer is woken once for many. Only when it stands(), and not while something is kept.
  void take_turn();

  /// woken() at `deadline`, at most one wake a link; kNever: not at all. Only when it stands().
  void wake_at(TimePoint deadline);

  /// The peer has shown that it works: the next back-off starts small.
  void forgive() { failures_ = 0; }
  /// forgive(), and a connection that the peer ends now is made again at once (at the gate's pace).
  void served() {
    failures_ = 0;
    served_ = true;
  }

  /// Whether served() was called of this connection.
  [[nodiscard]] bool has_served() const { return served_; }

  /// Ends the connection for `reason` (snake_case, static): lost(), then link_down and another attempt.
  /// Before ready() this is a failed attempt.
  void fail(std::string_view reason, Fate fate = Fate::connection_lost);
  /// A fault that an operator wants, from now on; in place of the last one.
  [[nodiscard]] Status misbehave(StreamFault fault);
  /// Drops a connection that stands, so that what comes next hits the greeting of another.
  void connect_anew();

  /// Ends a connection in order, though the link stays up; resume() makes the next one. lost() does not
  /// follow.
  void part();
  void resume();

  /// Changes whenever a connection ends.
  [[nodiscard]] std::uint8_t epoch() const { return epoch_; }
  [[nodiscard]] LinkKey key() const { return key_; }
  [[nodiscard]] TimePoint now() const { return hub_.loop.now(); }

 private:
  enum class State : std::uint8_t {
    closed,
    parted,      ///< open, without a connection, about to start one
    looking_up,  ///< waits for the platform's address
    gated,       ///< waits for its turn to connect
    connecting,
    greeting,  ///< connected, not yet ready
    held,      ///< the same, without a time-out
    ready,
    backing_off,
  };

  void stream_connected(net::StreamError error) final;
  void stream_readable() final;
  void stream_writable() final;
  void admitted() final;  // looked up, or its turn to connect
  void expire() final;    // whatever the state waits for

  Wrote write_as_faulty(std::string_view bytes);
  Wrote write_plainly(std::string_view bytes);
  [[nodiscard]] bool deaf() const;

  [[nodiscard]] bool has_connection() const { return state_ == State::greeting || stands(); }
  void start();
  void connect();
  void attempt_failed(std::string_view reason);
  void drop_connection();
  void back_off();
  void look_drained();
  void note_silence(net::StreamError error);
  void note_machine(net::StreamError error);
  void finish(Fate fate);
  void tell_lost(Fate fate, std::string_view reason);

  StreamHub& hub_;
  net::StreamPtr stream_;
  std::unique_ptr<std::string> rest_;  // what did not fit the socket
  TimePoint drain_until_;              // while draining_
  LinkKey key_;
  State state_ = State::closed;
  bool up_ : 1 = false;        // the owner was told so
  bool draining_ : 1 = false;  // close(true) was called
  bool served_ : 1 = false;
  bool heard_ : 1 = false;        // a byte of the peer, on this connection
  bool ending_ : 1 = false;       // the owner is told of an end: open() and close() wait
  bool close_after_ : 1 = false;  // close() was called meanwhile
  bool open_after_ : 1 = false;   // and open(), after that
  bool faulty_ : 1 = false;       // hub_.faults has something for it
  bool turn_ : 1 = false;         // asked for
  std::uint8_t failures_ = 0;
  std::uint8_t attempt_ = 0;  // which address is tried
  std::uint8_t epoch_ = 0;
  std::uint8_t draws_ = 0;  // back-offs so far, for their jitter
};

}  // namespace vfleet::uplink
