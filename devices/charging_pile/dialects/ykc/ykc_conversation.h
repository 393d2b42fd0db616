#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "devices/charging_pile/answer_rules.h"
#include "devices/charging_pile/conversation.h"
#include "devices/charging_pile/dialects/ykc/bill_store.h"
#include "devices/charging_pile/dialects/ykc/card_list.h"
#include "devices/charging_pile/dialects/ykc/gun.h"
#include "devices/charging_pile/dialects/ykc/picture.h"
#include "devices/charging_pile/dialects/ykc/speech.h"
#include "devices/charging_pile/dialects/ykc/update.h"
#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/frame.h"

namespace vfleet::pile::ykc {

/// A pile's side of YKC: login, billing model, heartbeats, real-time data, charges that the platform or a
/// card starts, and their bills. docs/ykc.md tells its rules.
class YkcConversation final : public Conversation {
 public:
  explicit YkcConversation(const PileConfig& config);

  // ykc_conversation.cc: power, time, what the model tells
  void booted(Host& host) override;
  void reconfigured(Host& host, const PileConfig& before) override;
  void happened_status(Host& host, ConnectorNumber connector) override;
  void happened_start(Host& host, ConnectorNumber connector) override;
  void happened_end(Host& host, ConnectorNumber connector, StopReason reason) override;
  void happened_fault(Host& host, ConnectorNumber connector, FaultCode code, bool raised) override;
  [[nodiscard]] TimePoint next_event() const override;
  void advance(Host& host) override;
  [[nodiscard]] const schedule::Pacing* pacing(ReportKind kind, bool in_session,
                                               const PileConfig& config) const override;
  void due(Host& host, ReportKind kind, ConnectorNumber connector, TimePoint due) override;

  // link.cc: login, billing model, heartbeats
  void link_up(Host& host) override;
  void link_down(Host& host) override;

  // receive.cc: what the platform says
  void received(Host& host, std::string_view message) override;

  // local_start.cc: cards, and starts at the pile
  void driver_card(Host& host, ConnectorNumber connector, std::string_view card) override;
  [[nodiscard]] Status card(Host& host, ConnectorNumber connector, std::string_view card) override;
  [[nodiscard]] Status start(Host& host, ConnectorNumber connector, SessionLimits limits) override;
  [[nodiscard]] Status stop(Host& host, ConnectorNumber connector) override;

  // update.cc: a new program
  void fetched(Host& host, const device::Transferred& transferred) override;

  // say.cc: how frames leave
  [[nodiscard]] Status trigger(Host& host, const device::TriggerCall& call) override;
  [[nodiscard]] Status answer(Host& host, const config::Values& args) override;
  [[nodiscard]] Status encode(const PileView& view, const device::Report& report,
                              std::span<const codec::envelope::Override> overrides,
                              codec::Buffer& out) const override;

  // state.cc
  void visit_state(device::StateVisitor& visitor) const override;
  [[nodiscard]] std::size_t save(std::span<std::byte> out) const override;
  bool restore(Host& host, std::span<const std::byte> saved) override;
  [[nodiscard]] static std::size_t state_bytes(const PileConfig& config);

 private:
  enum class Stage : std::uint8_t { offline, refused, login, model, ready };

  /// A frame of the platform, as far as it could be read.
  struct Heard {
    Host& host;
    const codec::ykc::Frame& frame;
    const codec::ykc::BodyReader& body;
    int raw_gun = 1;          ///< as it says
    ConnectorNumber gun = 0;  ///< 0: it names none, or one that is not there
    bool ours = true;         ///< the pile's number is this one's

    [[nodiscard]] std::int64_t number(std::string_view field, std::int64_t otherwise = 0) const {
      return body.number(body.frame().find(field)).value_or(otherwise);
    }
    /// Whether the result is 0. A fork may know none; a body that ends before it says yes to nothing.
    [[nodiscard]] bool good() const {
      const int result = body.frame().find("result");
      return result < 0 || body.number(result) == 0;
    }
    [[nodiscard]] std::string_view bytes(std::string_view field) const {
      return body.bytes(body.frame().find(field));
    }
  };

  /// What a frame says beside what the model knows.
  struct Words {
    int gun = 1;
    std::int64_t result = 0;
    std::int64_t reason = 0;
    std::int64_t how = 1;
    std::int64_t role = 0;
    std::string_view order;  ///< empty: the gun's
    std::string_view card;   ///< empty: the gun's
    std::string_view pair;
    std::string_view flag;
    std::string_view record;  ///< a whole body that was made before
    std::span<const CardRow> cards;
    std::optional<std::uint16_t> sequence;  ///< of the question; not set: the next one of the pile
    bool unchecked = false;
  };

  // say.cc
  /// Sends a frame of the pile's own as a report.
  Result<std::uint32_t> send(Host& host, std::uint8_t type, const Words& words, device::Telling telling);
  /// One that nobody answers.
  void tell(Host& host, std::uint8_t type, const Words& words, std::optional<TimePoint> due = {});
  /// One that waits for its answer; what waited before has failed. False: it could not be sent.
  bool ask(Host& host, std::uint8_t type, const Words& words, Open& open, std::optional<TimePoint> due = {});
  /// Answers a frame of the platform. False: by an operator's rule it says another result than `words`.
  bool say(Host& host, std::uint8_t type, std::uint16_t sequence, const Words& words);
  void say_held(Host& host);
  [[nodiscard]] Picture draw(const PileView& at, std::uint8_t type, const Words& words) const;
  [[nodiscard]] static PileView look(Host& host);
  [[nodiscard]] Status write(const PileView& at, std::uint8_t type, const Words& words,
                             std::span<const codec::envelope::Override> overrides, std::string& body) const;
  static void settle(Host& host, Open& open, device::Verdict verdict);
  /// By what the platform answers: acked, or refused for what it says.
  static void settle(const Heard& heard, Open& open, bool good);
  /// Where a frame that an operator sends waits for its answer; null: nothing answers it.
  [[nodiscard]] Open* open_of(std::uint8_t type, ConnectorNumber number);
  /// Null: the gun has none that is not confirmed.
  [[nodiscard]] StoredBill* newest_bill(ConnectorNumber number);
  /// Whether an answer belongs to what was asked; says so of one that does not.
  [[nodiscard]] bool answers(const Heard& heard, const Open& open);
  [[nodiscard]] static const Speech& speech(const PileConfig& config) { return *config.ykc.speech; }
  [[nodiscard]] static std::uint8_t bill_type(const PileConfig& config);

  // link.cc
  void log_in(Host& host);
  void refuse_login(Host& host);
  void check_model(Host& host);
  void be_ready(Host& host);
  void beat(Host& host, TimePoint due);
  void advance_link(Host& host);
  [[nodiscard]] bool ready() const { return stage_ == Stage::ready; }
  void on_login(const Heard& heard);
  void on_heartbeat(const Heard& heard);
  void on_model_check(const Heard& heard);
  void on_model(const Heard& heard);
  void on_set_model(const Heard& heard);
  [[nodiscard]] bool take_model(const Heard& heard);
  void follow_clock(Host& host);
  [[nodiscard]] std::uint8_t half_hours_ahead() const;

  // receive.cc
  void dispatch(const Heard& heard);
  [[nodiscard]] bool decrypted(Host& host, const codec::ykc::FrameLayout& known, codec::ykc::Frame& frame,
                               std::string& plain);
  [[nodiscard]] bool strictly(Host& host, const codec::ykc::Frame& frame, const codec::ykc::BodyReader& body);
  void on_realtime_request(const Heard& heard);
  void not_understood(Host& host, std::string_view why);

  // realtime.cc
  void tell_realtime(Host& host, ConnectorNumber number, std::optional<TimePoint> due = {});
  void keep_realtime(Host& host, ConnectorNumber number, TimePoint due);
  void tell_kept_realtime(Host& host);
  void tell_bms(Host& host, ConnectorNumber number, TimePoint due);
  void tell_began(Host& host, ConnectorNumber number);
  void tell_ended(Host& host, ConnectorNumber number, StopReason reason);

  // remote_start.cc
  void on_start(const Heard& heard);
  void on_stop(const Heard& heard);
  [[nodiscard]] std::int64_t why_not(Host& host, const Heard& heard) const;
  void take_order(Gun& gun, const Heard& heard);
  void begin(Host& host, ConnectorNumber number, StartedBy by);
  void begin_pair(Host& host, ConnectorNumber number);
  void leave_pair(Host& host, ConnectorNumber number);
  void give_up(Host& host, ConnectorNumber number, bool bill);
  void advance_wait(Host& host, ConnectorNumber number);

  // local_start.cc
  void ask_platform(Host& host, ConnectorNumber number, std::uint8_t how);
  void decide_driver(Host& host, ConnectorNumber number);
  void look_at_vehicle(Host& host, ConnectorNumber number);
  void on_start_answer(const Heard& heard);
  [[nodiscard]] Order make_order(Host& host, ConnectorNumber number);

  // bills.cc
  void make_bill(Host& host, ConnectorNumber number, std::uint8_t stop_code, Duration delay);
  void advance_bills(Host& host);
  void on_bill_answer(const Heard& heard);
  void look_at_cost(Host& host, ConnectorNumber number);
  void on_balance(const Heard& heard);

  // cards.cc
  [[nodiscard]] std::size_t cards_answered(const Heard& heard, std::uint8_t answer, std::size_t named);
  void on_offline_cards(const Heard& heard);
  void on_clear_cards(const Heard& heard);
  void on_query_cards(const Heard& heard);

  // orders.cc
  void on_work_parameters(const Heard& heard);
  void on_clock(const Heard& heard);
  void on_restart(const Heard& heard);
  void on_qr_prefix(const Heard& heard);
  void advance_orders(Host& host);

  // update.cc
  void on_update(const Heard& heard);
  void drop_update(Host& host);
  void fetch_update(Host& host);
  void install_update(Host& host);
  void advance_update(Host& host);

  // parking_lock.cc
  void on_parking_lock(const Heard& heard);
  void advance_lock(Host& host, ConnectorNumber number);

  void identify(Host& host);
  void advance_gun(Host& host, ConnectorNumber number);
  [[nodiscard]] static bool charging(Host& host);
  /// When so much of the platform's time has passed, in model time.
  [[nodiscard]] static TimePoint after(Host& host, Duration real);
  [[nodiscard]] ConnectorNumber count() const { return static_cast<ConnectorNumber>(guns_.size()); }
  [[nodiscard]] Gun& gun(ConnectorNumber number) { return guns_[static_cast<std::size_t>(number - 1)]; }
  [[nodiscard]] const Gun& gun(ConnectorNumber number) const {
    return guns_[static_cast<std::size_t>(number - 1)];
  }
  /// Milliseconds on the pile's own clock.
  [[nodiscard]] std::int64_t clock_ms(const PileView& at, WallTime wall) const;

  /// 0x13 of a session that was due while the pile was offline.
  struct KeptRealtime {
    ConnectorNumber gun = 1;
    TimePoint due;
    std::string body;
  };
  /// An answer that an operator wants to be late.
  struct Held {
    TimePoint at;
    std::string frame;
  };

  std::vector<Gun> guns_;
  BillStore bills_;
  CardList cards_;
  AnswerRules rules_;
  std::vector<KeptRealtime> kept_;
  std::vector<Held> held_;
  std::string qr_prefix_;
  std::array<char, 7> pile_{};  // number, as on the wire
  Stage stage_ = Stage::offline;
  std::uint8_t misses_ = 0;       // heartbeats without an answer
  std::uint8_t refusals_ = 0;     // logins, in a row
  std::uint8_t rate_shift_ = 0;   // half hours that the station's rates are turned by
  bool locked_ = false;           // by 0x52
  bool restart_ = false;          // when no gun charges any more
  bool work_ = false;             // something was noted that advance() has to look at
  std::uint16_t sequence_ = 0;    // of the next frame
  std::uint16_t model_code_ = 0;  // 0: none
  std::uint16_t orders_ = 0;      // made by the pile itself
  std::uint32_t not_understood_ = 0;
  std::int64_t clock_offset_ms_ = 0;  // of the pile's clock to the world's
  Open login_;
  Open model_;                      // 0x05 or 0x09
  Open odd_;                        // asked by an operator, and not kept elsewhere
  TimePoint stage_at_ = kNever;     // when the stage has lasted too long
  std::unique_ptr<Update> update_;  // null: none is on its way
  const Words* words_ = nullptr;    // while a report is encoded
  std::uint16_t wire_ = 0;          // and its sequence
};

}  // namespace vfleet::pile::ykc
