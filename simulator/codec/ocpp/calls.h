#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "simulator/codec/ocpp/frame.h"
#include "simulator/codec/ocpp/message_id.h"
#include "simulator/codec/ocpp/transaction_queue.h"

namespace vfleet::codec::ocpp {

/// Many charge points may share one.
struct CallSettings {
  Duration timeout = std::chrono::seconds(30);         ///< MessageTimeout; 0: waits for ever
  std::uint32_t attempts = 3;                          ///< TransactionMessageAttempts; 0 counts as 1
  Duration retry_interval = std::chrono::seconds(60);  ///< TransactionMessageRetryInterval
  /// At least so long from one transaction message that waited for the connection to the next; 0: no pause.
  Duration drain_gap{};
  std::size_t waiting_most = 64;         ///< CALLs that are not of a transaction
  std::size_t transactions_most = 1000;  ///< transaction messages; see TransactionQueue::Added
};

/// A CALL that is not of a transaction. Its payload is made when it is sent.
struct Call {
  Action action = Action::Heartbeat;
  std::uint16_t connector = 0;
  bool asked = false;        ///< the CSMS or an operator asks for it: it goes through Gate::asked
  bool forced = false;       ///< whatever the gate: an operator wants it sent though it is forbidden
  std::uint32_t detail = 0;  ///< the owner's own: which of its events this tells
  TimePoint due;
};

/// What may be sent. BootNotification goes through all but `nothing`.
enum class Gate : std::uint8_t {
  nothing,  ///< Rejected, until the next try
  boot,     ///< until a BootNotification is answered
  asked,    ///< Pending: what is asked for
  all,      ///< Accepted
};

/// A CALL that may be sent now.
struct Outgoing {
  Action action = Action::Heartbeat;
  std::uint16_t connector = 0;
  TimePoint due;
  bool of_transaction = false;
  std::uint32_t detail = 0;    ///< not of a transaction: Call::detail
  std::uint32_t attempt = 1;   ///< of a transaction: which send this is, those cut off not counted
  TransactionMessage message;  ///< of a transaction; its body is valid until Calls changes
};

/// How a CALL ended.
struct Settled {
  enum class How : std::uint8_t {
    answered,
    refused,  ///< a CALLERROR, or an answer that is no valid one
    timed_out,
    cut_off,  ///< the connection ended first
  };
  How how = How::answered;
  Action action = Action::Heartbeat;
  std::uint16_t connector = 0;
  bool of_transaction = false;
  bool again = false;         ///< a transaction message that will be sent again, with a new id
  std::uint32_t detail = 0;   ///< not of a transaction: Call::detail
  std::uint32_t session = 0;  ///< of a transaction
  std::uint32_t seq = 0;      ///< what sent() was told
};

struct CallCounters {
  std::uint32_t sent = 0;
  std::uint32_t answered = 0;
  std::uint32_t refused = 0;
  std::uint32_t timed_out = 0;
  std::uint32_t cut_off = 0;
  std::uint32_t late = 0;       ///< answers to a CALL that had ended; ignored
  std::uint32_t duplicate = 0;  ///< second answers; ignored
  std::uint32_t unknown = 0;    ///< answers with an id that is none of ours; ignored
  std::uint32_t dropped = 0;    ///< transaction messages given up after all attempts
  std::uint32_t displaced = 0;  ///< MeterValues that gave way in a full queue
  std::uint32_t full = 0;       ///< CALLs and transaction messages that found no place
  std::uint32_t at_once = 0;    ///< CALLs of the CSMS that came before its last was answered
};

/// The CALLs of one charge point: which goes next, and what became of it. At most one is outstanding.
/// Messages of transactions keep their order and are tried again; others overtake those that wait. It has no
/// clock and sends nothing: the owner asks next(), sends, says sent(), hands in what comes, and calls
/// expire() and next() again at wake(). Nothing is allocated per message once the queues have grown.
///
/// One that the connection cuts off does not count as an attempt of its transaction message: what was sent
/// may have arrived, and a connection that comes and goes shall not use the attempts up.
class Calls {
 public:
  /// `identity` is a hash of the charge point's id, `boot` the number of its boot. `settings` must outlive
  /// this or the next use().
  Calls(std::uint64_t identity, std::uint32_t boot, const CallSettings& settings)
      : ids_(identity), settings_(&settings), boot_(boot) {}
  /// `time_scale`: the owner's time passes so many times as fast as that of the settings, which is the
  /// CSMS's.
  void use(const CallSettings& settings, double time_scale = 1) {
    settings_ = &settings;
    time_scale_ = static_cast<float>(time_scale);
  }

  /// Power off and on: CALLs that waited are gone, transaction messages stay. The connection is down.
  void reboot(std::uint32_t boot);
  void link_up(TimePoint now);
  /// What was outstanding ends.
  std::optional<Settled> link_down();
  void set_gate(Gate gate) { gate_ = gate; }
  [[nodiscard]] Gate gate() const { return gate_; }

  enum class Place : std::uint8_t {
    own,     ///< each call for itself
    newest,  ///< in the place of one of the same action and connector that waits: only the newest matters
  };
  /// False: there is no place left.
  bool add(const Call& call, Place place = Place::own);
  TransactionQueue::Added add(const TransactionMessage& message);
  /// Takes out what waits and is not of a transaction, where `drop` (of a const Call&) says so.
  template <class Drop>
  void drop_waiting(const Drop& drop) {
    std::erase_if(waiting_, [&](const Waiting& each) { return drop(each.call); });
  }

  /// The CALL that may be sent now; the same until something changes.
  [[nodiscard]] std::optional<Outgoing> next(TimePoint now) const;
  /// The id that it must be sent with.
  [[nodiscard]] MessageId next_id() const { return ids_.make({boot_, counter_}); }
  /// What next(now) gave was sent. `seq`: the owner's number of it, for Settled.
  void sent(TimePoint now, std::uint32_t seq);
  /// What next(now) gave cannot be sent, and never will be.
  void discard(TimePoint now);

  enum class Heard : std::uint8_t {
    call,     ///< a CALL of the CSMS: to be answered, and then answered() called
    settled,  ///< the answer to ours
    ignored,  ///< an answer that is late, a duplicate or to nothing of ours, or no message for us
  };
  struct Received {
    Heard heard = Heard::ignored;
    Settled settled;
  };
  /// `valid`: whether the answer's payload is what its action asks for; asked only when `awaits` it.
  Received receive(TimePoint now, const Frame& frame, bool valid = true);
  /// Whether this answer belongs to the CALL that is outstanding.
  [[nodiscard]] bool awaits(const Frame& frame) const;
  /// A CALL of the CSMS was answered, or never will be.
  void answered();

  /// The outstanding CALL, when its time is up.
  std::optional<Settled> expire(TimePoint now);
  /// When expire() or next() has something new, given that nothing else happens; kNever when they never have.
  /// A time that has passed (TimePoint::min()): next() has something now.
  [[nodiscard]] TimePoint wake() const;

  [[nodiscard]] bool outstanding() const { return outstanding_; }
  /// The action that is outstanding.
  [[nodiscard]] std::optional<Action> outstanding_action() const;
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] const TransactionQueue& transactions() const { return transactions_; }
  void set_transaction(std::uint32_t session, std::int64_t transaction) {
    transactions_.set_transaction(session, transaction);
  }
  /// What stands in messages of the session: -1 when StartTransaction was never answered.
  [[nodiscard]] std::int64_t transaction(std::uint32_t session) const {
    return transactions_.transaction(session).value_or(-1);
  }
  void forget(std::uint32_t session) { transactions_.forget(session); }
  [[nodiscard]] const CallCounters& counters() const { return counters_; }

  /// What must survive the process: the transaction messages, their numbers and attempts. As
  /// TransactionQueue's.
  [[nodiscard]] std::size_t saved_size() const { return transactions_.saved_size() + sizeof(attempts_); }
  std::size_t save(std::span<std::byte> out) const;
  bool restore(std::span<const std::byte> saved, TimePoint now);

 private:
  struct Waiting {
    Call call;
    std::uint32_t ticket;
  };
  enum class Choice : std::uint8_t { none, waiting, transaction };

  [[nodiscard]] Duration own_time(Duration of_settings) const;
  [[nodiscard]] std::size_t first_allowed() const;
  [[nodiscard]] bool transaction_allowed() const;
  [[nodiscard]] TimePoint transaction_ready() const;
  [[nodiscard]] Choice choose(TimePoint now, std::size_t& waiting) const;
  Settled settle(TimePoint now, Settled::How how);
  void transaction_done();
  Received answer(TimePoint now, const Frame& frame, bool valid);
  void count_stray(std::string_view id);

  MessageIds ids_;
  const CallSettings* settings_;
  std::vector<Waiting> waiting_;
  TransactionQueue transactions_;
  CallCounters counters_;

  std::uint32_t boot_;
  std::uint32_t counter_ = 0;        // of the id that comes next
  std::uint64_t answered_mask_ = 0;  // bit n: the id of counter_ - 1 - n was answered
  std::uint32_t ticket_ = 0;         // orders what waits here and there
  std::uint32_t attempts_ = 0;       // that the first transaction message has failed
  TimePoint retry_at_ = TimePoint::min();
  std::size_t backlog_ = 0;  // transaction messages that waited when the connection came
  TimePoint drain_at_ = TimePoint::min();

  Settled current_;  // the outstanding one
  TimePoint deadline_ = kNever;
  float time_scale_ = 1;
  std::uint16_t open_ = 0;  // CALLs of the CSMS that are not answered
  bool outstanding_ = false;
  bool tried_ = false;  // the first transaction message was sent before
  bool up_ = false;
  bool last_was_waiting_ = false;  // what was sent last is not of a transaction
  Gate gate_ = Gate::boot;
};

}  // namespace vfleet::codec::ocpp
