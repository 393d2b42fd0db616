#include "simulator/net/file_exchange.h"

#include <algorithm>
#include <utility>

#include "simulator/core/ascii.h"

namespace vfleet::net {

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    if (escape) {
      out.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::optional<UrlCredentials> take_credentials(std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  const auto begin = scheme + 3;
  const auto end = std::min(url.find_first_of("/?#", begin), url.size());
  const auto sign = url.substr(0, end).rfind('@');
  if (sign == std::string::npos || sign < begin) return {};
  const std::string text = url.substr(begin, sign - begin);
  url.erase(begin, sign + 1 - begin);
  if (text.empty()) return {};
  // Divided as it is written: an escaped ":" is part of a name.
  const std::size_t colon = text.find(':');
  UrlCredentials out{.user = percent_decoded(std::string_view(text).substr(0, colon)), .password = {}};
  if (colon != std::string::npos) out.password = percent_decoded(std::string_view(text).substr(colon + 1));
  return out;
}

FileExchange::FileExchange(loop::EventLoop& loop, Network& network, FileRequest request, Ended ended)
    : loop_(loop),
      network_(network),
      request_(std::move(request)),
      tell_(std::move(ended)),
      deadline_(loop, [this] { end(fail(Errc::timed_out, "the transfer took too long")); }) {}

void FileExchange::begin() {
  deadline_.arm_in(request_.limit);
  start();
}

void FileExchange::dial(const std::string& host, std::uint16_t port) {
  host_ = host;
  if (const auto literal = parse_address(host, port)) return resolved({*literal});
  const std::weak_ptr<int> alive = alive_;
  network_.resolve(host, port, [alive, this](std::vector<Endpoint> addresses) {
    if (!alive.expired()) resolved(std::move(addresses));
  });
}

void FileExchange::resolved(std::vector<Endpoint> addresses) {
  if (ended_) return;
  if (addresses.empty()) return end(fail(Errc::link_down, "no address of " + host_ + " is known"));
  addresses_ = std::move(addresses);
  connect();
}

void FileExchange::connect() {
  stream_ = make_stream();
  if (const StreamError error = stream_->connect(addresses_[address_]); error != StreamError::none)
    next_address(error);
}

void FileExchange::next_address(StreamError error) {
  if (address_ + 1 == addresses_.size()) return broken(*stream_, error);
  ++address_;
  // In a later turn: this may be a callback of the stream that goes.
  later([this] {
    if (!ended_) connect();
  });
}

void FileExchange::stream_connected(StreamError error) {
  if (ended_) return;
  if (error != StreamError::none) return next_address(error);
  connected();
}

void FileExchange::broken(const Stream& stream, StreamError error) {
  const std::string detail = stream.detail();
  end(fail(Errc::link_down, std::string(to_string(error)) + (detail.empty() ? "" : ": " + detail)));
}

void FileExchange::end(Status status) {
  if (ended_) return;
  ended_ = std::move(status);
  deadline_.cancel();
  later([this] {
    const Ended tell = tell_;  // the exchange may go with it
    tell();
  });
}

void FileExchange::later(std::function<void()> what) {
  const std::weak_ptr<int> alive = alive_;
  loop_.post([alive, what = std::move(what)] {
    if (!alive.expired()) what();
  });
}

}  // namespace vfleet::net
