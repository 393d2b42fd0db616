#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/net/source_addresses.h"
#include "simulator/net/stream.h"
#include "simulator/net/tls_options.h"

namespace vfleet::net {

class TlsContext;

struct StreamOptions {
  std::optional<TlsOptions> tls;  ///< nothing: plain
  std::vector<Endpoint> sources;  ///< where connections start from, in turn; empty: the system chooses
};

/// What the streams of one uplink are made of: plain or TLS, and the addresses that they start from. Network
/// makes them. Outlives its streams. Loop thread only.
class StreamSource {
 public:
  /// Reads the files that `options` names. Errors: unavailable (a file cannot be read), invalid_argument
  /// (what is in it cannot be used); the text names the file.
  [[nodiscard]] static Result<std::unique_ptr<StreamSource>> make(StreamOptions options);
  ~StreamSource();

  [[nodiscard]] SourceAddresses& addresses() { return addresses_; }
  /// Null: plain.
  [[nodiscard]] TlsContext* tls() { return tls_.get(); }
  [[nodiscard]] bool has_tls() const { return tls_ != nullptr; }

  /// TLS connections that were made, and how many of them resumed a session.
  [[nodiscard]] std::uint64_t handshakes() const { return handshakes_; }
  [[nodiscard]] std::uint64_t resumed() const { return resumed_; }
  void count_handshake(bool resumed) {
    ++handshakes_;
    resumed_ += resumed ? 1 : 0;
  }

  /// Told of each connection that TLS or this machine ends, with what there is to say about it: for a log.
  std::function<void(StreamError error, std::string_view detail)> trouble = [](StreamError,
                                                                               std::string_view) {};

 private:
  StreamSource(SourceAddresses addresses, std::shared_ptr<TlsContext> tls);
  SourceAddresses addresses_;
  std::shared_ptr<TlsContext> tls_;  // of all sources with the same options
  std::uint64_t handshakes_ = 0;
  std::uint64_t resumed_ = 0;
};

}  // namespace vfleet::net
