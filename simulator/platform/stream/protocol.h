#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "simulator/core/time.h"

namespace vfleet::platform::stream {

/// What a protocol keeps about a client for as long as it is connected.
class ClientState {
 public:
  virtual ~ClientState() = default;
};

/// A connected client, as its protocol sees it.
struct Client {
  std::uint64_t number = 0;            ///< unique in the server's life
  std::unique_ptr<ClientState> state;  ///< the protocol's own; empty at first
  Duration idle_max{};                 ///< closed when it sends nothing for so long; 0: the server's limit
  std::uint32_t flags = 0;             ///< the protocol's own
};

/// What became of the bytes.
struct Taken {
  enum class Then : std::uint8_t {
    keep,
    close,      ///< in order, once all is written
    cut,        ///< without a word, once `out` is written
    hand_over,  ///< another process goes on with the bytes that are left; `out` is written before
  };

  std::size_t used = 0;    ///< bytes from the front that are done with
  std::size_t needed = 0;  ///< the call comes again when so many are there (0: with the next byte)
  Then then = Then::keep;
  bool more = false;  ///< what is left may be whole: the call comes again once `out` is written
  Duration delay{};   ///< before `out` goes out; nothing is read meanwhile
  std::size_t held =
      0;  ///< of bytes used now or before: those of an unfinished message that the protocol keeps
  bool unfinished = false;  ///< no message ended in what was used: the time for one runs on
};

/// The bytes of all clients of a server. Called on the loop thread; must not call the server back, except
/// Server::send() and end() for other clients.
class Protocol {
 public:
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  virtual ~Protocol() = default;

  /// A client has connected; returns after how many bytes of its own it is cut (misbehaviour).
  virtual std::size_t connected(Client&) { return kNoLimit; }
  /// Bytes have come. What is not used comes again with what follows. Appends what is to be sent to `out`.
  /// What is used may be written over.
  virtual Taken take(Client& client, std::span<char> data, std::string& out) = 0;
  /// The client took too long with what it began to send: last words.
  virtual void too_slow(Client&, std::string& /*out*/) {}
  /// The connection has gone, whoever ended it. Not called for one that was handed over.
  virtual void gone(Client&) {}
  /// Whether a client whose next bytes are these (at most 64) is served while the platform pauses.
  [[nodiscard]] virtual bool passes_pause(std::string_view) const { return false; }
};

}  // namespace vfleet::platform::stream
