#include "tests/integration/uplink/mqtt_tcp_server.h"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <deque>

namespace vfleet::test {
namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

struct MqttTcpServer::Impl {
  Impl(loop::AsioLoop& loop, MqttServer& mqtt) : acceptor(loop.context()), server(&mqtt) {}
  tcp::acceptor acceptor;
  MqttServer* server;  // null once it is gone
  std::map<MqttServer::Connection, std::shared_ptr<Session>> sessions;
  std::size_t accepted = 0;

  void accept(const std::shared_ptr<Impl>& self);
};

class MqttTcpServer::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Impl> impl, tcp::socket socket)
      : impl_(std::move(impl)), socket_(std::move(socket)), id_(impl_->server->connected()) {}

  void begin() {
    impl_->sessions.emplace(id_, shared_from_this());
    read();
  }

  void send(std::string bytes) {
    if (bytes.empty()) return;
    waiting_.push_back(std::move(bytes));
    if (waiting_.size() == 1) write();
  }

  void close() {
    Code ignored;
    socket_.close(ignored);
    if (impl_->server != nullptr) impl_->server->gone(id_);
    impl_->sessions.erase(id_);
  }

 private:
  void read() {
    socket_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](Code code, std::size_t size) {
      if (code || self->impl_->server == nullptr) return self->close();
      auto answer = self->impl_->server->take(self->id_, {self->buffer_.data(), size});
      self->closing_ = answer.close;
      if (answer.close && answer.bytes.empty() && self->waiting_.empty()) return self->close();
      self->send(std::move(answer.bytes));
      if (!answer.close) self->read();
    });
  }

  void write() {
    asio::async_write(socket_, asio::buffer(waiting_.front()),
                      [self = shared_from_this()](Code code, std::size_t) {
                        if (code) return self->close();
                        self->waiting_.pop_front();
                        if (!self->waiting_.empty()) {
                          self->write();
                        } else if (self->closing_) {
                          self->close();
                        }
                      });
  }

  std::shared_ptr<Impl> impl_;
  tcp::socket socket_;
  MqttServer::Connection id_;
  std::array<char, 16384> buffer_{};
  std::deque<std::string> waiting_;
  bool closing_ = false;
};

void MqttTcpServer::Impl::accept(const std::shared_ptr<Impl>& self) {
  acceptor.async_accept([self](Code code, tcp::socket socket) {
    if (code || self->server == nullptr) return;
    ++self->accepted;
    std::make_shared<Session>(self, std::move(socket))->begin();
    self->accept(self);
  });
}

MqttTcpServer::MqttTcpServer(loop::AsioLoop& loop) : impl_(std::make_shared<Impl>(loop, server)) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), 0);
  impl_->acceptor.open(endpoint.protocol());
  impl_->acceptor.bind(endpoint);
  impl_->acceptor.listen(4096);
  impl_->accept(impl_);
}

MqttTcpServer::~MqttTcpServer() {
  impl_->server = nullptr;
  impl_->acceptor.close();
  const auto sessions = impl_->sessions;
  for (const auto& [id, session] : sessions) session->close();
}

std::string MqttTcpServer::url() const {
  return "mqtt://127.0.0.1:" + std::to_string(impl_->acceptor.local_endpoint().port());
}

std::size_t MqttTcpServer::accepted() const {
  return impl_->accepted;
}

void MqttTcpServer::send(std::string_view client, std::string bytes) {
  const auto at = impl_->sessions.find(server.connection_of(client));
  if (at != impl_->sessions.end()) at->second->send(std::move(bytes));
}

}  // namespace vfleet::test
