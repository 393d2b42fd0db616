#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "devices/charging_pile/answer_rules.h"
#include "devices/charging_pile/conversation.h"
#include "devices/charging_pile/dialects/ocpp16/answering.h"
#include "devices/charging_pile/dialects/ocpp16/card_cache.h"
#include "devices/charging_pile/dialects/ocpp16/charging_profiles.h"
#include "devices/charging_pile/dialects/ocpp16/local_list.h"
#include "devices/charging_pile/dialects/ocpp16/sample.h"
#include "devices/charging_pile/dialects/ocpp16/words.h"
#include "simulator/codec/ocpp/calls.h"
#include "simulator/codec/ocpp/validate.h"
#include "simulator/core/tls_credentials.h"

namespace vfleet::pile::ocpp16 {

struct ConfigurationKey;
struct FirmwareOrder;
struct Notice;
struct Upkeep;
struct UploadOrder;

using codec::ocpp::Action;

/// The charge point's side of OCPP 1.6J for one pile. What goes when, and is tried again, is
/// codec::ocpp::Calls'; what is said, and what the CSMS's requests do, is here:
///   charge_point.cc     what goes out, and when something has to be done
///   clock.cc            what time it is
///   boot.cc             BootNotification until the CSMS accepts; connections that come and go
///   statuses.cc         StatusNotification
///   authorization.cc    cards: cache, Authorize, offline
///   transactions.cc     StartTransaction, MeterValues, StopTransaction
///   answers.cc          what the CSMS answers
///   requests.cc         what the CSMS asks for: the table of who deals with what, and the way there and back
///   core_requests.cc, configuration_requests.cc, reservation_requests.cc, trigger_requests.cc
///   smart_charging.cc   charging profiles and the local list
///   upkeep.cc           firmware, uploads, security events
///   upkeep_requests.cc, security_requests.cc
///   payloads.cc         what stands in our CALLs
///   triggers.cc         what operators want said
///   charge_point_state.cc, rare_state.cc
class ChargePoint final : public Conversation, public CredentialsHolder {
 public:
  ChargePoint(std::uint64_t identity, const PileConfig& config);
  ~ChargePoint() override;

  void booted(Host& host) override;
  void reconfigured(Host& host, const PileConfig& before) override;
  void link_up(Host& host) override;
  void link_down(Host& host) override;
  bool link_failed(Host& host, std::string_view reason) override;
  [[nodiscard]] Status tamper(Host& host, std::string_view info) override;
  void received(Host& host, std::string_view message) override;

  void happened_status(Host& host, ConnectorNumber connector) override;
  void happened_start(Host& host, ConnectorNumber connector) override;
  void happened_end(Host& host, ConnectorNumber connector, StopReason reason) override;
  void happened_fault(Host& host, ConnectorNumber connector, FaultCode code, bool raised) override;
  void driver_card(Host& host, ConnectorNumber connector, std::string_view card) override;

  [[nodiscard]] Status card(Host& host, ConnectorNumber connector, std::string_view card) override;
  [[nodiscard]] Status start(Host& host, ConnectorNumber connector, SessionLimits limits) override;
  [[nodiscard]] Status stop(Host& host, ConnectorNumber connector) override;
  [[nodiscard]] Status answer(Host& host, const config::Values& args) override;

  [[nodiscard]] TimePoint next_event() const override;
  void advance(Host& host) override;
  [[nodiscard]] const schedule::Pacing* pacing(ReportKind kind, bool in_session,
                                               const PileConfig& config) const override;
  void due(Host& host, ReportKind kind, ConnectorNumber connector, TimePoint due) override;
  [[nodiscard]] Status trigger(Host& host, const device::TriggerCall& call) override;

  [[nodiscard]] Status encode(const PileView& view, const device::Report& report,
                              std::span<const codec::envelope::Override> overrides,
                              codec::Buffer& out) const override;
  void visit_state(device::StateVisitor& visitor) const override;

  void fetched(Host& host, const device::Transferred& transferred) override;
  void credentials(TlsCredentials& out) const override;

  [[nodiscard]] static std::size_t state_bytes(const PileConfig& config);
  [[nodiscard]] std::size_t save(std::span<std::byte> out) const override;
  bool restore(Host& host, std::span<const std::byte> saved) override;

  /// A request of the CSMS while it is dealt with. What it asks for is done after it was answered.
  struct Request {
    Host& host;
    std::string_view id;  ///< as it stands in the frame
    Action action;
    const nlohmann::json& payload;  ///< what the action asks for, by its table
  };
  using Handler = void (ChargePoint::*)(Request& request);
  /// Null: the action is not supported.
  [[nodiscard]] static Handler handler_of(Action action);

 private:
  enum class Registration : std::uint8_t { none, pending, rejected, accepted };
  class Bench;
  struct Rare;

  /// A card that somebody holds to the reader, until it is known whether it may charge.
  struct Presented {
    enum class Stage : std::uint8_t { none, undecided, asking };
    CardNumber card;
    StartedBy by = StartedBy::nobody;
    bool driver = false;  // that the model made: drives away when it is refused
    Stage stage = Stage::none;
  };

  /// What is kept of each connector; the first is the charge point itself.
  struct Outlet {
    Shown told;                  // by the last StatusNotification
    bool known = false;          // whether there was one since power on
    std::uint32_t session = 0;   // ours, of the transaction that runs; 0: none
    TimePoint tell_at = kNever;  // the status, if it lasts until then
    Sample begin;                // of the transaction
    WallTime begun;
    CardNumber parent;      // of the card that may charge
    CardNumber stopped_by;  // the card that ends the transaction just now
    Presented presented;
    std::vector<TimedSample> history;  // of the transaction, for transactionData
  };

  /// Of a CALL that an operator wants, until it is sent.
  struct Wanted {
    std::uint16_t number = 0;  // in Call::detail, upper half
    bool unchecked = false;
    device::AnswerId answers = 0;
    std::vector<codec::envelope::Override> fields;
  };

  /// A request that an operator wants answered later.
  struct Delayed {
    TimePoint at;
    std::string message;
    Answering answering;
  };

  // charge_point.cc
  void enter(Host& host);
  /// When so much of the CSMS's time has passed.
  [[nodiscard]] TimePoint after(Duration real) const {
    return now_ + device::in_model_time(real, time_scale_);
  }
  void note_work() { work_ = true; }
  [[nodiscard]] Outlet& outlet(ConnectorNumber connector);
  [[nodiscard]] bool speaks() const { return online_ && registration_ == Registration::accepted; }
  void pump(Host& host);
  bool send(Host& host, const codec::ocpp::Outgoing& out);
  [[nodiscard]] const Wanted* wanted(std::uint32_t detail) const;
  void forget_wanted(std::uint32_t detail);
  void drop_wanted(Host& host, std::string_view why);
  [[nodiscard]] codec::ocpp::Rules reading_rules(const Host& host) const;

  // clock.cc
  /// What the charge point takes for the time: times of its messages and of the CSMS are by this.
  [[nodiscard]] WallTime clock(Host& host) const;
  /// By the currentTime of an answer.
  void set_clock(Host& host, std::string_view payload);
  void shift_clock(Host& host, std::chrono::microseconds step);

  // boot.cc
  void ask_to_boot();
  void boot_failed(Host& host);
  void boot_answered(Host& host, const nlohmann::json& answer);
  void take_heartbeat_interval(Host& host, std::int64_t seconds);

  // statuses.cc
  void consider_status(Host& host, ConnectorNumber connector);
  void tell_status(Host& host, ConnectorNumber connector);
  void tell_warning(Host& host, std::uint8_t fault);
  void tell_further_fault(Host& host, ConnectorNumber connector, FaultCode code);
  void tell_changed_statuses(Host& host);
  void tell_due_statuses(Host& host);
  void status_unsaid(std::uint16_t connector);

  // authorization.cc
  void present(ConnectorNumber connector, std::string_view card, StartedBy by, bool driver);
  [[nodiscard]] std::optional<KnownCard> known_card(Host& host, const CardNumber& card) const;
  void decide(Host& host, ConnectorNumber connector);
  void decide_offline(Host& host, ConnectorNumber connector);
  void admit(Host& host, ConnectorNumber connector, const CardNumber& parent);
  void refuse(Host& host, ConnectorNumber connector, std::string_view why);
  void authorize_settled(Host& host, const codec::ocpp::Settled& settled, const nlohmann::json& answer);
  /// Takes in an idTagInfo.
  KnownCard learn(Host& host, const CardNumber& card, const nlohmann::json& info);

  // transactions.cc
  codec::ocpp::TransactionQueue::Added add_message(Host& host,
                                                   const codec::ocpp::TransactionMessage& message);
  void remember(Host& host, ConnectorNumber connector, const Sample& sample, Context context);
  void add_meter_values(Host& host, ConnectorNumber connector, Context context, TimePoint due);
  void plan_aligned(Host& host);
  void tell_aligned(Host& host);
  void start_answered(Host& host, const codec::ocpp::Settled& settled, const CardNumber& card,
                      const nlohmann::json& answer);
  void begin_ration(Host& host, ConnectorNumber connector);
  void end_rations(Host& host);
  [[nodiscard]] ConnectorNumber connector_of_transaction(const Station& station, std::int64_t id) const;

  // answers.cc
  void answer_came(Host& host, const codec::ocpp::Frame& frame);
  void settled(Host& host, const codec::ocpp::Settled& settled, std::string_view payload,
               const CardNumber& card = {}, std::string_view refusal = {});

  // requests.cc
  void requested(Host& host, const codec::ocpp::Frame& frame, std::string_view message);
  void carry_on(Host& host, const codec::ocpp::Frame& frame, const Answering& answering);
  [[nodiscard]] Answering answering_of(std::string_view action);
  void say_result(Host& host, std::string_view id, std::string_view payload);
  void answer(Request& request, const nlohmann::json& payload);
  void answer_status(Request& request, std::string_view status);
  void answer_error(Host& host, std::string_view id, codec::ocpp::ErrorCode code, std::string_view why);
  void answer_delayed(Host& host);

  // core_requests.cc
  void change_availability(Request& request);
  void clear_cache(Request& request);
  void data_transfer(Request& request);
  void remote_start(Request& request);
  void remote_stop(Request& request);
  void reset(Request& request);
  void unlock_connector(Request& request);
  [[nodiscard]] ConnectorNumber free_connector(const Station& station, std::string_view card) const;
  /// True: the pile is off now.
  bool carry_out_reset(Host& host);
  [[nodiscard]] bool reset_fails(Host& host);

  // configuration_requests.cc
  void change_configuration(Request& request);
  void get_configuration(Request& request);

  // reservation_requests.cc
  void reserve_now(Request& request);
  void cancel_reservation(Request& request);

  // trigger_requests.cc
  void trigger_message(Request& request);
  void tell_asked(Host& host, Action action, ConnectorNumber connector);

  // triggers.cc
  [[nodiscard]] Status can_be_made(Host& host, const codec::ocpp::Call& call);

  // smart_charging.cc
  [[nodiscard]] std::vector<std::optional<RunningTransaction>> running(Host& host);
  void answer_reply(Request& request, const Reply& reply);
  void set_charging_profile(Request& request);
  void clear_charging_profile(Request& request);
  void get_composite_schedule(Request& request);
  [[nodiscard]] bool keep_profile(Request& request, ConnectorNumber connector);
  /// Makes what the profiles say now the model's limits.
  void follow_profiles(Host& host);
  void send_local_list(Request& request);
  void get_local_list_version(Request& request);

  // upkeep.cc
  [[nodiscard]] Upkeep& upkeep();
  void add_security_event(Host& host, std::string_view type, std::string_view info);
  void memory_is_full(Host& host);
  void begin_firmware(Host& host, FirmwareOrder order);
  void begin_upload(Host& host, UploadOrder order);
  void advance_upkeep(Host& host);
  void upkeep_booted(Host& host);
  void tell_notices(Host& host);
  void notice_unsaid(Action action, std::uint32_t detail);
  void notice_settled(const codec::ocpp::Settled& settled);
  [[nodiscard]] Notice notice_now(Action action) const;
  void write_notice(codec::json::Writer& writer, const PileView& view,
                    const codec::ocpp::Outgoing& out) const;

  // upkeep_requests.cc
  [[nodiscard]] TimePoint model_time(Host& host, std::optional<WallTime> at) const;
  void refill_upload(Host& host);
  void update_firmware(Request& request);
  void signed_update_firmware(Request& request);
  void get_diagnostics(Request& request);
  void get_log(Request& request);

  // security_requests.cc
  void install_certificate(Request& request);
  void delete_certificate(Request& request);
  void get_installed_certificate_ids(Request& request);
  void certificate_signed(Request& request);
  void extended_trigger_message(Request& request);
  [[nodiscard]] bool make_certificate_request(Host& host);
  /// What the whitepaper asks of AuthorizationKey and SecurityProfile. Errors: rejected.
  [[nodiscard]] Status may_change(Host& host, const ConfigurationKey& key, std::string_view value);
  /// Before the configuration changes so: what has to be changed with it.
  void changes_security(Host& host, const ConfigurationKey& key, std::string_view value);
  void try_profile(Host& host);
  void show_installed_certificate(Host& host);
  void profile_works(Host& host);
  void fall_back(Host& host);

  // rare_state.cc
  [[nodiscard]] std::size_t save_rare(std::span<std::byte> out) const;
  /// False when the bytes are not of save_rare().
  [[nodiscard]] bool read_rare(std::span<const std::byte> saved, Rare& rare) const;
  void take_rare(Rare rare);

  // payloads.cc
  void write_payload(codec::json::Writer& writer, const PileView& view,
                     const codec::ocpp::Outgoing& out) const;
  void write_transaction_message(codec::json::Writer& writer, const PileView& view,
                                 const codec::ocpp::Outgoing& out) const;
  void write_transaction_now(codec::json::Writer& writer, const PileView& view,
                             const codec::ocpp::Outgoing& out) const;
  void write_status(codec::json::Writer& writer, const PileView& view,
                    const codec::ocpp::Outgoing& out) const;

  codec::ocpp::Calls calls_;
  std::vector<Outlet> outlets_;
  CardCache cache_;
  std::unique_ptr<ChargingProfiles> profiles_;  // null: none
  std::unique_ptr<LocalList> local_list_;       // null: it is empty
  std::unique_ptr<Upkeep> upkeep_;              // null: nothing of it was ever asked for
  AnswerRules answer_rules_;
  std::vector<Delayed> delayed_;
  std::vector<Wanted> wanted_;
  const codec::ocpp::Outgoing* outgoing_ = nullptr;  // while it is told
  TimePoint now_ = TimePoint::min();                 // of the last call
  double time_scale_ = 1;
  TimePoint boot_at_ = kNever;  // the next try
  TimePoint aligned_at_ = kNever;
  TimePoint reset_at_ = kNever;                 // at the latest
  TimePoint stalled_until_ = TimePoint::min();  // the platform reads too slowly
  std::chrono::microseconds clock_offset_{0};   // what the clock is ahead of the fleet's
  std::uint64_t identity_;
  std::uint32_t sessions_ = 0;
  std::uint32_t boot_tries_ = 0;  // without an answer, since the last one
  std::uint32_t refused_cards_ = 0;
  std::uint32_t not_understood_ = 0;  // messages that were none
  std::uint16_t last_wanted_ = 0;
  std::uint8_t reset_tries_ = 0;  // that have failed
  Registration registration_ = Registration::none;
  StopReason resets_as_ = StopReason::reboot;
  bool memory_full_ = false;  // of transaction messages, and that was told
  bool online_ = false;
  bool work_ = false;  // something was noted that advance() has to look at
};

}  // namespace vfleet::pile::ocpp16
