#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/loop/event_loop.h"
#include "simulator/net/network.h"

/// A network of memory on virtual time: links are tested with delay, loss, slow readers and half-dead
/// connections, an hour in a moment and each time the same.
///
///   loop::VirtualLoop loop;
///   test::SimulatedNetwork network(loop);
///   test::SimulatedServer& server = network.listen(8080);
///   server.received = [](test::SimulatedConnection& c, std::string_view bytes) { c.send("hello"); };
///   server.delay = 20ms;
namespace vfleet::test {

class SimulatedNetwork;
class SimulatedServer;

/// A connection as its server sees it. Lives until both sides and all that is on its way are gone.
class SimulatedConnection : public std::enable_shared_from_this<SimulatedConnection> {
 public:
  /// What becomes of a connection at a place where it is cut.
  enum class Cut : std::uint8_t {
    reset,    ///< RST
    end,      ///< FIN, in order
    silence,  ///< nothing that is sent from now on arrives, on either side: half-open
  };

  SimulatedConnection(SimulatedNetwork& network, SimulatedServer& server, std::size_t number);

  void send(std::string_view bytes);
  void close() { act(Cut::end); }
  void reset() { act(Cut::reset); }
  void go_silent() { act(Cut::silence); }
  /// Whether what the client sends is taken. Off: it piles up until the window is full.
  void read(bool on);
  /// After exactly so many bytes from the client, counted from its first one, the server sees no more of them
  /// and this happens.
  void cut_after_received(std::size_t bytes, Cut what);
  /// After exactly so many bytes to the client it sees no more of them and this happens.
  void cut_after_sent(std::size_t bytes, Cut what);

  [[nodiscard]] std::size_t number() const { return number_; }  ///< on its server, from 1
  [[nodiscard]] std::size_t bytes_received() const { return received_; }
  [[nodiscard]] std::size_t bytes_sent() const { return sent_; }
  [[nodiscard]] bool open() const { return open_; }  ///< neither side has ended it, as the server knows
  [[nodiscard]] const net::Endpoint& source() const { return source_; }  ///< port 0 unless the client chose
  std::string inbox;  ///< for the server's use, kept with the connection

 private:
  friend class SimulatedStream;
  friend class SimulatedServer;
  struct Limit {
    std::size_t bytes = SIZE_MAX;
    Cut what = Cut::reset;
  };

  void act(Cut what);
  // From the client, at the time it arrives.
  void arrive(std::string bytes);
  void take(std::string_view bytes);
  void client_gone();
  void make_room(std::size_t bytes);
  // To the client.
  void deliver(std::string bytes);
  void tell_client(net::StreamError end);
  void later(TimePoint& not_before, std::function<void(SimulatedConnection&)> what);
  [[nodiscard]] net::IoResult client_write(std::string_view bytes);
  [[nodiscard]] net::IoResult client_read(std::span<char> into);
  [[nodiscard]] bool client_can_read() const {
    return !to_client_.empty() || client_end_ != net::StreamError::none;
  }
  [[nodiscard]] bool client_can_write() const;
  void look();  // wakes the client for what it waits for

  SimulatedNetwork& network_;
  SimulatedServer& server_;
  class SimulatedStream* client_ = nullptr;  // null: gone
  net::Endpoint source_;
  std::size_t number_;
  bool open_ = true;
  bool reading_ = true;
  bool silent_ = false;
  std::string unread_;           // arrived while reading_ was off
  std::size_t received_ = 0;     // bytes that the server has seen
  std::size_t sent_ = 0;         // bytes that the client will see
  std::size_t outstanding_ = 0;  // written by the client, not yet known to it as taken
  Limit receive_limit_;
  Limit send_limit_;
  std::string to_client_;  // arrived, unread
  net::StreamError client_end_ = net::StreamError::none;
  bool wants_read_ = false;
  bool wants_write_ = false;
  bool client_broken_ = false;                  // writes fail with client_end_
  TimePoint up_not_before_ = TimePoint::min();  // order is kept though the delay changes
  TimePoint down_not_before_ = TimePoint::min();
};

/// A listener and how it behaves. Changes take effect for what happens afterwards.
class SimulatedServer {
 public:
  SimulatedServer(SimulatedNetwork& network, net::Endpoint at) : network_(network), at_(at) {}

  std::function<void(SimulatedConnection&)> accepted = [](SimulatedConnection&) {};
  std::function<void(SimulatedConnection&, std::string_view bytes)> received = [](SimulatedConnection&,
                                                                                  std::string_view) {};
  /// The client ended its side, in order or not.
  std::function<void(SimulatedConnection&)> closed = [](SimulatedConnection&) {};

  Duration delay{0};               ///< one way
  std::size_t window = 64 * 1024;  ///< bytes that a client may write before the server takes them
  std::size_t slice = SIZE_MAX;    ///< at most so many bytes a read of the client, and a call of received
  bool listening = true;           ///< off: connections are refused
  bool answers = true;             ///< off: attempts get no answer at all

  /// Every connection is reset and no new one is taken until start().
  void stop();
  void start() { listening = true; }

  /// Those that are still open.
  [[nodiscard]] std::vector<std::shared_ptr<SimulatedConnection>> connections() const;
  [[nodiscard]] std::size_t accepted_count() const { return count_; }
  [[nodiscard]] const net::Endpoint& endpoint() const { return at_; }

 private:
  friend class SimulatedStream;
  friend class SimulatedConnection;
  SimulatedNetwork& network_;
  net::Endpoint at_;
  std::vector<std::weak_ptr<SimulatedConnection>> all_;
  std::size_t count_ = 0;
};

/// Somebody at a UDP port, and the way there.
class SimulatedReceiver {
 public:
  /// A datagram has arrived; `reply` takes what goes back, now or later, as long as the sender is there.
  std::function<void(std::string_view bytes, const std::function<void(std::string_view)>& reply)> received =
      [](std::string_view, const std::function<void(std::string_view)>&) {};

  Duration delay{0};                                  ///< one way
  std::function<bool()> lost = [] { return false; };  ///< whether the next datagram, in either direction, is
  bool listening = true;                              ///< off: the sender's next call says connection_refused
  std::size_t size_max = 65'507;                      ///< longer ones are too_long
  std::size_t no_buffers = 0;                         ///< so many attempts to send fail for want of room
  std::size_t writable = SIZE_MAX;  ///< datagrams that may be sent before sending would block
};

/// `loop` is a VirtualLoop as a rule; what is delayed waits on its timers. Outlives its streams.
class SimulatedNetwork final : public net::Network {
 public:
  explicit SimulatedNetwork(loop::EventLoop& loop);
  using Network::make_datagram;
  ~SimulatedNetwork() override;

  /// A server at 127.0.0.1 or another address; the same one when asked again.
  SimulatedServer& listen(std::uint16_t port, std::string_view address = "127.0.0.1");

  /// The same for UDP.
  SimulatedReceiver& receive(std::uint16_t port, std::string_view address = "127.0.0.1");

  /// What a name stands for; a name that is not here is not known.
  std::map<std::string, std::vector<std::string>> names;
  Duration lookup_delay{0};
  /// connect() itself fails with these, one after the other.
  std::vector<net::StreamError> connect_errors;
  /// Connections that an address can start from before it has no port left.
  std::size_t ports_per_source = SIZE_MAX;

  void resolve(const std::string& host, std::uint16_t port, Resolved done) override;
  [[nodiscard]] std::size_t attempts() const { return attempts_; }

 private:
  friend class SimulatedStream;
  friend class SimulatedConnection;
  friend class SimulatedDatagram;

  [[nodiscard]] net::DatagramPtr make_datagram(net::DatagramEvents& events,
                                               net::SourceAddresses* sources) override;
  [[nodiscard]] net::StreamPtr make_plain(net::StreamEvents& events, net::SourceAddresses* sources) override;
  /// Runs `task` at `when`, in the order of calls for equal times; never within this call.
  void at(TimePoint when, std::function<void()> task);
  void pump();
  [[nodiscard]] TimePoint now() { return loop().now(); }

  std::vector<std::pair<net::Endpoint, std::unique_ptr<SimulatedServer>>> servers_;
  std::vector<std::pair<net::Endpoint, std::unique_ptr<SimulatedReceiver>>> receivers_;
  std::multimap<TimePoint, std::function<void()>> events_;
  loop::CallbackTimer timer_;
  std::map<std::string, std::size_t> ports_used_;  // by source address, as text
  std::size_t attempts_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace vfleet::test
