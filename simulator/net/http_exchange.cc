#include "simulator/net/http_exchange.h"

#include <optional>
#include <utility>

#include "simulator/codec/http/url.h"
#include "simulator/core/base64.h"
#include "simulator/net/stream_source.h"

namespace vfleet::net {
namespace {

std::string_view method_word(FileRequest::Method method) {
  switch (method) {
    case FileRequest::Method::get:
      return "GET";
    case FileRequest::Method::put:
      return "PUT";
    case FileRequest::Method::post:
      return "POST";
  }
  return "GET";
}

std::string request_text(const FileRequest& request, const codec::http::Url& url,
                         const std::optional<UrlCredentials>& credentials) {
  std::string out(method_word(request.method));
  out += " " + url.target + " HTTP/1.1\r\nHost: " + url.authority + "\r\nConnection: close\r\n";
  if (credentials) {
    const std::string text = credentials->user + (credentials->password ? ":" + *credentials->password : "");
    out += "Authorization: Basic " + base64_encode(text) + "\r\n";
  }
  if (request.method != FileRequest::Method::get) {
    out += "Content-Type: " + (request.type.empty() ? "application/octet-stream" : request.type) +
           "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  out += "\r\n";
  if (request.method != FileRequest::Method::get) out += request.body;
  return out;
}

}  // namespace

HttpExchange::HttpExchange(loop::EventLoop& loop, Network& network, FileRequest request, Ended ended,
                           SourceFor source_for)
    : FileExchange(loop, network, std::move(request), std::move(ended)),
      source_for_(std::move(source_for)),
      reader_(request_.bytes_max) {}

HttpExchange::~HttpExchange() {
  // What the loop still holds of the stream may need its source.
  stream_.reset();
  if (source_ != nullptr) loop_.post([source = source_] {});
}

FileOutcome HttpExchange::outcome() const {
  return {status(), status_, status().has_value() ? reader_.body() : std::string_view()};
}

void HttpExchange::start() {
  const auto credentials = take_credentials(request_.url);
  auto url = codec::http::parse_url(request_.url);
  if (!url) return end(tl::unexpected(url.error()));
  if (url->tls) {
    auto source = source_for_(request_, url->host);
    if (!source) return end(tl::unexpected(source.error()));
    source_ = std::move(*source);
  }
  out_ = request_text(request_, *url, credentials);
  dial(url->host, url->port);
}

StreamPtr HttpExchange::make_stream() {
  return source_ == nullptr ? FileExchange::make_stream() : network_.make_stream(*this, *source_);
}

void HttpExchange::connected() {
  stream_->wait_readable();
  write();
}

void HttpExchange::stream_writable() {
  if (!has_ended()) write();
}

void HttpExchange::write() {
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

void HttpExchange::stream_readable() {
  constexpr int kReadsMost = 16;  // in one turn
  for (int i = 0; i < kReadsMost && !has_ended(); ++i) {
    const std::span<char> buffer = network_.read_buffer();
    const IoResult result = stream_->read_some(buffer);
    if (result.error == StreamError::closed_by_peer) return judge(reader_.end());
    if (result.error != StreamError::none)
      return broken(*stream_, cut_ != StreamError::none ? cut_ : result.error);
    if (result.bytes == 0) break;
    std::size_t consumed = 0;
    const auto progress = reader_.feed({buffer.data(), result.bytes}, consumed);
    if (progress != codec::http::ResponseReader::Progress::more) return judge(progress);
  }
  if (!has_ended()) stream_->wait_readable();
}

void HttpExchange::judge(codec::http::ResponseReader::Progress progress) {
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

}  // namespace vfleet::net
