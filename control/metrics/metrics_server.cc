#include "control/metrics/metrics_server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <list>
#include <utility>
#include <vector>

#include "control/metrics/exposition.h"

namespace vfleet::control::metrics {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kHeaderMax = 16 * 1024;
constexpr Duration kRetry = std::chrono::seconds(1);
constexpr int kBacklog = 256;
constexpr auto kTimeoutOfBeast =
    std::chrono::duration_cast<std::chrono::steady_clock::duration>(MetricsServer::kTimeout);

using Text = std::shared_ptr<const std::string>;

}  // namespace

class MetricsServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(loop::AsioLoop& loop, Endpoint endpoint, Collect collect)
      : loop_(loop),
        acceptor_(loop.context()),
        retry_(loop, [this] { accept(); }),
        endpoint_(std::move(endpoint)),
        collect_(std::move(collect)) {}

  Status listen() {
    error_code error;
    const auto address = asio::ip::make_address(endpoint_.host, error);
    if (error) {
      return fail(Errc::invalid_argument,
                  "metrics: '" + endpoint_.host + "' is no address (a name is not looked up)");
    }
    const tcp::endpoint at(address, endpoint_.port);
    acceptor_.open(at.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(at, error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (error) {
      return fail(Errc::unavailable, "cannot serve metrics at " + endpoint_.url() + ": " + error.message() +
                                         "; --metrics with another port");
    }
    endpoint_.port = acceptor_.local_endpoint(error).port();
    accept();
    return {};
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    waiting_.clear();
  }

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

  /// `done` gets a text that is fresh, later.
  void text(std::function<void(Text)> done) {
    if (text_ && loop_.now() - made_ < kFresh) return done(text_);
    waiting_.push_back(std::move(done));
    if (waiting_.size() > 1) return;  // it is being made
    collect_([weak = weak_from_this()](std::string text) {
      if (const auto self = weak.lock()) self->made(std::move(text));
    });
  }

  [[nodiscard]] TimePoint now() const { return loop_.now(); }

 private:
  class Connection;
  using Connections = std::list<Connection*>;  // oldest first

  void accept();
  void ended(Connections::iterator place) {
    connections_.erase(place);
    if (!accepting_) accept();
  }
  void make_room();

  void made(std::string text) {
    text_ = std::make_shared<const std::string>(std::move(text));
    made_ = loop_.now();
    for (auto& done : std::exchange(waiting_, {})) done(text_);
  }

  loop::AsioLoop& loop_;
  tcp::acceptor acceptor_;
  loop::CallbackTimer retry_;
  Endpoint endpoint_;
  Collect collect_;
  Text text_;
  TimePoint made_{};
  std::vector<std::function<void(Text)>> waiting_;
  Connections connections_;
  bool accepting_ = false;
};

/// One scraper: request after request. It lives in its handlers.
class MetricsServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const std::shared_ptr<Impl>& server)
      : stream_(std::move(socket)),
        server_(server),
        place_(server->connections_.insert(server->connections_.end(), this)),
        since_(server->now()) {}
  ~Connection() {
    if (const auto server = server_.lock()) server->ended(place_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Whether a whole request has come, ever.
  [[nodiscard]] bool asked() const { return asked_; }
  /// When it began to read or to write what it is at.
  [[nodiscard]] TimePoint since() const { return since_; }
  /// It ends, soon.
  void close() {
    error_code ignored;
    stream_.socket().close(ignored);
  }

  void read() {
    begin();
    parser_.emplace();
    parser_->header_limit(kHeaderMax);
    parser_->body_limit(kHeaderMax);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
      if (!error) self->answer();
    });
  }

 private:
  void begin() {
    stream_.expires_after(kTimeoutOfBeast);
    if (const auto server = server_.lock()) since_ = server->now();
  }

  void answer() {
    asked_ = true;
    const auto& request = parser_->get();
    const std::string_view target(request.target().data(), request.target().size());
    const bool get = request.method() == http::verb::get || request.method() == http::verb::head;
    if (!get) return send(http::status::method_not_allowed, "text/plain", text_of("only GET\n"));
    const std::string_view path = target.substr(0, target.find('?'));
    if (path != "/metrics")
      return send(http::status::not_found, "text/plain", text_of("metrics are at /metrics\n"));
    const auto server = server_.lock();
    if (!server) return;
    server->text([self = shared_from_this()](const Text& text) {
      self->send(http::status::ok, Exposition::kContentType, text);
    });
  }

  static Text text_of(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

  void send(http::status status, std::string_view type, Text body) {
    begin();
    body_ = std::move(body);
    const auto& request = parser_->get();
    response_ = {status, request.version()};
    response_.set(http::field::content_type, beast::string_view(type.data(), type.size()));
    if (status == http::status::method_not_allowed) response_.set(http::field::allow, "GET, HEAD");
    response_.keep_alive(request.keep_alive());
    response_.content_length(body_->size());
    if (request.method() != http::verb::head) response_.body() = {body_->data(), body_->size()};
    http::async_write(stream_, response_, [self = shared_from_this()](error_code error, std::size_t) {
      self->body_.reset();
      if (!error && self->response_.keep_alive()) self->read();
    });
  }

  beast::tcp_stream stream_;
  std::weak_ptr<Impl> server_;
  beast::flat_buffer buffer_{kHeaderMax * 2};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::span_body<const char>> response_;  // of body_
  Text body_;                                             // all who read it slowly share one
  Connections::iterator place_;
  TimePoint since_;
  bool asked_ = false;
};

void MetricsServer::Impl::make_room() {
  if (connections_.size() < kConnectionsMax) return;
  const auto newest = std::prev(connections_.end());  // for whom room is made
  auto victim =
      std::find_if(connections_.begin(), newest, [](const Connection* each) { return !each->asked(); });
  if (victim == newest) {
    victim = std::min_element(connections_.begin(), newest,
                              [](const auto* a, const auto* b) { return a->since() < b->since(); });
  }
  (*victim)->close();
}

void MetricsServer::Impl::accept() {
  // The next one waits in the kernel until the one that makes room has ended.
  accepting_ = connections_.size() < kConnectionsMax && acceptor_.is_open();
  if (!accepting_) return;
  acceptor_.async_accept([weak = weak_from_this()](error_code error, tcp::socket socket) {
    const auto self = weak.lock();
    if (!self) return;
    if (error == asio::error::operation_aborted) return;
    if (error) return self->retry_.arm_in(kRetry);  // no descriptors are left, for now
    std::make_shared<Connection>(std::move(socket), self)->read();
    self->make_room();
    self->accept();
  });
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::open(loop::AsioLoop& loop, const Endpoint& endpoint,
                                                           Collect collect) {
  auto impl = std::make_shared<Impl>(loop, endpoint, std::move(collect));
  if (auto listening = impl->listen(); !listening) return tl::unexpected(listening.error());
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

MetricsServer::MetricsServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() {
  impl_->close();
}

const Endpoint& MetricsServer::endpoint() const {
  return impl_->endpoint();
}

}  // namespace vfleet::control::metrics
