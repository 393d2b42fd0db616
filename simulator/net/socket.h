#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "simulator/loop/event_loop.h"
#include "simulator/net/endpoint.h"
#include "simulator/net/readiness_set.h"
#include "simulator/net/source_addresses.h"
#include "simulator/net/stream.h"

namespace vfleet::net {

/// What TCP's and UDP's sockets have in common: they do not block, start from the next source address that
/// has a port left, and know without asking the kernel whether there is something to read, or room to write.
class Socket : Watched {
 protected:
  /// `sources`: null or empty: the system chooses. All outlive it.
  Socket(ReadinessSet& readiness, const loop::EventLoop& loop, SourceAddresses* sources)
      : readiness_(readiness), loop_(loop), sources_(sources) {}
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// wait_readable() and wait_writable() have an end. They may destroy the socket.
  virtual void readable() = 0;
  virtual void writable() = 0;

  /// Opens towards `to`, from the next source address; whatever was open is closed. `type`: SOCK_STREAM,
  /// SOCK_DGRAM.
  [[nodiscard]] StreamError open(const Endpoint& to, int type);
  /// An errno of connect(2); 0 also when it goes on.
  [[nodiscard]] int connect_to(const Endpoint& to);
  /// The address that open() chose has no port left. True: open() may find another.
  [[nodiscard]] bool leave_source();
  /// From now on it is known what the socket is ready for. After connect_to().
  [[nodiscard]] StreamError watch();
  [[nodiscard]] int fd() const { return fd_; }

  void wait_for_read();
  void wait_for_write();

  /// What a system call did: bytes, or an errno; EAGAIN: not ready.
  struct Outcome {
    std::size_t bytes = 0;
    int error = 0;
  };
  [[nodiscard]] Outcome send_bytes(std::string_view bytes);
  /// `to_the_end`: less than there is room for means that no more is there (streams).
  [[nodiscard]] Outcome receive_bytes(std::span<char> into, bool to_the_end);

 private:
  void happened(std::uint32_t events) final;
  [[nodiscard]] StreamError bind(const Endpoint& source);
  [[nodiscard]] bool has_sources() const { return sources_ != nullptr && !sources_->empty(); }
  void close();
  void ask_for_turn();

  ReadinessSet& readiness_;
  const loop::EventLoop& loop_;
  SourceAddresses* sources_;
  int fd_ = -1;
  ReadinessSet::Place place_ = 0;  // when watched_
  std::uint16_t source_ = 0;       // which of them, once open
  bool watched_ : 1 = false;
  bool may_read_ : 1 = false;   // unless a read finds nothing
  bool may_write_ : 1 = false;  // unless a write finds no room
  bool ended_ : 1 = false;      // the peer's side, or all of it: that is to be read after the bytes
  bool reading_ : 1 = false;    // somebody waits
  bool writing_ : 1 = false;
  bool asked_ : 1 = false;  // for a turn
};

}  // namespace vfleet::net
