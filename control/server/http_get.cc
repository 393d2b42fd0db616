#include "control/server/http_get.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <memory>
#include <string>
#include <utility>

#include "simulator/codec/http/url.h"

namespace vfleet::control::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kBodyMax = std::size_t{4} << 20U;
constexpr codec::http::Scheme kHttp[] = {{"http", 80, false}};

/// One request. It lives as long as its handlers: shared with each of them.
class Fetch : public std::enable_shared_from_this<Fetch> {
 public:
  Fetch(asio::io_context& io, codec::http::Url url, std::function<void(Result<std::string>)> done)
      : resolver_(io), stream_(io), timer_(io), url_(std::move(url)), done_(std::move(done)) {
    parser_.body_limit(kBodyMax);
  }

  void start(Duration timeout) {
    timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(timeout));
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->finish(fail(Errc::timed_out, "no answer in time"));
    });
    resolver_.async_resolve(
        url_.host, std::to_string(url_.port),
        [self = shared_from_this()](error_code error, const tcp::resolver::results_type& found) {
          if (error) return self->failed(error);
          self->stream_.async_connect(found, [self](error_code e, const tcp::endpoint&) {
            if (e) return self->failed(e);
            self->send();
          });
        });
  }

 private:
  void send() {
    request_.method(http::verb::get);
    request_.target(url_.target);
    request_.version(11);
    request_.set(http::field::host, url_.authority);
    request_.set(http::field::connection, "close");
    http::async_write(stream_, request_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->failed(error);
      http::async_read(self->stream_, self->buffer_, self->parser_, [self](error_code e, std::size_t) {
        if (e) return self->failed(e);
        const auto status = self->parser_.get().result_int();
        if (status != 200) return self->finish(fail(Errc::rejected, "HTTP status " + std::to_string(status)));
        self->finish(std::move(self->parser_.get().body()));
      });
    });
  }

  void failed(error_code error) { finish(fail(Errc::unavailable, error.message())); }

  void finish(Result<std::string> result) {
    if (!done_) return;
    const auto done = std::exchange(done_, nullptr);
    timer_.cancel();
    resolver_.cancel();
    stream_.cancel();
    done(std::move(result));
  }

  tcp::resolver resolver_;
  beast::tcp_stream stream_;
  asio::steady_timer timer_;
  codec::http::Url url_;
  http::request<http::empty_body> request_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  std::function<void(Result<std::string>)> done_;
};

}  // namespace

void http_get(asio::io_context& io, const std::string& url, Duration timeout,
              std::function<void(Result<std::string>)> done) {
  auto target = codec::http::parse_url(url, kHttp);
  if (!target) {
    asio::post(io, [done = std::move(done), error = target.error()] { done(tl::unexpected(error)); });
    return;
  }
  std::make_shared<Fetch>(io, std::move(*target), std::move(done))->start(timeout);
}

}  // namespace vfleet::control::server
