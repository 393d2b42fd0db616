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

class FileExchange;
class Network;
class StreamSource;

struct FileRequest {
  enum class Method : std::uint8_t { get, put, post };
  Method method = Method::get;
  /// http or https: "user:password@" before the host goes as Basic credentials. ftp, for get: they log in; as
  /// anonymous without. Its path begins behind the host's "/": "ftp://host/%2Fabsolute".
  std::string url;
  std::string body = {};
  std::string type = {};                      ///< Content-Type; empty: application/octet-stream
  std::size_t bytes_max = 64 * 1024;          ///< of the answer's body, or the file
  Duration limit = std::chrono::seconds(60);  ///< from when it is its turn
  bool verify = true;                         ///< https: the server's certificate
  std::string ca = {};                        ///< https: file of trusted CAs; empty: the system's
};

struct FileOutcome {
  Status status;               ///< errors as device::Transferred's
  unsigned http_status = 0;    ///< 0: no answer, or not HTTP
  std::string_view body = {};  ///< valid during the call
};

/// Files that devices download and hand in: single HTTP/1.1 requests (redirections are not followed) and
/// downloads by FTP, each on connections of its own. A few run at a time, the others wait for their turn.
/// Loop thread only; `loop` and `network` outlive it.
class FileFetcher {
 public:
  static constexpr std::size_t kRunningMost = 32;

  using Id = std::uint32_t;  ///< 0 is none
  /// Called once, later, from the loop.
  using Done = std::function<void(Id id, const FileOutcome& outcome)>;

  FileFetcher(loop::EventLoop& loop, Network& network);
  ~FileFetcher();  ///< what runs is cancelled

  [[nodiscard]] Id start(FileRequest request, Done done);
  /// `done` does not follow. An id that has ended is ignored.
  void cancel(Id id);
  [[nodiscard]] std::size_t running() const { return running_.size(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// Of the bodies that wait to be handed in.
  [[nodiscard]] std::size_t waiting_bytes() const { return waiting_bytes_; }

 private:
  struct Running {
    std::unique_ptr<FileExchange> exchange;
    Done done;
  };
  struct Waiting {
    Id id;
    FileRequest request;
    Done done;
  };

  /// A source for TLS connections to `host`. Errors: as StreamSource::make.
  Result<std::shared_ptr<StreamSource>> source_for(const FileRequest& request, const std::string& host);
  void ended(Id id);
  void fill();

  loop::EventLoop& loop_;
  Network& network_;
  std::map<Id, Running> running_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  // Shared with the exchanges that use them: reading the CAs takes its time.
  std::map<std::tuple<std::string, std::string, bool>, std::shared_ptr<StreamSource>> sources_;
  Id last_ = 0;
};

}  // namespace vfleet::net
