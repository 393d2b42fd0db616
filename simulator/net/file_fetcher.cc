#include "simulator/net/file_fetcher.h"

#include <algorithm>
#include <utility>

#include "simulator/net/ftp_exchange.h"
#include "simulator/net/http_exchange.h"
#include "simulator/net/stream_source.h"

namespace vfleet::net {

FileFetcher::FileFetcher(loop::EventLoop& loop, Network& network) : loop_(loop), network_(network) {}
FileFetcher::~FileFetcher() = default;

FileFetcher::Id FileFetcher::start(FileRequest request, Done done) {
  if (++last_ == 0) ++last_;
  waiting_bytes_ += request.body.size();
  waiting_.push_back({last_, std::move(request), std::move(done)});
  const Id id = last_;
  fill();
  return id;
}

void FileFetcher::cancel(Id id) {
  const auto it =
      std::find_if(waiting_.begin(), waiting_.end(), [id](const auto& each) { return each.id == id; });
  if (it != waiting_.end()) {
    waiting_bytes_ -= it->request.body.size();
    waiting_.erase(it);
  }
  if (running_.erase(id) > 0) fill();
}

void FileFetcher::fill() {
  while (running_.size() < kRunningMost && !waiting_.empty()) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= next.request.body.size();
    const FileExchange::Ended ended = [this, id = next.id] { this->ended(id); };
    std::unique_ptr<FileExchange> exchange;
    if (is_ftp(next.request.url)) {
      exchange = std::make_unique<FtpExchange>(loop_, network_, std::move(next.request), ended);
    } else {
      exchange = std::make_unique<HttpExchange>(
          loop_, network_, std::move(next.request), ended,
          [this](const FileRequest& request, const std::string& host) { return source_for(request, host); });
    }
    FileExchange& begun = *exchange;
    running_.emplace(next.id, Running{std::move(exchange), std::move(next.done)});
    begun.begin();
  }
}

void FileFetcher::ended(Id id) {
  const auto at = running_.find(id);
  if (at == running_.end()) return;
  const Running it = std::move(at->second);
  running_.erase(at);
  fill();
  it.done(id, it.exchange->outcome());
}

Result<std::shared_ptr<StreamSource>> FileFetcher::source_for(const FileRequest& request,
                                                              const std::string& host) {
  constexpr std::size_t kKept = 16;
  const std::tuple key{host, request.ca, request.verify};
  if (const auto at = sources_.find(key); at != sources_.end()) return at->second;
  auto made = StreamSource::make(
      {.tls = TlsOptions{.verify = request.verify, .ca = request.ca, .name = host}, .sources = {}});
  if (!made) return tl::unexpected(made.error());
  if (sources_.size() >= kKept) sources_.clear();
  return sources_[key] = std::move(*made);
}

}  // namespace vfleet::net
