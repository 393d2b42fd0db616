#include "tests/integration/uplink/message_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <set>

namespace vfleet::test {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using asio::ip::udp;
using Code = boost::system::error_code;
using Way = MessageServer::Way;

class MessageServer::Session {
 public:
  virtual ~Session() = default;
  virtual void close() = 0;
};

struct MessageServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(loop::AsioLoop& event_loop, MessageServer& server, Way which)
      : loop(event_loop), owner(&server), way(which), acceptor(loop.context()), socket(loop.context()) {}

  void accept();
  void receive();

  loop::AsioLoop& loop;
  MessageServer* owner;  // null once the server is gone
  Way way;
  tcp::acceptor acceptor;
  udp::socket socket;
  udp::endpoint sender;
  std::array<char, 65536> datagram{};
  asio::ssl::context tls{asio::ssl::context::tls_server};
  std::set<std::shared_ptr<Session>> sessions;
};

namespace {

/// The answers of a session, written one after the other.
template <class Derived>
class Writer {
 public:
  void answer(std::string text) {
    waiting_.push_back(std::move(text));
    if (waiting_.size() == 1) static_cast<Derived*>(this)->write(waiting_.front());
  }
  void written() {
    waiting_.pop_front();
    if (!waiting_.empty()) static_cast<Derived*>(this)->write(waiting_.front());
  }

 private:
  std::deque<std::string> waiting_;
};

template <class Next, class Owner>
class WebSocketSession final : public MessageServer::Session,
                               public Writer<WebSocketSession<Next, Owner>>,
                               public std::enable_shared_from_this<WebSocketSession<Next, Owner>> {
 public:
  template <class... Args>
  explicit WebSocketSession(std::shared_ptr<Owner> impl, Args&&... args)
      : impl_(std::move(impl)), stream_(std::forward<Args>(args)...) {
    stream_.control_callback([this](beast::websocket::frame_type kind, beast::string_view) {
      if (kind == beast::websocket::frame_type::ping && impl_->owner != nullptr) ++impl_->owner->pings;
    });
  }

  void start() {
    if constexpr (std::is_same_v<Next, tcp::socket>) {
      upgrade();
    } else {
      stream_.next_layer().async_handshake(asio::ssl::stream_base::server,
                                           [self = this->shared_from_this()](Code code) {
                                             if (code) return self->close();
                                             self->upgrade();
                                           });
    }
  }

  void close() override {
    if (std::exchange(closed_, true)) return;
    Code ignored;
    beast::get_lowest_layer(stream_).close(ignored);
    impl_->sessions.erase(this->shared_from_this());
  }

  void write(const std::string& text) {
    stream_.text(true);
    stream_.async_write(asio::buffer(text), [self = this->shared_from_this()](Code code, std::size_t) {
      if (code) return self->close();
      self->written();
    });
  }

 private:
  void upgrade() {
    http::async_read(stream_.next_layer(), buffer_, request_,
                     [self = this->shared_from_this()](Code code, std::size_t) {
                       if (code || self->impl_->owner == nullptr) return self->close();
                       MessageServer& owner = *self->impl_->owner;
                       owner.target = std::string(self->request_.target());
                       owner.authorization = std::string(self->request_[http::field::authorization]);
                       self->stream_.async_accept(self->request_, [self](Code refused) {
                         if (refused) return self->close();
                         self->read();
                       });
                     });
  }

  void read() {
    stream_.async_read(buffer_, [self = this->shared_from_this()](Code code, std::size_t) {
      MessageServer* const owner = self->impl_->owner;
      if (code || owner == nullptr) {
        const bool ordered = code == beast::websocket::error::closed &&
                             self->stream_.reason().code == beast::websocket::close_code::normal;
        if (ordered && owner != nullptr) ++owner->closes;
        return self->close();
      }
      ++owner->messages;
      owner->binary += self->stream_.got_binary() ? 1 : 0;
      std::string reply = owner->answer(beast::buffers_to_string(self->buffer_.data()));
      self->buffer_.clear();
      if (self->closed_) return;
      if (!reply.empty()) self->answer(std::move(reply));
      self->read();
    });
  }

  std::shared_ptr<Owner> impl_;
  beast::websocket::stream<Next> stream_;
  beast::flat_buffer buffer_;
  http::request<http::empty_body> request_;
  bool closed_ = false;
};

template <class Owner>
class LineSession final : public MessageServer::Session,
                          public Writer<LineSession<Owner>>,
                          public std::enable_shared_from_this<LineSession<Owner>> {
 public:
  LineSession(std::shared_ptr<Owner> impl, tcp::socket socket)
      : impl_(std::move(impl)), socket_(std::move(socket)) {}

  void start() {
    asio::async_read_until(socket_, asio::dynamic_buffer(in_), '\n',
                           [self = this->shared_from_this()](Code code, std::size_t size) {
                             if (code || self->impl_->owner == nullptr) return self->close();
                             ++self->impl_->owner->messages;
                             std::string reply =
                                 self->impl_->owner->answer(std::string_view(self->in_).substr(0, size - 1));
                             self->in_.erase(0, size);
                             if (self->closed_) return;
                             if (!reply.empty()) self->answer(reply + "\n");
                             self->start();
                           });
  }

  void close() override {
    if (std::exchange(closed_, true)) return;
    Code ignored;
    socket_.close(ignored);
    impl_->sessions.erase(this->shared_from_this());
  }

  void write(const std::string& text) {
    asio::async_write(socket_, asio::buffer(text), [self = this->shared_from_this()](Code code, std::size_t) {
      if (code) return self->close();
      self->written();
    });
  }

 private:
  std::shared_ptr<Owner> impl_;
  tcp::socket socket_;
  std::string in_;
  bool closed_ = false;
};

}  // namespace

void MessageServer::Impl::accept() {
  acceptor.async_accept([self = shared_from_this()](Code code, tcp::socket taken) {
    if (code || self->owner == nullptr) return;
    ++self->owner->connections;
    const auto begin = [&self](auto session) {
      self->sessions.insert(session);
      session->start();
    };
    if (self->way == Way::websocket) {
      begin(std::make_shared<WebSocketSession<tcp::socket, Impl>>(self, std::move(taken)));
    } else if (self->way == Way::websocket_tls) {
      begin(std::make_shared<WebSocketSession<beast::ssl_stream<tcp::socket>, Impl>>(self, std::move(taken),
                                                                                     self->tls));
    } else {
      begin(std::make_shared<LineSession<Impl>>(self, std::move(taken)));
    }
    self->accept();
  });
}

void MessageServer::Impl::receive() {
  socket.async_receive_from(asio::buffer(datagram), sender,
                            [self = shared_from_this()](Code code, std::size_t size) {
                              if (self->owner == nullptr || code == asio::error::operation_aborted) return;
                              if (!code) {
                                ++self->owner->messages;
                                const std::string reply = self->owner->answer({self->datagram.data(), size});
                                Code ignored;
                                if (!reply.empty())
                                  self->socket.send_to(asio::buffer(reply), self->sender, 0, ignored);
                              }
                              self->receive();
                            });
}

MessageServer::MessageServer(loop::AsioLoop& loop, Way way, const Certificate& certificate)
    : impl_(std::make_shared<Impl>(loop, *this, way)) {
  if (way == Way::datagrams) {
    impl_->socket.open(udp::v4());
    impl_->socket.set_option(udp::socket::receive_buffer_size(4 << 20));
    impl_->socket.bind({asio::ip::address_v4::loopback(), 0});
    impl_->receive();
    return;
  }
  if (way == Way::websocket_tls) {
    impl_->tls.use_certificate_chain(asio::buffer(certificate.certificate));
    impl_->tls.use_private_key(asio::buffer(certificate.key), asio::ssl::context::pem);
  }
  impl_->acceptor.open(tcp::v4());
  impl_->acceptor.bind({asio::ip::address_v4::loopback(), 0});
  impl_->acceptor.listen(4096);
  impl_->accept();
}

MessageServer::~MessageServer() {
  impl_->owner = nullptr;
  Code ignored;
  impl_->acceptor.close(ignored);
  impl_->socket.close(ignored);
  drop_connections();
}

std::uint16_t MessageServer::port() const {
  return impl_->way == Way::datagrams ? impl_->socket.local_endpoint().port()
                                      : impl_->acceptor.local_endpoint().port();
}

std::string MessageServer::url() const {
  const std::string at = "127.0.0.1:" + std::to_string(port());
  switch (impl_->way) {
    case Way::websocket:
      return "ws://" + at + "/ws/{device.id}";
    case Way::websocket_tls:
      return "wss://" + at + "/ws/{device.id}";
    case Way::lines:
      return "tcp://" + at;
    case Way::datagrams:
      return "udp://" + at;
  }
  return {};
}

void MessageServer::drop_connections() {
  const auto sessions = impl_->sessions;
  for (const auto& session : sessions) session->close();
}

}  // namespace vfleet::test
