#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/loop/event_loop.h"

namespace vfleet::net {

class Network;
class StreamSource;

struct HttpRequest {
  enum class Method : std::uint8_t { get, put, post };
  Method method = Method::get;
  std::string url;  ///< http or https; "user:password@" before the host goes as Basic credentials
  std::string body = {};
  std::string type = {};                      ///< Content-Type; empty: application/octet-stream
  std::size_t bytes_max = 64 * 1024;          ///< of the answer's body
  Duration limit = std::chrono::seconds(60);  ///< from when it is its turn
  bool verify = true;                         ///< https: the server's certificate
  std::string ca = {};                        ///< https: file of trusted CAs; empty: the system's
};

struct HttpOutcome {
  Status status;               ///< errors as device::Transferred's
  unsigned http_status = 0;    ///< 0: no answer
  std::string_view body = {};  ///< valid during the call
};

/// Single HTTP/1.1 requests, each on a connection of its own: files that devices download and hand in. A few
/// run at a time, the others wait for their turn. Redirections are not followed. Loop thread only; `loop` and
/// `network` outlive it.
class HttpFetcher {
 public:
  static constexpr std::size_t kRunningMost = 32;

  using Id = std::uint32_t;  ///< 0 is none
  /// Called once, later, from the loop.
  using Done = std::function<void(Id id, const HttpOutcome& outcome)>;

  HttpFetcher(loop::EventLoop& loop, Network& network);
  ~HttpFetcher();  ///< what runs is cancelled

  [[nodiscard]] Id start(HttpRequest request, Done done);
  /// `done` does not follow. An id that has ended is ignored.
  void cancel(Id id);
  [[nodiscard]] std::size_t running() const { return running_.size(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// Of the bodies that wait to be handed in.
  [[nodiscard]] std::size_t waiting_bytes() const { return waiting_bytes_; }

 private:
  class Exchange;
  struct Waiting {
    Id id;
    HttpRequest request;
    Done done;
  };

  /// A source for TLS connections to `host`. Errors: as StreamSource::make.
  Result<std::shared_ptr<StreamSource>> source_for(const HttpRequest& request, const std::string& host);
  void ended(Id id);
  void fill();

  loop::EventLoop& loop_;
  Network& network_;
  std::map<Id, std::unique_ptr<Exchange>> running_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  // Shared with the exchanges that use them: reading the CAs takes its time.
  std::map<std::tuple<std::string, std::string, bool>, std::shared_ptr<StreamSource>> sources_;
  Id last_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace vfleet::net
