#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/mqtt/in_flight.h"
#include "simulator/codec/mqtt/misbehaviour.h"
#include "simulator/codec/mqtt/packet.h"
#include "simulator/codec/mqtt/packet_reader.h"
#include "simulator/core/time.h"

namespace vfleet::codec::mqtt {

struct SessionOptions {
  Version version = Version::v3_1_1;
  /// The session outlives its connections, at the server (Clean Session 0; Clean Start 0 with an expiry) and
  /// here: what was in flight is sent again.
  bool persistent = false;
  std::uint32_t session_expiry_s = 3600;  ///< MQTT 5, persistent: how long the server is to keep it
  std::uint16_t keep_alive_s = 60;        ///< 0: none. A server of MQTT 5 may set another
  std::uint16_t in_flight_max = 20;       ///< publications of QoS 1 and 2 on their way at once, >= 1
  std::uint16_t receive_maximum = 100;    ///< the same for what the server sends with QoS 2, >= 1
  std::uint32_t packet_max = 256 * 1024;  ///< larger ones from the server end the connection
  std::uint16_t topic_aliases = 0;        ///< MQTT 5: how many topics get an alias, if the server takes them
  std::uint16_t topic_aliases_down = 0;   ///< MQTT 5: how many the server may use (Topic Alias Maximum)
  Duration ack_timeout = std::chrono::seconds(10);  ///< for each answer of the server but CONNACK
  Misbehaviour* misbehaviour = nullptr;             ///< outlives the sessions
};

/// What the sessions of one uplink have in common. Outlives them.
class SessionShared {
 public:
  explicit SessionShared(const SessionOptions& session_options)
      : options(session_options), misbehaviour(session_options.misbehaviour) {}

  const SessionOptions options;
  Misbehaviour* misbehaviour;  ///< null: none. May change at any time
  std::string scratch;         ///< of one call

  /// Memory for packets that may be sent again, kept when they are done: in steady state nothing is
  /// allocated, and a session without any owns none.
  [[nodiscard]] std::unique_ptr<std::string> take();
  void give_back(std::unique_ptr<std::string> packet);

 private:
  std::vector<std::unique_ptr<std::string>> packets_;
};

/// The texts of CONNECT; valid during the call.
struct ConnectTexts {
  std::string_view client_id;
  std::optional<std::string_view> username;
  std::optional<std::string_view> password;
  std::optional<Will> will;
  std::string_view properties = {};  ///< MQTT 5: user properties, as a PropertyWriter makes them
};

/// What a session tells of bytes that came.
struct Event {
  enum class Kind : std::uint8_t {
    accepted,      ///< CONNACK that says yes: publish() may be called, resume() must
    refused,       ///< CONNACK that says no, for `reason`
    settled,       ///< a publication of QoS 1 or 2 has its answer: `note`, `reason`
    message,       ///< of the server, once for each QoS 2: `topic`, `payload`
    subscribed,    ///< `codes`, one for each filter in order
    alive,         ///< the server answered a ping
    disconnected,  ///< the server says goodbye, for `reason`
    broken,        ///< the server broke a rule: `reason`; end the connection
  };
  Kind kind = Kind::alive;
  ReasonCode reason = ReasonCode::success;
  bool session_present = false;  ///< accepted
  bool was_sent = false;         ///< settled: told_sent() was called
  Note note;
  std::string_view topic;
  std::string_view payload;
  std::string_view codes;
  std::string_view assigned_id;  ///< accepted: the client identifier that the server chose; empty: it did not
  std::unique_ptr<std::string> memory;  ///< views may point into it
};

/// A client's side of MQTT: is told bytes and time, answers with what to send, owns no socket and reads no
/// clock. Over its life it has any number of connections, one after another:
///
///   connect() -> [next() ... -> accepted -> resume()] -> publish() | next() | on_timer() ... -> lost()
///
/// Bytes to send are appended to `out`. At rest it owns no memory; publications in flight with QoS 1 and 2
/// have a ring that grows as they need it.
class ClientSession {
 public:
  /// `key`: for the misbehaviour alone. `first_id`: the first packet identifier.
  ClientSession(SessionShared& shared, std::uint32_t key, std::uint16_t first_id = 1);
  ~ClientSession();
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  /// A connection stands: CONNECT.
  void connect(const ConnectTexts& texts, TimePoint now, std::string& out);

  /// Takes packets from the front of `in`, until one is worth an event (true) or there are no more (false).
  /// After refused, disconnected and broken only lost() may follow.
  [[nodiscard]] bool next(std::string_view& in, TimePoint now, Event& event, std::string& out);

  /// After accepted, and after each settled: sends again what another connection left in flight, as far as
  /// the server lets. `sent` (optional) gets the packet identifiers.
  void resume(TimePoint now, std::string& out, std::vector<std::uint16_t>* sent = nullptr);
  enum class Unsendable : std::uint8_t {
    session_forgotten,  ///< by the server, and QoS 2 forbids to count twice
    too_large,          ///< for this connection's Maximum Packet Size
    qos_too_high,       ///< for this connection's Maximum QoS: another QoS would be another message
  };
  /// After accepted: publications that cannot be sent again. Call until it returns false.
  [[nodiscard]] bool pop_unsendable(Note& note, bool& was_sent, Unsendable& why);

  enum class Published : std::uint8_t {
    sent,         ///< in `out`
    window_full,  ///< as many are in flight as may be: try again after a settled
    too_large,    ///< for the server (Maximum Packet Size), or for MQTT
  };
  /// Sends a publication. QoS and retain are lowered to what the server takes; `publish` says so afterwards,
  /// and has the packet identifier. The note comes back for QoS 1 and 2.
  [[nodiscard]] Published publish(Publish& publish, const Note& note, TimePoint now, std::string& out);
  [[nodiscard]] bool window_full() const;

  /// The publication with this identifier is with the kernel: its note, which may be changed until the next
  /// call. Null: it has been settled, or that was known.
  [[nodiscard]] Note* told_sent(std::uint16_t packet_id);

  /// Subscribes; at most one SUBSCRIBE is under way. `filters` in the wire's form, see Filters::append.
  void subscribe(std::string_view filters, TimePoint now, std::string& out);
  /// DISCONNECT; with normal disconnection (success) the server drops the will.
  void disconnect(ReasonCode reason, std::string& out);

  enum class Alarm : std::uint8_t {
    none,
    keep_alive_timed_out,  ///< a ping was not answered
    ack_timed_out,         ///< a publication or a subscription was not answered
  };
  /// Looks at the time; pings when it must. Call at next_timer(), or earlier.
  [[nodiscard]] Alarm on_timer(TimePoint now, std::string& out);
  [[nodiscard]] TimePoint next_timer() const;

  /// The connection is gone. Publications in flight stay: take them with pop(), or keep them for the next
  /// connection when the session is persistent.
  void lost();
  struct Popped {
    Note note;
    bool was_sent = false;
    TimePoint deadline;  ///< of the answer
  };
  /// Takes the oldest publication in flight.
  [[nodiscard]] std::optional<Popped> pop();

  [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
  [[nodiscard]] bool accepted() const { return state_ == State::accepted; }
  /// The misbehaviour wants the connection dropped behind what was written last.
  [[nodiscard]] bool cut() const { return cut_; }
  [[nodiscard]] std::uint8_t maximum_qos() const { return maximum_qos_; }

 private:
  enum class State : std::uint8_t { disconnected, connecting, accepted, over };
  using Stage = InFlight::Stage;
  using Entry = InFlight::Entry;

  void free(Entry& entry);
  [[nodiscard]] std::uint16_t alias_of(std::string_view topic, bool& is_new);
  void leave(PacketType type, std::string& out, std::size_t start);
  template <class P>
  void send(const P& packet, PacketType type, TimePoint now, std::string& out);

  bool take(Packet& packet, TimePoint now, Event& event, std::string& out);
  bool broken(ReasonCode reason, Event& event);
  bool connack(const Connack& packet, TimePoint now, Event& event);
  /// The topic of a message whose server uses aliases; empty: the alias is none, or the topics are too long
  /// together.
  [[nodiscard]] std::string_view topic_of(const Publish& packet, std::uint32_t alias);
  [[nodiscard]] std::optional<Unsendable> unsendable(const Entry& entry) const;
  bool message(const Publish& packet, TimePoint now, Event& event, std::string& out);
  bool ack(const Ack& packet, TimePoint now, Event& event, std::string& out);
  bool settle(Entry& entry, ReasonCode reason, Event& event);

  SessionShared& shared_;
  PacketReader reader_;
  InFlight in_flight_;
  std::unique_ptr<std::vector<std::uint16_t>> received_;  // QoS 2 of the server, not yet released
  std::unique_ptr<std::vector<std::uint64_t>> aliases_;   // hashes of the topics 1 ..
  std::unique_ptr<std::vector<std::string>> topics_;      // the server's aliases 1 .., once it uses them
  TimePoint last_sent_;
  TimePoint last_received_;
  TimePoint ping_deadline_ = kNever;
  TimePoint subscribe_deadline_ = kNever;
  std::uint32_t key_;
  std::uint32_t packet_max_ = 0;  // the server's; 0: none
  std::uint16_t subscribe_id_ = 0;
  std::uint16_t window_ = 0;
  std::uint16_t keep_alive_s_ = 0;
  std::uint16_t alias_max_ = 0;
  std::uint8_t maximum_qos_ = 2;
  State state_ = State::disconnected;
  bool retain_available_ : 1 = true;
  bool cut_ : 1 = false;
};

}  // namespace vfleet::codec::mqtt
