#include "tests/chaos/relay.h"

#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <thread>
#include <utility>

namespace vfleet::chaos {

namespace asio = boost::asio;
using unix_stream = asio::local::stream_protocol;

struct Relay::Impl {
  class Link;

  Impl(const std::string& path, std::string to) : target(std::move(to)), acceptor(io) {
    ::unlink(path.c_str());
    acceptor.open();
    acceptor.bind(unix_stream::endpoint(path));
    acceptor.listen();
    accept();
    thread = std::thread([this] { io.run(); });
  }

  void accept();
  void set(Cable next);

  asio::io_context io{1};
  std::string target;
  unix_stream::acceptor acceptor;
  Cable cable = Cable::whole;
  std::set<std::shared_ptr<Link>> links;
  std::thread thread;
};

class Relay::Impl::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Impl& owner, unix_stream::socket near) : owner_(owner), near_(std::move(near)), far_(owner.io) {}

  bool start() {
    boost::system::error_code error;
    far_.connect(unix_stream::endpoint(owner_.target), error);
    if (error) return false;
    resume();
    return true;
  }

  void resume() {
    if (owner_.cable != Cable::whole) return;
    for (Direction* way : {&up_, &down_}) {
      if (way->held > 0) {
        pass(*way, std::exchange(way->held, 0));
      } else if (!way->busy) {
        carry(*way);
      }
    }
  }

  void close() {
    boost::system::error_code ignored;
    near_.close(ignored);
    far_.close(ignored);
  }

 private:
  struct Direction {
    unix_stream::socket& from;
    unix_stream::socket& to;
    bool busy = false;
    std::size_t held = 0;  // bytes that came while the cable was silent
    std::array<char, std::size_t{64} * 1024> block{};
  };

  void carry(Direction& way) {
    way.busy = true;
    way.from.async_read_some(
        asio::buffer(way.block),
        [this, self = shared_from_this(), &way](const boost::system::error_code& error, std::size_t size) {
          if (error) return end();
          if (owner_.cable == Cable::whole) return pass(way, size);
          way.held = size;
        });
  }

  void pass(Direction& way, std::size_t size) {
    asio::async_write(
        way.to, asio::buffer(way.block, size),
        [this, self = shared_from_this(), &way](const boost::system::error_code& error, std::size_t) {
          if (error) return end();
          way.busy = false;
          if (owner_.cable == Cable::whole) carry(way);
        });
  }

  void end() {
    close();
    owner_.links.erase(shared_from_this());
  }

  Impl& owner_;
  unix_stream::socket near_;
  unix_stream::socket far_;
  Direction up_{near_, far_};
  Direction down_{far_, near_};
};

void Relay::Impl::accept() {
  acceptor.async_accept([this](const boost::system::error_code& error, unix_stream::socket socket) {
    if (error) return;
    if (cable != Cable::broken) {
      auto link = std::make_shared<Link>(*this, std::move(socket));
      if (link->start()) links.insert(std::move(link));
    }
    accept();
  });
}

void Relay::Impl::set(Cable next) {
  cable = next;
  if (cable == Cable::broken) {
    for (const auto& link : links) link->close();
    links.clear();
  }
  if (cable == Cable::whole) {
    for (const auto& link : links) link->resume();
  }
}

Relay::Relay(const std::string& path, std::string target)
    : impl_(std::make_unique<Impl>(path, std::move(target))) {}

Relay::~Relay() {
  impl_->io.stop();
  impl_->thread.join();
}

void Relay::set(Cable cable) {
  asio::post(impl_->io, [impl = impl_.get(), cable] { impl->set(cable); });
}

}  // namespace vfleet::chaos
