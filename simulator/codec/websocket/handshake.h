#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

/// The opening handshake, RFC 6455 section 4, of both roles: HTTP/1.1 heads in, heads out.
namespace vfleet::codec::websocket {

inline constexpr std::size_t kHandshakeMax = 16 * 1024;

/// Sec-WebSocket-Key of 16 bytes that are made from `high` and `low`.
[[nodiscard]] std::string make_key(std::uint64_t high, std::uint64_t low);

/// Sec-WebSocket-Accept for a key.
[[nodiscard]] std::string accept_for(std::string_view key);

struct ClientRequest {
  std::string_view target;     ///< path and query
  std::string_view authority;  ///< for Host
  std::string_view key;
  std::string_view protocols;  ///< "ocpp1.6, ocpp2.0.1"; empty: none are offered
  std::string_view headers;    ///< more lines, each with CRLF
};

/// Appends the client's request.
void append_request(const ClientRequest& request, std::string& out);

/// Where the head that `bytes` begin with ends (past its empty line); 0: it is not whole yet.
[[nodiscard]] std::size_t head_size(std::string_view bytes);

/// What a server answered.
struct ServerAnswer {
  unsigned status = 0;        ///< 101: it agreed
  std::string_view protocol;  ///< that it chose; empty: none. Lives as long as the head
};

/// Whether a whole head is an interim answer (100 Continue, 103 Early Hints): the answer follows.
[[nodiscard]] bool is_interim(std::string_view head);

/// Reads a whole head as the answer to a request with `key` that offered `protocols`. Errors: malformed with
/// what is wrong (not HTTP/1.1, no Upgrade, another Sec-WebSocket-Accept, a protocol that was not offered, an
/// extension: none are offered). Of a status other than 101 only the status is looked at.
[[nodiscard]] Result<ServerAnswer> read_answer(std::string_view head, std::string_view key,
                                               std::string_view protocols);

/// What a client asks for. Views live as long as the head.
struct UpgradeRequest {
  std::string_view target;
  std::string_view key;
  std::string_view protocols;      ///< as the client lists them; empty: none
  std::string_view authorization;  ///< "Bearer ..."; empty: none
};

/// Reads a whole head as a client's request. Errors: malformed with what is wrong.
[[nodiscard]] Result<UpgradeRequest> read_request(std::string_view head);

/// Whether `wanted` is in a list like "ocpp1.6, ocpp2.0.1".
[[nodiscard]] bool offers(std::string_view protocols, std::string_view wanted);

/// Appends the 101 answer. `protocol` may be empty.
void append_answer(std::string_view key, std::string_view protocol, std::string& out);

}  // namespace vfleet::codec::websocket
