#include "tests/chaos/sink.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <tuple>

namespace vfleet::chaos {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

struct Sink::Impl {
  Impl() : acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    accept();
    thread = std::thread([this] { io.run(); });
  }

  class Session : public std::enable_shared_from_this<Session> {
   public:
    Session(Impl& owner, tcp::socket socket) : owner_(owner), socket_(std::move(socket)) {}

    void read() {
      request_ = {};
      http::async_read(socket_, buffer_, request_,
                       [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                         if (error) return;
                         self->owner_.take(self->request_.body());
                         self->answer();
                       });
    }

   private:
    void answer() {
      response_ = http::response<http::string_body>(http::status::ok, 11, R"({"code":0})");
      response_.prepare_payload();
      http::async_write(socket_, response_,
                        [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                          if (!error) self->read();
                        });
    }

    Impl& owner_;
    tcp::socket socket_;
    boost::beast::flat_buffer buffer_;
    http::request<http::string_body> request_;
    http::response<http::string_body> response_;
  };

  void accept() {
    acceptor.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
      if (error) return;
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      std::make_shared<Session>(*this, std::move(socket))->read();
      accept();
    });
  }

  void take(const std::string& body) {
    const auto report = nlohmann::json::parse(body, nullptr, false);
    const std::lock_guard lock(mutex);
    const bool readable = report.is_object() && report.contains("dev") && report["dev"].is_string() &&
                          report.contains("boot") && report["boot"].is_number_unsigned() &&
                          report.contains("seq") && report["seq"].is_number_unsigned();
    if (!readable) {
      ++account.unreadable;
      return;
    }
    const std::string device = report["dev"];
    const auto seq = report["seq"].get<std::uint64_t>();
    // A device counts on when its worker starts again.
    if (!devices[device].insert(seq).second) {
      ++account.duplicates;
    } else {
      ++account.received;
    }
    const nlohmann::json::json_pointer power("/data/power_w");
    if (report.value("type", "") != "meter" || !report.contains(power)) return;
    if (const auto& value = report.at(power);
        value.is_number() && value.get<double>() >= static_cast<double>(kMarkerMin)) {
      ++account.markers[{device, value.get<std::uint64_t>()}];
    }
  }

  asio::io_context io{1};
  tcp::acceptor acceptor;
  std::thread thread;
  mutable std::mutex mutex;
  std::map<std::string, std::set<std::uint64_t>> devices;
  Account account;
};

Sink::Sink() : impl_(std::make_unique<Impl>()) {}

Sink::~Sink() {
  impl_->io.stop();
  impl_->thread.join();
}

std::uint16_t Sink::port() const {
  return impl_->acceptor.local_endpoint().port();
}

Sink::Account Sink::account() const {
  const std::lock_guard lock(impl_->mutex);
  Account out = impl_->account;
  for (const auto& [device, numbers] : impl_->devices) out.missing += *numbers.rbegin() - numbers.size();
  return out;
}

}  // namespace vfleet::chaos
