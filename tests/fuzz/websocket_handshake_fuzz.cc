// Any bytes as a handshake of either side: refused with a reason, or parts that agree with what was asked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "simulator/codec/websocket/handshake.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vfleet::codec::websocket;
  constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
  constexpr std::string_view kProtocols = "ocpp2.0.1, ocpp1.6";
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view head = bytes.substr(0, head_size(bytes));
  if (const auto answer = read_answer(head, kKey, kProtocols)) {
    require(answer->status >= 100 && answer->status <= 999);
    if (answer->status == 101) {
      require(head.find(accept_for(kKey)) != std::string_view::npos);
      require(answer->protocol.empty() || offers(kProtocols, answer->protocol));
    }
  } else {
    require(!answer.error().detail.empty());
  }
  if (const auto request = read_request(head)) {
    require(!request->target.empty() && request->key.size() == 24);
    std::string reply;
    append_answer(request->key, {}, reply);
    require(read_answer(reply, request->key, {}).has_value());
  } else {
    require(!request.error().detail.empty());
  }
  return 0;
}
