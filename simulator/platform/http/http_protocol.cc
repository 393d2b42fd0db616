#include "simulator/platform/http/http_protocol.h"

#include <algorithm>

#include "simulator/platform/http/response.h"

namespace vfleet::platform::http {
namespace {

using stream::Client;
using stream::Taken;

constexpr std::uint32_t kContinued = 1;  // 100 Continue was sent for the unfinished request

}  // namespace

Taken HttpProtocol::take(Client& client, std::span<char> bytes, std::string& out) {
  const std::string_view data(bytes.data(), bytes.size());
  Taken taken;
  const std::size_t out_before = out.size();
  while (taken.used < data.size()) {
    if (taken.delay > Duration::zero() || out.size() - out_before > limits_.output_bytes_max) {
      taken.more = true;
      break;
    }
    const std::string_view rest = data.substr(taken.used);
    Request request;
    const auto head = read_request_head(rest, limits_.head_bytes_max, request.head);
    if (!head) {
      const bool large = head.error().code == Errc::too_large;
      return refuse(large ? 431 : 400, large ? "the head is too large" : "this is no HTTP/1.1 request", out);
    }
    if (*head == 0) break;
    if (hands_over_ && hands_over_(request.head)) {
      // What was answered here is written here, before another process writes.
      if (out.size() != out_before) {
        taken.more = true;
        break;
      }
      taken.then = Taken::Then::hand_over;
      return taken;
    }
    if (request.head.chunked) return refuse(411, "send a Content-Length, not a Transfer-Encoding", out);
    if (request.head.content_length > limits_.body_bytes_max) {
      return refuse(413, "the body is larger than " + std::to_string(limits_.body_bytes_max) + " bytes", out);
    }
    const std::size_t whole = *head + static_cast<std::size_t>(request.head.content_length);
    if (rest.size() < whole) {
      taken.needed = whole;
      if (request.head.expects_continue && (client.flags & kContinued) == 0) {
        client.flags |= kContinued;
        out += "HTTP/1.1 100 Continue\r\n\r\n";
      }
      break;
    }
    request.body = rest.substr(*head, whole - *head);
    taken.used += whole;
    client.flags &= ~kContinued;
    ++counts_.requests;
    const Next next = handler_.handle(request, out);
    taken.delay = next.delay;
    if (next.then == Next::Then::cut) {
      taken.then = Taken::Then::cut;
      break;
    }
    if (next.then == Next::Then::close || !request.head.keep_alive) {
      taken.then = Taken::Then::close;
      break;
    }
  }
  return taken;
}

Taken HttpProtocol::refuse(std::uint32_t status, std::string_view message, std::string& out) {
  ++counts_.bad_requests;
  write_error(out, status, message, false);
  return {.then = Taken::Then::close};
}

void HttpProtocol::too_slow(Client&, std::string& out) {
  write_error(out, 408, "the request took too long to arrive", false);
}

bool HttpProtocol::passes_pause(std::string_view next) const {
  if (!passes_) return false;
  const std::size_t begin = next.find(' ');
  if (begin == std::string_view::npos) return false;
  const std::string_view target = next.substr(begin + 1);
  return passes_(target.substr(0, std::min(target.find(' '), target.size())));
}

}  // namespace vfleet::platform::http
