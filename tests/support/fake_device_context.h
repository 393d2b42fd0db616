#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/clock.h"
#include "simulator/device/device.h"
#include "simulator/device/type.h"

namespace vfleet::test {

/// The world of one device on virtual time, in place of the engine: it owns the device and its configuration,
/// wakes the model at its events, sends what is scheduled, and keeps every message.
///
///   FakeDeviceContext world(*make_charging_pile(), {{"connectors", {std::int64_t{2}}}});
///   world.start();
///   ASSERT_TRUE(world.act("plug", {{"connector", {std::int64_t{1}}}}));
///   world.run_for(1h);
///   EXPECT_EQ(world.count("session_start"), 1);
class FakeDeviceContext : public device::DeviceContext {
 public:
  struct Message {
    TimePoint at;
    std::string report;
    device::Channel channel = 0;
    std::uint32_t detail = 0;
    std::string id;    ///< of the platform's request that this answers
    std::string text;  ///< the bytes
  };

  /// A transfer that the device wants; nothing goes anywhere, the test ends it.
  struct Fetch {
    device::TransferId id = 0;
    device::Transfer::Method method = device::Transfer::Method::get;
    std::string url;
    std::string body;
    std::string type;
    bool open = true;
  };

  /// `values` are laid over the schema's defaults. A configuration that build() refuses fails the test.
  explicit FakeDeviceContext(std::unique_ptr<device::DeviceType> type, config::Values values = {},
                             std::string id = "device-00001", std::uint64_t seed = 42);
  ~FakeDeviceContext() override;

  /// Power on and, unless told otherwise, connect.
  void start(bool connect = true);
  void connect();
  void disconnect();

  /// Time moves; the model's events and scheduled reports happen when they are due, events first.
  void run_for(Duration duration);
  void run_until(TimePoint until);
  /// Until `done` holds, looked at after each thing that happens; false when `limit` passed first.
  bool run_until(const std::function<bool()>& done, Duration limit);

  /// An action with the described defaults filled in. An argument that is not described fails the test.
  [[nodiscard]] Status act(std::string_view action, config::Values args = {});
  void receive(std::string_view message);
  /// Encodes a report as a trigger does; the message is kept like the others.
  [[nodiscard]] Result<std::string> trigger(std::string_view report, device::Channel channel = 0,
                                            const std::vector<codec::envelope::Override>& overrides = {});
  /// A live change of configuration, in values of the schema's kinds.
  [[nodiscard]] Status set(std::string_view path, config::Value value);

  /// Every transfer so far.
  [[nodiscard]] const std::vector<Fetch>& fetches() const { return fetches_; }
  /// The newest one ends so; the test fails when it has ended already. `http_status` 0: no answer.
  void finish_fetch(unsigned http_status, std::string_view body = {});

  /// What the device would have kept now.
  [[nodiscard]] std::vector<std::byte> saved();
  /// The worker died, and another one goes on from `saved` in its next boot, now. Whether the device knew the
  /// bytes.
  [[nodiscard]] bool resume(std::span<const std::byte> saved);

  [[nodiscard]] device::Device& device() { return *device_; }
  [[nodiscard]] const device::DeviceType& type() const { return *type_; }
  [[nodiscard]] const std::vector<Message>& messages() const { return messages_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  void forget() { messages_.clear(), notes_.clear(); }
  /// How many messages of this report (and channel, unless 0) there are.
  [[nodiscard]] std::size_t count(std::string_view report, device::Channel channel = 0) const;
  /// The newest message of this report; fails the test when there is none.
  [[nodiscard]] const Message& last(std::string_view report, device::Channel channel = 0) const;
  /// state.NAME as text; "(none)" when the model has no such state.
  [[nodiscard]] std::string state(std::string_view name) const;
  [[nodiscard]] bool rebooting() const { return boot_at_ != kNever; }
  /// Whether lines of the timetable send; on at first.
  void set_schedule(bool on) { scheduled_ = on; }
  [[nodiscard]] std::uint64_t not_sent() const { return not_sent_; }

  // DeviceContext
  [[nodiscard]] std::string_view id() const override { return id_; }
  [[nodiscard]] TimePoint now() const override { return clock_.now(); }
  [[nodiscard]] WallTime wall_now() const override { return clock_.wall_now(); }
  [[nodiscard]] double time_scale() const override { return scale; }
  [[nodiscard]] const device::DeviceConfig& config() const override { return *config_; }
  [[nodiscard]] bool online() const override { return online_; }
  void emit(device::ReportIndex kind, device::Channel channel, std::uint32_t detail,
            std::string_view id) override;
  void repace(std::size_t line) override;
  [[nodiscard]] Status patch_config(std::string_view path, std::string_view value) override;
  void reboot(Duration down) override;
  void note(std::string_view text) override { notes_.emplace_back(text); }
  Result<device::TransferId> fetch(const device::Transfer& transfer) override;
  void cancel_fetch(device::TransferId id) override;
  [[nodiscard]] std::optional<std::string> config_value(std::string_view path) const override;
  [[nodiscard]] std::uint64_t boot_number() const override { return boot_; }

  // A device that converses.
  Result<std::uint32_t> tell(const device::Telling& telling) override;
  void settle(std::uint32_t seq, device::Verdict verdict) override { verdicts[seq] = verdict; }
  void refuse(std::uint32_t seq, std::string_view why) override {
    refusals[seq] = why;
    settle(seq, device::Verdict::refused);
  }
  Status say(std::string_view bytes) override;
  void forgo(device::ReportIndex /*kind*/) override { ++forgone; }
  void reconnect(bool /*drain*/) override { ++reconnects; }
  [[nodiscard]] device::AnswerId defer(Duration /*limit*/) override { return ++deferred_; }
  void answer(device::AnswerId id, Status status) override {
    answered.insert_or_assign(id, std::move(status));
  }
  [[nodiscard]] device::AnswerId deferred() const { return deferred_; }

  std::map<std::uint32_t, device::Verdict> verdicts;  ///< by report
  std::map<std::uint32_t, std::string> refusals;      ///< why, by report
  std::vector<std::string> said;
  std::map<device::AnswerId, Status> answered;
  std::uint64_t forgone = 0;
  std::uint64_t reconnects = 0;
  bool congested = false;  ///< the platform reads nothing
  double scale = 1;        ///< what the device is told as time_scale(); all times of this world are model time
  /// Changed by patch_config(), besides the type's own keys: uplink.*.
  std::map<std::string, std::string, std::less<>> uplink_values;

 protected:
  /// When the platform acts by itself, and what it does then: part of the run of time.
  [[nodiscard]] virtual TimePoint platform_next() const { return kNever; }
  virtual void platform_acts() {}

 private:
  struct Line {
    TimePoint due = kNever;
    Duration period{0};
  };

  Status encode(device::ReportIndex kind, device::Channel channel, std::uint32_t detail, bool triggered,
                std::string_view id, const std::vector<codec::envelope::Override>& overrides, TimePoint due);
  void set_timetable();
  TimePoint next() const;  // the next thing to happen
  void happen();           // everything due now
  void adopt(std::unique_ptr<const device::DeviceConfig> config);

  std::unique_ptr<device::DeviceType> type_;
  config::Values values_;
  std::string id_;
  std::uint64_t seed_;
  ManualClock clock_;
  TimePoint start_;
  std::unique_ptr<const device::DeviceConfig> config_;
  std::vector<std::unique_ptr<const device::DeviceConfig>> old_configs_;
  std::unique_ptr<device::Device> device_;
  std::vector<Line> lines_;
  std::vector<Message> messages_;
  std::vector<std::string> notes_;
  std::vector<Fetch> fetches_;
  TimePoint boot_at_ = kNever;
  std::uint64_t boot_ = 1;
  std::uint64_t seq_ = 0;
  std::uint64_t not_sent_ = 0;
  device::AnswerId deferred_ = 0;
  bool online_ = false;
  bool scheduled_ = true;
};

}  // namespace vfleet::test
