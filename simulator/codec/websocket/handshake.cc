#include "simulator/codec/websocket/handshake.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "simulator/codec/websocket/sha1.h"
#include "simulator/core/ascii.h"
#include "simulator/core/base64.h"

namespace vfleet::codec::websocket {
namespace {

tl::unexpected<Error> malformed(std::string why) {
  return fail(Errc::malformed, std::move(why));
}

/// Calls `use` with each element of a comma list until it returns true.
template <class Use>
bool any_of_list(std::string_view list, Use use) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (use(trimmed(list.substr(0, comma)))) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

bool lists(std::string_view list, std::string_view word) {
  return any_of_list(list, [word](std::string_view each) { return same_but_for_case(each, word); });
}

/// The lines of a head after its first.
class Fields {
 public:
  static std::optional<Fields> read(std::string_view head) {
    if (!head.ends_with("\r\n\r\n")) return std::nullopt;
    Fields fields;
    const std::size_t first = head.find("\r\n");
    fields.first_ = head.substr(0, first);
    fields.rest_ = head.substr(first + 2, head.size() - first - 4);
    std::string_view rest = fields.rest_;
    while (!rest.empty()) {
      const std::size_t end = rest.find("\r\n");
      const std::string_view line = rest.substr(0, end);
      const std::size_t colon = line.find(':');
      if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
      const auto bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; };
      if (line.find_first_of(" \t") < colon || std::any_of(line.begin(), line.end(), bad))
        return std::nullopt;
      rest.remove_prefix(end + 2);
    }
    return fields;
  }

  [[nodiscard]] std::string_view first_line() const { return first_; }

  /// The value of a field that may stand once; empty: it is not there. Twice: `twice` is set.
  [[nodiscard]] std::string_view one(std::string_view name, bool& twice) const {
    std::string_view found;
    bool seen = false;
    for_each(name, [&](std::string_view value) {
      twice = twice || seen;
      seen = true;
      found = value;
      return false;
    });
    return found;
  }

  /// Whether one of the fields of that name lists `word`.
  [[nodiscard]] bool list(std::string_view name, std::string_view word) const {
    return for_each(name, [word](std::string_view value) { return lists(value, word); });
  }

  [[nodiscard]] bool has(std::string_view name) const {
    return for_each(name, [](std::string_view) { return true; });
  }

 private:
  template <class Use>
  bool for_each(std::string_view name, Use use) const {
    std::string_view rest = rest_;
    while (!rest.empty()) {
      const std::size_t end = rest.find("\r\n");
      const std::string_view line = rest.substr(0, end);
      const std::size_t colon = line.find(':');
      if (same_but_for_case(line.substr(0, colon), name) && use(trimmed(line.substr(colon + 1)))) return true;
      rest.remove_prefix(end + 2);
    }
    return false;
  }

  std::string_view first_;
  std::string_view rest_;  // lines, each with its CRLF
};

}  // namespace

std::string make_key(std::uint64_t high, std::uint64_t low) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(high >> shift);
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(low >> shift);
  return base64_encode(bytes);
}

std::string accept_for(std::string_view key) {
  const auto digest = sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  return base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

void append_request(const ClientRequest& request, std::string& out) {
  out.append("GET ").append(request.target).append(" HTTP/1.1\r\nHost: ").append(request.authority);
  out.append(
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
  out.append(request.key).append("\r\n");
  if (!request.protocols.empty()) {
    out.append("Sec-WebSocket-Protocol: ").append(request.protocols).append("\r\n");
  }
  out.append(request.headers).append("\r\n");
}

std::size_t head_size(std::string_view bytes) {
  const std::size_t at = bytes.find("\r\n\r\n");
  return at == std::string_view::npos ? 0 : at + 4;
}

bool is_interim(std::string_view head) {
  return head.starts_with("HTTP/1.1 1") && !head.starts_with("HTTP/1.1 101");
}

Result<ServerAnswer> read_answer(std::string_view head, std::string_view key, std::string_view protocols) {
  const auto fields = Fields::read(head);
  if (!fields) return malformed("not the head of an HTTP answer");
  const std::string_view first = fields->first_line();
  ServerAnswer answer;
  if (!first.starts_with("HTTP/1.1 ") && !first.starts_with("HTTP/1.0 ")) return malformed("not HTTP/1.1");
  const std::string_view digits = first.substr(9, 3);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), answer.status);
  const bool whole = end == digits.data() + 3 && (first.size() == 12 || first[12] == ' ');
  if (error != std::errc() || !whole || answer.status < 100) return malformed("no HTTP status");
  if (answer.status != 101) return answer;
  bool twice = false;
  if (!fields->list("Upgrade", "websocket")) return malformed("the answer lacks Upgrade: websocket");
  if (!fields->list("Connection", "upgrade")) return malformed("the answer lacks Connection: Upgrade");
  if (fields->one("Sec-WebSocket-Accept", twice) != accept_for(key) || twice) {
    return malformed("Sec-WebSocket-Accept does not answer the key");
  }
  if (fields->has("Sec-WebSocket-Extensions")) return malformed("an extension that was not offered");
  answer.protocol = fields->one("Sec-WebSocket-Protocol", twice);
  if (twice || (!answer.protocol.empty() && !offers(protocols, answer.protocol))) {
    return malformed("a subprotocol that was not offered");
  }
  return answer;
}

Result<UpgradeRequest> read_request(std::string_view head) {
  const auto fields = Fields::read(head);
  if (!fields) return malformed("not the head of an HTTP request");
  std::string_view first = fields->first_line();
  if (!first.starts_with("GET ") || !first.ends_with(" HTTP/1.1")) return malformed("not GET and HTTP/1.1");
  UpgradeRequest request;
  request.target = first.substr(4, first.size() - std::min<std::size_t>(first.size(), 13));
  if (request.target.empty() || request.target.find(' ') != std::string_view::npos) {
    return malformed("no target");
  }
  bool twice = false;
  if (!fields->list("Upgrade", "websocket")) return malformed("the request lacks Upgrade: websocket");
  if (!fields->list("Connection", "upgrade")) return malformed("the request lacks Connection: Upgrade");
  if (fields->one("Sec-WebSocket-Version", twice) != "13")
    return malformed("Sec-WebSocket-Version is not 13");
  request.key = fields->one("Sec-WebSocket-Key", twice);
  const auto key = base64_decode(request.key);
  if (!key || key->size() != 16) return malformed("Sec-WebSocket-Key is not 16 bytes");
  request.protocols = fields->one("Sec-WebSocket-Protocol", twice);
  request.authorization = fields->one("Authorization", twice);
  if (twice) return malformed("a field stands twice");
  return request;
}

bool offers(std::string_view protocols, std::string_view wanted) {
  return !wanted.empty() &&
         any_of_list(protocols, [wanted](std::string_view each) { return each == wanted; });
}

void append_answer(std::string_view key, std::string_view protocol, std::string& out) {
  out.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  out.append("Sec-WebSocket-Accept: ").append(accept_for(key)).append("\r\n");
  if (!protocol.empty()) out.append("Sec-WebSocket-Protocol: ").append(protocol).append("\r\n");
  out.append("\r\n");
}

}  // namespace vfleet::codec::websocket
