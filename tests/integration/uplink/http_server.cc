#include "tests/integration/uplink/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <set>

namespace vfleet::test {
namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

struct HttpServer::Impl {
  Impl(loop::AsioLoop& event_loop, HttpServer& server)
      : loop(event_loop), owner(&server), acceptor(event_loop.context()) {}
  loop::AsioLoop& loop;
  HttpServer* owner;  // null once the server is gone
  tcp::acceptor acceptor;
  std::set<std::shared_ptr<Session>> sessions;
  std::size_t accepted = 0;
  std::size_t requests = 0;

  void accept(const std::shared_ptr<Impl>& self);
};

class HttpServer::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Impl> impl, tcp::socket socket)
      : impl_(std::move(impl)),
        socket_(std::move(socket)),
        timer_(impl_->loop, [this] { write(); }),
        id_(impl_->accepted) {}

  void read() {
    socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](Code code, std::size_t size) {
      if (code || self->closed_) return self->close();
      self->in_.append(self->buffer_.data(), size);
      self->take();
    });
  }

  void close() {
    if (std::exchange(closed_, true)) return;
    timer_.cancel();
    Code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    impl_->sessions.erase(shared_from_this());
  }

 private:
  void take() {
    const std::size_t end = in_.find("\r\n\r\n");
    if (end == std::string::npos) return read();
    constexpr std::string_view kLength = "Content-Length: ";
    std::size_t length = 0;
    const std::size_t at = in_.find(kLength);
    if (at < end) std::from_chars(in_.data() + at + kLength.size(), in_.data() + end, length);
    if (in_.size() < end + 4 + length) return read();
    ++impl_->requests;
    const std::string_view all(in_);
    const HttpRequest request{all.substr(0, end), all.substr(end + 4, length), id_, ++number_};
    reply_ = impl_->owner->answer(request);
    in_.erase(0, end + 4 + length);
    if (closed_) return;
    if (reply_.delay > Duration::zero()) {
      timer_.arm_in(reply_.delay);
    } else {
      write();
    }
  }

  void write() {
    asio::async_write(socket_, asio::buffer(reply_.bytes),
                      [self = shared_from_this()](Code code, std::size_t) {
                        if (code || self->closed_ || self->reply_.close) return self->close();
                        self->take();
                      });
  }

  std::shared_ptr<Impl> impl_;
  tcp::socket socket_;
  loop::CallbackTimer timer_;
  std::size_t id_;
  std::size_t number_ = 0;
  bool closed_ = false;
  std::array<char, 4096> buffer_{};
  std::string in_;
  HttpReply reply_;
};

void HttpServer::Impl::accept(const std::shared_ptr<Impl>& self) {
  acceptor.async_accept([self](Code code, tcp::socket socket) {
    if (code || self->owner == nullptr) return;
    ++self->accepted;
    self->owner->connected(self->accepted);
    if (!self->owner->close_on_accept) {
      auto session = std::make_shared<Session>(self, std::move(socket));
      self->sessions.insert(session);
      if (self->owner->read) session->read();
    }
    self->accept(self);
  });
}

HttpServer::HttpServer(loop::AsioLoop& loop, std::uint16_t port, std::string_view address)
    : impl_(std::make_shared<Impl>(loop, *this)) {
  const tcp::endpoint endpoint(asio::ip::make_address(address), port);
  impl_->acceptor.open(endpoint.protocol());
  impl_->acceptor.set_option(tcp::acceptor::reuse_address(true));
  impl_->acceptor.bind(endpoint);
  impl_->acceptor.listen(4096);
  impl_->accept(impl_);
}

HttpServer::~HttpServer() {
  impl_->owner = nullptr;
  impl_->acceptor.close();
  drop_connections();
}

std::uint16_t HttpServer::port() const {
  return impl_->acceptor.local_endpoint().port();
}

std::string HttpServer::url(std::string_view path) const {
  const auto endpoint = impl_->acceptor.local_endpoint();
  const bool v6 = endpoint.address().is_v6();
  return std::string("http://") + (v6 ? "[" : "") + endpoint.address().to_string() + (v6 ? "]" : "") + ":" +
         std::to_string(endpoint.port()) + std::string(path);
}

void HttpServer::drop_connections() {
  const auto sessions = impl_->sessions;
  for (const auto& session : sessions) session->close();
}

std::size_t HttpServer::open_connections() const {
  return impl_->sessions.size();
}
std::size_t HttpServer::connections() const {
  return impl_->accepted;
}
std::size_t HttpServer::requests() const {
  return impl_->requests;
}

}  // namespace vfleet::test
