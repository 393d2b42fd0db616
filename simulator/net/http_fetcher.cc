#include "simulator/net/http_fetcher.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "simulator/codec/http/response_reader.h"
#include "simulator/codec/http/url.h"
#include "simulator/core/ascii.h"
#include "simulator/core/base64.h"
#include "simulator/net/network.h"
#include "simulator/net/stream_source.h"

namespace vfleet::net {
namespace {

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

/// Takes "user:password@" out of a URL.
std::string take_credentials(std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  const auto begin = scheme + 3;
  const auto end = std::min(url.find_first_of("/?#", begin), url.size());
  const auto sign = url.substr(0, end).rfind('@');
  if (sign == std::string::npos || sign < begin) return {};
  std::string credentials = percent_decoded(url.substr(begin, sign - begin));
  url.erase(begin, sign + 1 - begin);
  return credentials;
}

std::string_view method_word(HttpRequest::Method method) {
  switch (method) {
    case HttpRequest::Method::get:
      return "GET";
    case HttpRequest::Method::put:
      return "PUT";
    case HttpRequest::Method::post:
      return "POST";
  }
  return "GET";
}

std::string request_text(const HttpRequest& request, const codec::http::Url& url,
                         const std::string& credentials) {
  std::string out(method_word(request.method));
  out += " " + url.target + " HTTP/1.1\r\nHost: " + url.authority + "\r\nConnection: close\r\n";
  if (!credentials.empty()) out += "Authorization: Basic " + base64_encode(credentials) + "\r\n";
  if (request.method != HttpRequest::Method::get) {
    out += "Content-Type: " + (request.type.empty() ? "application/octet-stream" : request.type) +
           "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  out += "\r\n";
  if (request.method != HttpRequest::Method::get) out += request.body;
  return out;
}

}  // namespace

/// One request on its way: looks the host up, tries its addresses, writes, reads.
class HttpFetcher::Exchange final : public StreamEvents {
 public:
  Exchange(HttpFetcher& fetcher, Id id, HttpRequest request, Done done)
      : fetcher_(fetcher),
        id_(id),
        request_(std::move(request)),
        done_(std::move(done)),
        reader_(request_.bytes_max),
        deadline_(fetcher.loop_, [this] { end(fail(Errc::timed_out, "the transfer took too long")); }) {}
  virtual ~Exchange() {
    // What the loop still holds of the stream may need its source.
    stream_.reset();
    if (source_ != nullptr) fetcher_.loop_.post([source = source_] {});
  }

  void begin() {
    deadline_.arm_in(request_.limit);
    const std::string credentials = take_credentials(request_.url);
    auto url = codec::http::parse_url(request_.url);
    if (!url) return end(tl::unexpected(url.error()));
    if (url->tls) {
      auto source = fetcher_.source_for(request_, url->host);
      if (!source) return end(tl::unexpected(source.error()));
      source_ = std::move(*source);
    }
    out_ = request_text(request_, *url, credentials);
    host_ = url->host;
    if (const auto literal = parse_address(url->host, url->port)) return resolved({*literal});
    const std::weak_ptr<int> alive = fetcher_.alive_;
    fetcher_.network_.resolve(url->host, url->port,
                              [alive, fetcher = &fetcher_, id = id_](std::vector<Endpoint> addresses) {
                                if (alive.expired()) return;
                                const auto at = fetcher->running_.find(id);
                                if (at != fetcher->running_.end()) at->second->resolved(std::move(addresses));
                              });
  }

  /// Tells how it ended; the fetcher has forgotten it already.
  void tell() {
    const bool answered = ended_->has_value();
    HttpOutcome outcome{*ended_, status_, answered ? reader_.body() : std::string_view()};
    done_(id_, outcome);
  }

 private:
  void resolved(std::vector<Endpoint> addresses) {
    if (ended_) return;
    if (addresses.empty()) return end(fail(Errc::link_down, "no address of " + host_ + " is known"));
    addresses_ = std::move(addresses);
    connect();
  }

  void connect() {
    stream_ = source_ == nullptr ? fetcher_.network_.make_stream(*this)
                                 : fetcher_.network_.make_stream(*this, *source_);
    if (const StreamError error = stream_->connect(addresses_[address_]); error != StreamError::none)
      next_address(error);
  }

  void next_address(StreamError error) {
    if (++address_ == addresses_.size()) return broken(error);
    // In a later turn: this may be a callback of the stream that goes.
    const std::weak_ptr<int> alive = fetcher_.alive_;
    fetcher_.loop_.post([alive, fetcher = &fetcher_, id = id_] {
      if (alive.expired()) return;
      const auto at = fetcher->running_.find(id);
      if (at != fetcher->running_.end() && !at->second->ended_) at->second->connect();
    });
  }

  void broken(StreamError error) {
    const std::string detail = stream_->detail();
    end(fail(Errc::link_down, std::string(to_string(error)) + (detail.empty() ? "" : ": " + detail)));
  }

  void stream_connected(StreamError error) override {
    if (ended_) return;
    if (error != StreamError::none) return next_address(error);
    stream_->wait_readable();
    write();
  }

  void stream_writable() override {
    if (!ended_) write();
  }

  void write() {
    while (written_ < out_.size()) {
      const IoResult result = stream_->write_some(std::string_view(out_).substr(written_));
      // A server that has said no may not want the rest: what it said is read.
      if (result.error != StreamError::none) {
        cut_ = result.error;
        return;
      }
      if (result.bytes == 0) return stream_->wait_writable();
      written_ += result.bytes;
    }
  }

  void stream_readable() override {
    constexpr int kReadsMost = 16;  // in one turn
    for (int i = 0; i < kReadsMost && !ended_; ++i) {
      const std::span<char> buffer = fetcher_.network_.read_buffer();
      const IoResult result = stream_->read_some(buffer);
      if (result.error == StreamError::closed_by_peer) return judge(reader_.end());
      if (result.error != StreamError::none) return broken(cut_ != StreamError::none ? cut_ : result.error);
      if (result.bytes == 0) break;
      std::size_t consumed = 0;
      const auto progress = reader_.feed({buffer.data(), result.bytes}, consumed);
      if (progress != codec::http::ResponseReader::Progress::more) return judge(progress);
    }
    if (!ended_) stream_->wait_readable();
  }

  void judge(codec::http::ResponseReader::Progress progress) {
    using Progress = codec::http::ResponseReader::Progress;
    switch (progress) {
      case Progress::too_large:
        return end(fail(Errc::too_large, "more than " + std::to_string(request_.bytes_max) + " bytes"));
      case Progress::malformed:
      case Progress::more:
        return end(fail(Errc::malformed, "the answer is no whole HTTP response"));
      case Progress::done:
        break;
    }
    status_ = reader_.status();
    if (status_ < 200 || status_ > 299)
      return end(fail(Errc::rejected, "HTTP status " + std::to_string(status_)));
    end({});
  }

  /// Not within the caller's turn: neither the stream's callbacks nor start() expect to lose this.
  void end(Status status) {
    if (ended_) return;
    ended_ = std::move(status);
    deadline_.cancel();
    const std::weak_ptr<int> alive = fetcher_.alive_;
    fetcher_.loop_.post([alive, fetcher = &fetcher_, id = id_] {
      if (!alive.expired()) fetcher->ended(id);
    });
  }

  HttpFetcher& fetcher_;
  Id id_;
  HttpRequest request_;
  Done done_;
  codec::http::ResponseReader reader_;
  loop::CallbackTimer deadline_;
  std::string host_;
  std::string out_;
  std::size_t written_ = 0;
  std::vector<Endpoint> addresses_;
  std::size_t address_ = 0;
  std::shared_ptr<StreamSource> source_;  // null: plain; shared: the fetcher keeps it for the next one
  StreamPtr stream_;
  StreamError cut_ = StreamError::none;  // that a write met
  unsigned status_ = 0;
  std::optional<Status> ended_;
};

HttpFetcher::HttpFetcher(loop::EventLoop& loop, Network& network) : loop_(loop), network_(network) {}
HttpFetcher::~HttpFetcher() = default;

HttpFetcher::Id HttpFetcher::start(HttpRequest request, Done done) {
  if (++last_ == 0) ++last_;
  waiting_bytes_ += request.body.size();
  waiting_.push_back({last_, std::move(request), std::move(done)});
  const Id id = last_;
  fill();
  return id;
}

void HttpFetcher::cancel(Id id) {
  const auto it =
      std::find_if(waiting_.begin(), waiting_.end(), [id](const auto& each) { return each.id == id; });
  if (it != waiting_.end()) {
    waiting_bytes_ -= it->request.body.size();
    waiting_.erase(it);
  }
  if (running_.erase(id) > 0) fill();
}

void HttpFetcher::fill() {
  while (running_.size() < kRunningMost && !waiting_.empty()) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= next.request.body.size();
    const auto [at, added] = running_.emplace(
        next.id, std::make_unique<Exchange>(*this, next.id, std::move(next.request), std::move(next.done)));
    at->second->begin();
  }
}

void HttpFetcher::ended(Id id) {
  const auto at = running_.find(id);
  if (at == running_.end()) return;
  const std::unique_ptr<Exchange> it = std::move(at->second);
  running_.erase(at);
  fill();
  it->tell();
}

Result<std::shared_ptr<StreamSource>> HttpFetcher::source_for(const HttpRequest& request,
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
