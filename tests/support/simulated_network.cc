#include "tests/support/simulated_network.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "simulator/net/source_addresses.h"

namespace vfleet::test {

using net::Endpoint;
using net::IoResult;
using net::StreamError;

/// The client's end. Owned by its user and, between events, by nobody else: events hold weak references.
class SimulatedStream final : public net::Stream {
 public:
  SimulatedStream(SimulatedNetwork& network, net::StreamEvents& events, net::SourceAddresses* sources)
      : network_(network), events_(events), sources_(sources) {}

  StreamError connect(const Endpoint& to) override {
    ++network_.attempts_;
    if (!network_.connect_errors.empty()) {
      const StreamError error = network_.connect_errors.front();
      network_.connect_errors.erase(network_.connect_errors.begin());
      return error;
    }
    Endpoint source;
    if (sources_ != nullptr && !sources_->empty()) {
      if (!sources_->has_family(to.v6)) return StreamError::source_address;
      while (true) {
        const auto next = sources_->next(to.v6, network_.now());
        if (!next) return StreamError::no_ports;
        source = sources_->at(*next);
        source_key_.assign(source.address.begin(), source.address.end());
        if (network_.ports_used_[source_key_] < network_.ports_per_source) break;
        sources_->full(*next, network_.now());
      }
      ++network_.ports_used_[source_key_];
      holds_port_ = true;
    }
    SimulatedServer* server = nullptr;
    for (const auto& [at, each] : network_.servers_) {
      if (at == to) server = each.get();
    }
    if (server == nullptr) {
      answer(network_.now(), StreamError::connection_refused);
    } else if (server->answers) {
      network_.at(network_.now() + server->delay, [this, server, source, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) reached(*server, source);
      });
    }
    return StreamError::none;
  }

  IoResult write_some(std::string_view bytes) override { return connection_->client_write(bytes); }
  IoResult read_some(std::span<char> into) override { return connection_->client_read(into); }

  void wait_readable() override {
    connection_->wants_read_ = true;
    wake_soon();
  }

  void wait_writable() override {
    connection_->wants_write_ = true;
    wake_soon();
  }

  void readable() { events_.stream_readable(); }
  void writable() { events_.stream_writable(); }

 private:
  /// The attempt is at the server.
  void reached(SimulatedServer& server, const Endpoint& source) {
    if (!server.listening) return answer(network_.now() + server.delay, StreamError::connection_refused);
    auto connection = std::make_shared<SimulatedConnection>(network_, server, ++server.count_);
    connection->source_ = source;
    connection->client_ = this;
    connection_ = connection;
    server.all_.push_back(connection);
    std::erase_if(server.all_, [](const auto& each) { return each.expired(); });
    connection->down_not_before_ = network_.now() + server.delay;
    network_.at(connection->down_not_before_, [this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) events_.stream_connected(StreamError::none);
    });
    server.accepted(*connection);
  }

  void answer(TimePoint when, StreamError error) {
    network_.at(when, [this, error, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) events_.stream_connected(error);
    });
  }

  void wake_soon() {
    network_.at(network_.now(), [connection = connection_] { connection->look(); });
  }

  void release() override {
    if (holds_port_) --network_.ports_used_[source_key_];
    if (connection_ != nullptr) {
      connection_->client_ = nullptr;
      connection_->client_gone();
    }
    delete this;
  }

  SimulatedNetwork& network_;
  net::StreamEvents& events_;
  net::SourceAddresses* sources_;
  std::string source_key_;
  bool holds_port_ = false;
  std::shared_ptr<SimulatedConnection> connection_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

SimulatedConnection::SimulatedConnection(SimulatedNetwork& network, SimulatedServer& server,
                                         std::size_t number)
    : network_(network), server_(server), number_(number) {}

void SimulatedConnection::later(TimePoint& not_before, std::function<void(SimulatedConnection&)> what) {
  not_before = std::max(not_before, network_.now() + server_.delay);
  network_.at(not_before, [self = shared_from_this(), what = std::move(what)] { what(*self); });
}

// The server's side.

void SimulatedConnection::send(std::string_view bytes) {
  if (!open_ || silent_) return;
  const std::size_t room = send_limit_.bytes - sent_;
  const bool cut = bytes.size() >= room;
  const std::string_view sent = bytes.substr(0, room);
  sent_ += sent.size();
  if (!sent.empty()) {
    later(down_not_before_, [text = std::string(sent)](SimulatedConnection& self) { self.deliver(text); });
  }
  if (cut) act(send_limit_.what);
}

void SimulatedConnection::act(Cut what) {
  if (!open_ || silent_) return;
  if (what == Cut::silence) {
    silent_ = true;
    return;
  }
  open_ = false;
  const StreamError end = what == Cut::reset ? StreamError::reset : StreamError::closed_by_peer;
  later(down_not_before_, [end](SimulatedConnection& self) { self.tell_client(end); });
}

void SimulatedConnection::read(bool on) {
  reading_ = on;
  if (!on || unread_.empty()) return;
  const std::string bytes = std::move(unread_);
  unread_.clear();
  take(bytes);
}

void SimulatedConnection::cut_after_received(std::size_t bytes, Cut what) {
  receive_limit_ = {bytes, what};
  if (received_ >= bytes) act(what);
}

void SimulatedConnection::cut_after_sent(std::size_t bytes, Cut what) {
  send_limit_ = {std::max(bytes, sent_), what};
  if (sent_ >= bytes) act(what);
}

void SimulatedConnection::arrive(std::string bytes) {
  if (!open_ || silent_) return;
  if (!reading_) {
    unread_ += bytes;
    return;
  }
  take(bytes);
}

void SimulatedConnection::take(std::string_view bytes) {
  const auto keep = shared_from_this();
  while (!bytes.empty() && open_ && !silent_) {
    const std::string_view part = bytes.substr(0, std::min(server_.slice, receive_limit_.bytes - received_));
    make_room(part.size());
    received_ += part.size();
    bytes.remove_prefix(part.size());
    if (!part.empty()) server_.received(*this, part);
    if (received_ >= receive_limit_.bytes) act(receive_limit_.what);
    if (!reading_ && open_) {
      unread_.assign(bytes);
      return;
    }
  }
}

void SimulatedConnection::make_room(std::size_t bytes) {
  later(down_not_before_, [bytes](SimulatedConnection& self) {
    self.outstanding_ -= bytes;
    self.look();
  });
}

void SimulatedConnection::client_gone() {
  if (silent_) return;
  later(up_not_before_, [](SimulatedConnection& self) {
    if (self.silent_) return;
    self.open_ = false;
    self.server_.closed(self);
  });
}

// The client's side.

void SimulatedConnection::deliver(std::string bytes) {
  if (client_ == nullptr) return;
  to_client_ += bytes;
  look();
}

void SimulatedConnection::tell_client(StreamError end) {
  if (client_end_ != StreamError::none) return;
  client_end_ = end;
  client_broken_ = end == StreamError::reset;
  look();
}

IoResult SimulatedConnection::client_write(std::string_view bytes) {
  if (client_broken_) return {0, client_end_};
  const std::size_t room = server_.window > outstanding_ ? server_.window - outstanding_ : 0;
  const std::string_view taken = bytes.substr(0, room);
  outstanding_ += taken.size();
  if (taken.empty()) return {};
  if (!open_ && client_end_ == StreamError::closed_by_peer) {
    // Nobody is there to take it: the answer is a reset.
    later(up_not_before_, [](SimulatedConnection& self) {
      self.client_end_ = StreamError::reset;
      self.client_broken_ = true;
      self.look();
    });
  } else {
    later(up_not_before_, [text = std::string(taken)](SimulatedConnection& self) { self.arrive(text); });
  }
  return {taken.size(), StreamError::none};
}

IoResult SimulatedConnection::client_read(std::span<char> into) {
  if (to_client_.empty()) return {0, client_end_};
  const std::size_t size = std::min({to_client_.size(), into.size(), server_.slice});
  std::copy_n(to_client_.data(), size, into.data());
  to_client_.erase(0, size);
  return {size, StreamError::none};
}

bool SimulatedConnection::client_can_write() const {
  return outstanding_ < server_.window || client_broken_;
}

void SimulatedConnection::look() {
  const auto keep = shared_from_this();
  // Who is told may release the stream, or wait again for what is there already: that comes by another turn.
  if (client_ != nullptr && wants_read_ && client_can_read()) {
    wants_read_ = false;
    client_->readable();
  }
  if (client_ != nullptr && wants_write_ && client_can_write()) {
    wants_write_ = false;
    client_->writable();
  }
}

void SimulatedServer::stop() {
  listening = false;
  for (const auto& each : connections()) each->reset();
}

std::vector<std::shared_ptr<SimulatedConnection>> SimulatedServer::connections() const {
  std::vector<std::shared_ptr<SimulatedConnection>> found;
  for (const auto& each : all_) {
    if (auto connection = each.lock(); connection != nullptr && connection->open()) {
      found.push_back(std::move(connection));
    }
  }
  return found;
}

/// A client's end of UDP.
class SimulatedDatagram final : public net::Datagram {
 public:
  SimulatedDatagram(SimulatedNetwork& network, net::DatagramEvents& events)
      : network_(network), events_(events) {}

  StreamError connect(const Endpoint& to) override {
    for (const auto& [at, each] : network_.receivers_) {
      if (at == to) receiver_ = each.get();
    }
    return StreamError::none;
  }

  net::DatagramResult send(std::string_view bytes) override {
    if (refused_) {
      refused_ = false;
      return {false, 0, StreamError::connection_refused};
    }
    if (receiver_ != nullptr && bytes.size() > receiver_->size_max) return {false, 0, StreamError::too_long};
    if (receiver_ != nullptr && receiver_->no_buffers > 0) {
      --receiver_->no_buffers;
      return {false, 0, StreamError::no_buffers};
    }
    if (receiver_ != nullptr && receiver_->writable == 0) return {};
    if (receiver_ != nullptr && receiver_->writable != SIZE_MAX) --receiver_->writable;
    if (receiver_ == nullptr || !receiver_->listening) {
      later([this] {
        refused_ = true;
        look();
      });
    } else if (!receiver_->lost()) {
      later([this, text = std::string(bytes)] {
        const auto reply = [this, alive = std::weak_ptr(alive_)](std::string_view answer) {
          if (!alive.expired()) come_back(answer);
        };
        receiver_->received(text, reply);
      });
    }
    return {true, bytes.size(), StreamError::none};
  }

  net::DatagramResult receive(std::span<char> into) override {
    if (refused_) {
      refused_ = false;
      return {false, 0, StreamError::connection_refused};
    }
    if (arrived_.empty()) return {};
    const std::string text = std::move(arrived_.front());
    arrived_.pop_front();
    const std::size_t size = std::min(text.size(), into.size());
    std::copy_n(text.data(), size, into.data());
    return {true, size, StreamError::none};
  }

  void wait_readable() override {
    wants_read_ = true;
    look_soon();
  }

  void wait_writable() override {
    wants_write_ = true;
    look_soon();
  }

 private:
  void come_back(std::string_view answer) {
    if (receiver_->lost()) return;
    later([this, text = std::string(answer)] {
      arrived_.push_back(text);
      look();
    });
  }

  void later(std::function<void()> what) {
    const Duration delay = receiver_ == nullptr ? Duration::zero() : receiver_->delay;
    network_.at(network_.now() + delay, [what = std::move(what), alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) what();
    });
  }

  void look_soon() {
    network_.at(network_.now(), [this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) look();
    });
  }

  void look() {
    const auto alive = std::weak_ptr(alive_);
    if (wants_read_ && (refused_ || !arrived_.empty())) {
      wants_read_ = false;
      events_.datagram_readable();
    }
    if (alive.expired()) return;
    if (wants_write_ && (receiver_ == nullptr || receiver_->writable > 0)) {
      wants_write_ = false;
      events_.datagram_writable();
    }
  }

  void release() override { delete this; }

  SimulatedNetwork& network_;
  net::DatagramEvents& events_;
  SimulatedReceiver* receiver_ = nullptr;  // null: nobody is there
  std::deque<std::string> arrived_;
  bool refused_ = false;
  bool wants_read_ = false;
  bool wants_write_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

// The network.

SimulatedNetwork::SimulatedNetwork(loop::EventLoop& loop) : Network(loop), timer_(loop, [this] { pump(); }) {}

SimulatedNetwork::~SimulatedNetwork() = default;

SimulatedServer& SimulatedNetwork::listen(std::uint16_t port, std::string_view address) {
  const Endpoint at = *net::parse_address(address, port);
  for (const auto& [endpoint, server] : servers_) {
    if (endpoint == at) return *server;
  }
  servers_.emplace_back(at, std::make_unique<SimulatedServer>(*this, at));
  return *servers_.back().second;
}

void SimulatedNetwork::resolve(const std::string& host, std::uint16_t port, Resolved done) {
  std::vector<Endpoint> found;
  for (const std::string& text : names[host]) found.push_back(*net::parse_address(text, port));
  at(now() + lookup_delay, [found = std::move(found), done = std::move(done)] { done(found); });
}

SimulatedReceiver& SimulatedNetwork::receive(std::uint16_t port, std::string_view address) {
  const Endpoint at = *net::parse_address(address, port);
  for (const auto& [endpoint, receiver] : receivers_) {
    if (endpoint == at) return *receiver;
  }
  return *receivers_.emplace_back(at, std::make_unique<SimulatedReceiver>()).second;
}

net::DatagramPtr SimulatedNetwork::make_datagram(net::DatagramEvents& events, net::SourceAddresses*) {
  return net::DatagramPtr(new SimulatedDatagram(*this, events));
}

net::StreamPtr SimulatedNetwork::make_plain(net::StreamEvents& events, net::SourceAddresses* sources) {
  return net::StreamPtr(new SimulatedStream(*this, events, sources));
}

void SimulatedNetwork::at(TimePoint when, std::function<void()> task) {
  events_.emplace(when, std::move(task));
  if (when > now()) {
    timer_.arm_at(events_.begin()->first);
    return;
  }
  loop().post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) pump();
  });
}

void SimulatedNetwork::pump() {
  while (!events_.empty() && events_.begin()->first <= now()) {
    const auto task = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    task();
  }
  if (!events_.empty()) timer_.arm_at(events_.begin()->first);
}

}  // namespace vfleet::test
