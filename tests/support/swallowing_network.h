#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/net/datagram.h"
#include "simulator/net/network.h"

namespace vfleet::test {

/// A network whose connections stand at once, take every byte, and say what `answer` says to a write: for
/// counting what links cost without a kernel. Nothing happens until deliver(); in steady state it allocates
/// nothing itself.
class SwallowingNetwork final : public net::Network {
 public:
  /// Appends to `out` what the server says to `written`.
  using Answer = std::function<void(std::string_view written, std::string& out)>;

  SwallowingNetwork(loop::EventLoop& loop, Answer answer) : Network(loop), answer_(std::move(answer)) {}

  void resolve(const std::string&, std::uint16_t, Resolved) override {}

  /// Tells every link what happened since, until nothing is left to tell.
  void deliver() {
    for (bool more = true; more;) {
      more = false;
      for (std::size_t i = 0; i < streams_.size(); ++i) more = streams_[i]->step() || more;
      for (std::size_t i = 0; i < datagrams_.size(); ++i) more = datagrams_[i]->step() || more;
    }
  }

  std::size_t bytes_written = 0;
  std::size_t writes = 0;

 private:
  class SwallowingStream final : public net::Stream {
   public:
    SwallowingStream(SwallowingNetwork& network, net::StreamEvents& events)
        : network_(network), events_(&events) {}

    net::StreamError connect(const net::Endpoint&) override {
      connecting_ = true;
      return net::StreamError::none;
    }
    net::IoResult write_some(std::string_view bytes) override {
      network_.bytes_written += bytes.size();
      ++network_.writes;
      network_.answer_(bytes, said_);
      return {bytes.size(), net::StreamError::none};
    }
    net::IoResult read_some(std::span<char> into) override {
      const std::size_t size = std::min(into.size(), said_.size());
      said_.copy(into.data(), size);
      said_.erase(0, size);
      return {size, net::StreamError::none};
    }
    void wait_readable() override { waiting_ = true; }
    void wait_writable() override {}

    bool step() {
      if (events_ == nullptr) return false;
      if (std::exchange(connecting_, false)) {
        events_->stream_connected(net::StreamError::none);
        return true;
      }
      if (said_.empty() || !std::exchange(waiting_, false)) return false;
      events_->stream_readable();
      return true;
    }

    ~SwallowingStream() override = default;

   private:
    void release() override { events_ = nullptr; }
    SwallowingNetwork& network_;
    net::StreamEvents* events_;
    bool connecting_ = false;
    bool waiting_ = false;
    std::string said_;
  };

  /// What is said until it is read is one datagram.
  class SwallowingDatagram final : public net::Datagram {
   public:
    SwallowingDatagram(SwallowingNetwork& network, net::DatagramEvents& events)
        : network_(network), events_(&events) {}

    net::StreamError connect(const net::Endpoint&) override { return net::StreamError::none; }
    net::DatagramResult send(std::string_view bytes) override {
      network_.bytes_written += bytes.size();
      ++network_.writes;
      network_.answer_(bytes, said_);
      return {true, bytes.size(), net::StreamError::none};
    }
    net::DatagramResult receive(std::span<char> into) override {
      if (said_.empty()) return {};
      const std::size_t size = said_.copy(into.data(), into.size());
      said_.clear();
      return {true, size, net::StreamError::none};
    }
    void wait_readable() override { waiting_ = true; }
    void wait_writable() override {}

    bool step() {
      if (events_ == nullptr || said_.empty() || !std::exchange(waiting_, false)) return false;
      events_->datagram_readable();
      return true;
    }

    ~SwallowingDatagram() override = default;

   private:
    void release() override { events_ = nullptr; }
    SwallowingNetwork& network_;
    net::DatagramEvents* events_;
    bool waiting_ = false;
    std::string said_;
  };

  net::StreamPtr make_plain(net::StreamEvents& events, net::SourceAddresses*) override {
    streams_.push_back(std::make_unique<SwallowingStream>(*this, events));
    return net::StreamPtr(streams_.back().get());
  }
  net::DatagramPtr make_datagram(net::DatagramEvents& events, net::SourceAddresses*) override {
    datagrams_.push_back(std::make_unique<SwallowingDatagram>(*this, events));
    return net::DatagramPtr(datagrams_.back().get());
  }

  Answer answer_;
  std::vector<std::unique_ptr<SwallowingStream>> streams_;
  std::vector<std::unique_ptr<SwallowingDatagram>> datagrams_;
};

}  // namespace vfleet::test
