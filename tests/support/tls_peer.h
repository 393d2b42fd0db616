#pragma once

#include <openssl/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "simulator/net/certificates.h"
#include "tests/support/simulated_network.h"

namespace vfleet::test {

/// Makes a server of the simulated network speak TLS. Outlives its connections.
class TlsPeer {
 public:
  TlsPeer(SimulatedServer& server, const net::PemPair& certificate);
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  /// What clients say once the handshake is done.
  std::function<void(SimulatedConnection&, std::string_view bytes)> received = [](SimulatedConnection&,
                                                                                  std::string_view) {};
  void send(SimulatedConnection& connection, std::string_view bytes);
  /// Says goodbye in TLS, then ends the connection.
  void close(SimulatedConnection& connection);

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
    void operator()(SSL* ssl) const;
  };
  void feed(SimulatedConnection& connection, std::string_view bytes);
  void flush(SimulatedConnection& connection, SSL* ssl);

  std::unique_ptr<SSL_CTX, Free> context_;
  std::map<std::size_t, std::unique_ptr<SSL, Free>> sessions_;  // by the connection's number
};

}  // namespace vfleet::test
