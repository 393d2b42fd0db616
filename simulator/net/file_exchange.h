#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/net/endpoint.h"
#include "simulator/net/file_fetcher.h"
#include "simulator/net/network.h"

namespace vfleet::net {

/// One transfer on its way: what all protocols have in common. Looks the host up, connects to the first of
/// its addresses that answers, and ends in time.
class FileExchange : public StreamEvents {
 public:
  /// Called once, from the loop, in a turn of its own; may destroy the exchange.
  using Ended = std::function<void()>;

  FileExchange(loop::EventLoop& loop, Network& network, FileRequest request, Ended ended);
  virtual ~FileExchange() = default;
  FileExchange(const FileExchange&) = delete;
  FileExchange& operator=(const FileExchange&) = delete;

  void begin();
  /// Once it has ended; the body lives as long as the exchange.
  [[nodiscard]] virtual FileOutcome outcome() const = 0;

 protected:
  /// Reads the URL; then dial(), or end() with what is wrong with it.
  virtual void start() = 0;
  [[nodiscard]] virtual StreamPtr make_stream() { return network_.make_stream(*this); }
  virtual void connected() = 0;

  void dial(const std::string& host, std::uint16_t port);
  /// It ends now; `Ended` is called later: neither a stream's callbacks nor begin() expect to lose this.
  void end(Status status);
  /// With what is known of the stream's error.
  void broken(const Stream& stream, StreamError error);
  [[nodiscard]] bool has_ended() const { return ended_.has_value(); }
  [[nodiscard]] const Status& status() const { return *ended_; }
  /// The address that was connected to.
  [[nodiscard]] const Endpoint& address() const { return addresses_[address_]; }

  loop::EventLoop& loop_;
  Network& network_;
  FileRequest request_;
  StreamPtr stream_;

 private:
  void stream_connected(StreamError error) final;
  void resolved(std::vector<Endpoint> addresses);
  void connect();
  void next_address(StreamError error);
  void later(std::function<void()> what);

  Ended tell_;
  loop::CallbackTimer deadline_;
  std::string host_;
  std::vector<Endpoint> addresses_;
  std::size_t address_ = 0;
  std::optional<Status> ended_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

/// What stands before the host of a URL; what was escaped is as it was meant.
struct UrlCredentials {
  std::string user;
  std::optional<std::string> password;  ///< not set: there is no ":"
};
/// Takes "user:password@" out of a URL; not set: there is none, or nothing in it.
[[nodiscard]] std::optional<UrlCredentials> take_credentials(std::string& url);
/// "%2F" as "/"; what is no escape stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace vfleet::net
