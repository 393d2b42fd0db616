#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simulator/bus/selector.h"
#include "simulator/bus/worker_host.h"
#include "simulator/codec/envelope/envelope.h"
#include "simulator/device/device.h"
#include "simulator/fleet/answers.h"
#include "simulator/fleet/effective.h"
#include "simulator/fleet/figures.h"
#include "simulator/fleet/group.h"
#include "simulator/fleet/keeper.h"
#include "simulator/fleet/member.h"
#include "simulator/fleet/member_names.h"
#include "simulator/fleet/offline_queue.h"
#include "simulator/log/device_log.h"
#include "simulator/loop/event_loop.h"
#include "simulator/uplink/credentials_source.h"

namespace vfleet::net {
class FileFetcher;
}

namespace vfleet::fleet {

/// Sees every report that leaves, for `vfleet watch`; costs nothing when there is none.
class ReportObserver {
 public:
  virtual ~ReportObserver() = default;
  virtual void report_left(const Member& member, const device::Report& report, std::string_view message) = 0;
};

/// Of what a platform says against a report, this much is told.
inline constexpr std::size_t kWhyBytesMax = 256;

/// Sees what devices that are traced (Member::traced) and their platform say, for `vfleet trace`. Of others
/// nothing is looked at. Views are valid during the call.
class TrafficObserver {
 public:
  virtual ~TrafficObserver() = default;
  /// Whether a device that joins is traced.
  [[nodiscard]] virtual bool traces(const Member& member) const = 0;
  /// The link took the bytes of a report. `seq` is 0 for what an operator sends as it is.
  virtual void sent(const Member& member, std::string_view report, std::uint32_t seq,
                    std::string_view bytes) = 0;
  /// Bytes of a conversing device that were no report.
  virtual void said(const Member& member, std::string_view bytes) = 0;
  /// A message of the platform, before the device reads it.
  virtual void heard(const Member& member, std::string_view message) = 0;
  /// What became of a report; its name is empty when the type does not describe it. `why` is what was said
  /// against one that is refused; may be empty.
  virtual void settled(const Member& member, std::string_view report, std::uint32_t seq, uplink::Fate fate,
                       std::string_view why) = 0;
  virtual void link_up(const Member& member) = 0;
  /// Also when it could not come up.
  virtual void link_down(const Member& member, std::string_view reason) = 0;
};

/// What an operator who waits for a triggered report is told.
class ReportWaiter {
 public:
  virtual ~ReportWaiter() = default;
  virtual void waited_sent(std::uint32_t waiter, const Member& member) = 0;
  /// `why` is what was said against a report that is refused; may be empty.
  virtual void waited_settled(std::uint32_t waiter, const Member& member, uplink::Fate fate,
                              std::string_view why) = 0;
  /// The device came online: reports held for it may go now.
  virtual void came_online(Member& member) = 0;
  /// The device leaves the shard; its key may be given to another.
  virtual void left(std::uint32_t key) = 0;
};

/// What to send besides what the schedule says.
struct ReportOrder {
  device::ReportIndex kind = 0;
  device::Channel channel = 0;
  std::span<const codec::envelope::Override> overrides;
  const std::string* payload = nullptr;  ///< sent as it is, valid or not, in place of the encoded report
  std::uint32_t waiter = 0;
  std::string_view name;  ///< of an open type's report; `kind` does not count then
  bool direct = false;    ///< not behind those that wait for their connection: they wait for this one
};

/// How a call into a device went. `later`: `status` does not count, the LateAnswer that was given is called.
struct CallOutcome {
  Status status;
  bool later = false;
};

/// The devices of one worker: runs their schedules and models, sends their reports, keeps the counts. Knows
/// nothing of commands; the loop, the registry and the uplinks' environment outlive it.
class Shard final : public uplink::LinkOwner,
                    public uplink::CredentialsSource,
                    private device::Waker::Target {
 public:
  Shard(loop::EventLoop& loop, const device::DeviceRegistry& types, uplink::UplinkEnvironment environment,
        board::Board board = board::Board::in_memory());
  ~Shard() override;

  /// Before the first device.
  Status begin(const bus::Assignment& assignment);

  /// Adds or replaces a group; devices that stay are kept, a group that only becomes larger or smaller does
  /// not touch them. New ones appear by add(), those that have to go leave by retire_some(). Errors as
  /// Group::from_json.
  [[nodiscard]] Result<Group*> put_group(std::string_view json);
  /// Its devices have to go.
  void remove_group(std::string_view name);
  /// Powers off, in order, devices that have to go, until `end`; their links drain for at most kDrainLimit.
  /// True when none is left. `gone` counts them.
  bool retire_some(TimePoint end, std::uint64_t& gone);
  /// Devices that have been powered off for good and whose links drain.
  [[nodiscard]] std::size_t draining() const { return draining_.size(); }
  static constexpr Duration kDrainLimit = std::chrono::seconds(3);
  [[nodiscard]] const std::vector<std::unique_ptr<Group>>& groups() const { return groups_; }
  [[nodiscard]] Group* find_group(std::string_view name) const;
  /// Whether device `index` of the group lives in this shard.
  [[nodiscard]] bool hosts(const Group& group, std::uint32_t index) const;

  /// Makes a device, not yet started, with a configuration of config_for().
  Member& add(Group& group, std::uint32_t index, ConfigRef config);
  void start(Member& member);

  [[nodiscard]] Member* find(std::string_view id) const;
  [[nodiscard]] Member* at(std::uint32_t key) const {
    return key < members_.size() && members_[key] != nullptr && !members_[key]->leaving ? members_[key].get()
                                                                                        : nullptr;
  }
  /// Keys are 0 .. key_end()-1; at() may be null for some.
  [[nodiscard]] std::uint32_t key_end() const { return static_cast<std::uint32_t>(members_.size()); }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// The configuration that `member` would have with `overlay` and `platform`. Errors: invalid_argument.
  [[nodiscard]] Result<ConfigRef> config_for(const Member& member, const config::Values& overlay,
                                             const config::Values& platform);
  /// The same for a device that is not there yet.
  [[nodiscard]] Result<ConfigRef> config_for(const Group& group, std::uint32_t index,
                                             const config::Values& overlay, const config::Values& platform);
  /// The configuration whose keys with Effect::boot the device still runs with; null when it is the one it
  /// has.
  [[nodiscard]] const EffectiveConfig* booted_with(const Member& member) const;
  /// Goes over to `config`: live keys at once, the link remade when they ask for it.
  void reconfigure(Member& member, ConfigRef config);
  void pause(Member& member, bool paused);
  void disconnect(Member& member, bool disconnected);
  /// Power off in order, and on again after `down` of model time.
  void reboot(Member& member, Duration down);
  [[nodiscard]] Status act(Member& member, const device::ActionCall& call);
  /// The same, for a device that may answer later; `then` is called once if it does.
  [[nodiscard]] CallOutcome act(Member& member, const device::ActionCall& call, LateAnswer then);
  /// What its uplink's links know (UplinkKind::actions).
  [[nodiscard]] Status act_on_link(Member& member, const uplink::LinkCall& call);
  /// A triggered report that the device makes: of an open type, or of a device that converses. `waiter` goes
  /// to the report that follows
  /// from it; `then` may be empty when nobody waits. Errors: as send(), and what the device says.
  [[nodiscard]] CallOutcome trigger(Member& member, const device::TriggerCall& call, std::uint32_t waiter,
                                    LateAnswer then);
  /// Errors: link_down ("offline", "rebooting"), rejected ("queue full"), what encode says.
  [[nodiscard]] Status send(Member& member, const ReportOrder& order);

  /// Calls visit with the device's state as selectors and people see it; `online` and `paused` first.
  void visit_state(Member& member, device::StateVisitor& visitor);

  /// Keeps what must not go back in `file` from now on, and devices that join go on from what it holds.
  /// Before the first device; `file` outlives the shard. Null: nothing is kept.
  void keep_state(state::StateFile* file) { keeper_.use(file); }
  [[nodiscard]] const Keeper& keeper() const { return keeper_; }
  /// What the state of this shard's devices of all groups takes.
  [[nodiscard]] std::uint64_t state_bytes();

  void observe(ReportObserver* observer) { observer_ = observer; }
  /// Null: nobody is traced.
  void trace(TrafficObserver* observer) { traffic_ = observer; }
  void waiter(ReportWaiter* waiter) { waiter_ = waiter; }
  /// Where devices and their links say what happens to them; may be null. It outlives the shard.
  void log(log::DeviceLog* log) { log_ = log; }
  [[nodiscard]] log::DeviceLog* log() const { return log_; }

  /// Schedules stop, links drain; `done` when all are closed or `limit` passed.
  void stop(Duration limit, std::function<void()> done);

  [[nodiscard]] const Figures& figures() const { return figures_; }
  [[nodiscard]] Figures& figures() { return figures_; }
  [[nodiscard]] const ConfigStore& configs() const { return *configs_; }
  [[nodiscard]] const bus::Assignment& assignment() const { return assignment_; }
  [[nodiscard]] loop::EventLoop& loop() const { return loop_; }
  [[nodiscard]] const device::DeviceRegistry& types() const { return types_; }
  /// Where the fleet's grid begins, on this process's monotonic clock.
  [[nodiscard]] TimePoint start_time() const { return start_; }

 private:
  friend class Member;
  class Context;

  void expired(Member& member);
  void run_lines(Member& member, Context& context, TimePoint now);
  void count_lateness(const Member& member, Duration late);
  void boot(Member& member);
  [[nodiscard]] bool resume(Member& member);  // false: it keeps nothing, or what it kept is of no use
  void leave_state(Member& member);
  void plan(Member& member, std::size_t line, TimePoint after);
  void plan_all(Member& member);
  void rearm(Member& member);
  /// The clock of schedules that follow the day. Errors: not_found, the zone; it shows UTC then.
  Status set_day_clock();
  [[nodiscard]] schedule::Grid grid(const Member& member, std::size_t line,
                                    const schedule::Pacing& pacing) const;
  void make_link(Member& member);
  void drop_link(Member& member);
  [[nodiscard]] TimePoint model_time(TimePoint real) const;
  [[nodiscard]] TimePoint real_time(TimePoint model) const;
  Status deliver(Member& member, Context& context, device::Report& report, TimePoint due,
                 const ReportOrder* order);
  /// Sends `message`, whose body is what the device told, in the form that its payload template gives it.
  uplink::Accepted pass(Member& member, const uplink::Ticket& ticket, uplink::Message message,
                        std::string_view open_name, bool raw);
  uplink::Accepted hand_over(Member& member, const uplink::Ticket& ticket, const uplink::Message& message,
                             bool raw);

  // Reports that wait for their device to come online.
  [[nodiscard]] bool may_wait(const Member& member, const device::Report& report) const;
  void keep(Member& member, WaitingReport report);
  void evict(Member& member, const uplink::Ticket& ticket);
  /// Of those that wait; false when the uplink does not take it now.
  bool send_oldest(Member& member);
  void drain(Member& member);
  void start_drain(Member& member);
  /// The configuration changed.
  void fit_queue(Member& member);
  /// The device leaves or the worker ends: what the uplink does not take is dropped.
  void empty_queue(Member& member);
  void forget_queue(Member& member);

  /// After a call into the device: what the model wants next, and the timer.
  void settle(Member& member);
  void go_down(Member& member, Duration down);
  /// Opens the link if operators and the device itself want it.
  void open_link(Member& member);
  void want_link(Member& member, bool wanted);
  /// The place of an open type's report among the counts of its type.
  [[nodiscard]] device::ReportIndex open_slot(const Member& member, std::string_view report);
  Status emit_open(Member& member, Context& context, device::Report& report, device::AnswerId answers);
  // What a conversing device does.
  Result<std::uint32_t> tell(Member& member, Context& context, const device::Telling& telling);
  Status say(Member& member, std::string_view bytes);
  void settle_report(Member& member, std::uint32_t seq, device::Verdict verdict);
  void refuse_report(Member& member, std::uint32_t seq, std::string_view why);
  void reconnect(Member& member, bool drain);
  // Files of devices: shard_transfers.cc.
  Result<device::TransferId> fetch(Member& member, const device::Transfer& transfer);
  void cancel_fetch(device::TransferId id);
  void wake(std::uint32_t key) override;
  void relink(Member& member, ConfigRef old);
  void check_stopped();
  void retire(std::uint32_t key);
  /// Forgets a device whose link has drained, or must not any longer.
  void forget(std::uint32_t key);
  [[nodiscard]] bool drains(std::uint32_t key, std::uint64_t identity) const {
    return members_[key] != nullptr && members_[key]->leaving && members_[key]->identity == identity;
  }
  void check_drained();
  /// Where the latencies of this report are counted; may be null.
  [[nodiscard]] board::LatencyRow* latency(Group& group, std::size_t report) {
    const std::optional<board::LatencyRow*> row = group.latencies[report];
    return row ? *row : find_latency(group, report);
  }
  board::LatencyRow* find_latency(Group& group, std::size_t report);
  void log_link_down(const Member& member, std::string_view reason);
  /// Whom to tell of what this device says and hears; null: nobody.
  [[nodiscard]] TrafficObserver* traced(const Member& member) const {
    return member.traced ? traffic_ : nullptr;
  }
  void not_sent(const Member& member, NotSent reason, std::uint64_t times = 1) {
    figures_.not_sent(reason) += times;
    member.group->figures.not_sent() += times;
    if (reason == NotSent::late) member.group->figures.late() += times;
  }

  // uplink::LinkOwner: for the uplinks only
  void link_up(uplink::LinkKey key) override;
  void link_down(uplink::LinkKey key, std::string_view reason) override;
  void report_sent(uplink::LinkKey key, const uplink::Ticket& ticket) override;
  void report_settled(uplink::LinkKey key, const uplink::Ticket& ticket, uplink::Fate fate) override;
  void report_refused(uplink::LinkKey key, const uplink::Ticket& ticket, std::string_view why) override;
  void report_echoed(uplink::LinkKey key, std::string_view report, std::int64_t due_us) override;
  void message_received(uplink::LinkKey key, std::string_view message) override;
  bool report_wanted(uplink::LinkKey key, std::string_view report) override;
  [[nodiscard]] const codec::text::Names& names(uplink::LinkKey key) override;
  void credentials(uplink::LinkKey key, TlsCredentials& out) override;

  loop::EventLoop& loop_;
  const device::DeviceRegistry& types_;
  uplink::UplinkEnvironment environment_;
  bus::Assignment assignment_;
  TimePoint start_;
  WallTime start_wall_;
  schedule::DayClock day_clock_;          // runs from start_
  std::unique_ptr<ConfigStore> configs_;  // outlives the members
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<std::unique_ptr<Group>> former_groups_;  // of devices that leave
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<std::uint32_t> free_keys_;
  std::size_t size_ = 0;
  std::string_view refusal_;  // while a report is settled as refused: what was said against it
  codec::Buffer scratch_;
  codec::Buffer payload_;
  MemberNames names_;
  Figures figures_;
  Keeper keeper_;
  std::unique_ptr<net::FileFetcher> fetcher_;  // null: nobody has wanted a file yet
  ReportObserver* observer_ = nullptr;
  TrafficObserver* traffic_ = nullptr;
  ReportWaiter* waiter_ = nullptr;
  log::DeviceLog* log_ = nullptr;
  // The old configuration of a device whose link is being remade: it holds the old link's uplink.
  std::unordered_map<std::uint32_t, ConfigRef> relinking_;
  struct Draining {
    std::uint32_t key;
    std::uint64_t identity;  // the key may be given to another
    TimePoint limit;
  };
  struct Left {
    std::uint32_t seq;
    std::uint32_t key;  // while it drains
  };
  std::vector<std::uint32_t> to_retire_;  // still run
  std::vector<Draining> draining_;
  // By identity, of devices that left: one that comes back in this life goes on counting.
  std::unordered_map<std::uint64_t, Left> left_;
  std::unordered_map<std::uint32_t, ConfigRef> booted_;                      // see booted_with()
  std::unordered_map<std::uint32_t, std::unique_ptr<OfflineQueue>> queues_;  // of devices that are `queued`
  // What the last configuration change did: a patch changes many devices in the same way.
  struct Transition {
    std::uint64_t from = 0;  // serials
    std::uint64_t to = 0;
    bool relink = false;
    bool boot = false;
  } transition_;
  Answers answers_;
  std::size_t types_stopping_ = 0;  // that have not yet ended what they run
  bool stopping_ = false;
  std::function<void()> stopped_;
  TimePoint stop_limit_;
  loop::CallbackTimer stop_check_;
  loop::CallbackTimer drain_check_;
};

}  // namespace vfleet::fleet
