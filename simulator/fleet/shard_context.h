#pragma once

#include <string_view>
#include <utility>

#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

/// The world of one device during one call.
class Shard::Context final : public device::DeviceContext {
 public:
  Context(Shard& shard, Member& member, TimePoint now)
      : shard_(shard), member_(member), real_now_(now), now_(shard.model_time(now)) {}
  /// A call whose answer may come later: `then` takes it.
  Context(Shard& shard, Member& member, TimePoint now, std::uint32_t waiter, LateAnswer then)
      : Context(shard, member, now) {
    waiter_ = waiter;
    then_ = std::move(then);
  }

  [[nodiscard]] std::string_view id() const override {
    if (id_.empty()) id_ = member_.group->id(member_.index, id_buffer_);
    return id_;
  }
  [[nodiscard]] TimePoint now() const override { return now_; }
  [[nodiscard]] WallTime wall_now() const override {
    if (shard_.assignment_.time_scale == 1) return shard_.loop_.clock().wall_now();
    return shard_.start_wall_ + std::chrono::duration_cast<std::chrono::microseconds>(now_ - shard_.start_);
  }
  [[nodiscard]] double time_scale() const override { return shard_.assignment_.time_scale; }
  [[nodiscard]] const device::DeviceConfig& config() const override { return member_.config->typed(); }
  [[nodiscard]] bool online() const override { return member_.online; }

  void emit(device::ReportIndex kind, device::Channel channel, std::uint32_t detail,
            std::string_view id) override {
    device::Report report{.kind = kind, .channel = channel, .detail = detail};
    report.head.id = id;
    (void)shard_.deliver(member_, *this, report, real_now_, nullptr);  // what is not sent is counted
  }

  void repace(std::size_t line) override { shard_.plan(member_, line, real_now_); }

  Status patch_config(std::string_view path, std::string_view value) override {
    const config::Key* key = member_.group->schema().find(path);
    if (key == nullptr) return fail(Errc::invalid_argument, "unknown key '" + std::string(path) + "'");
    auto parsed = config::parse_value(*key, value);
    if (!parsed) return tl::unexpected<Error>(std::move(parsed.error()));
    config::Values platform = member_.config->platform();
    platform.insert_or_assign(std::string(path), std::move(*parsed));
    auto config = shard_.config_for(member_, member_.config->overlay(), platform);
    if (!config) return tl::unexpected<Error>(std::move(config.error()));
    shard_.keeper_.platform_set(member_, path, value);
    shard_.reconfigure(member_, std::move(*config));
    return {};
  }

  void reboot(Duration down) override { shard_.go_down(member_, down); }
  void note(std::string_view text) override {
    if (shard_.log_ != nullptr) shard_.log_->line(log::Level::info, id(), text);
  }

  [[nodiscard]] std::optional<std::string> config_value(std::string_view path) const override {
    const config::Key* key = member_.group->schema().find(path);
    if (key == nullptr) return std::nullopt;
    const config::Values& values = member_.config->values();
    const auto at = values.find(path);
    return config::format_value(*key, at != values.end() ? at->second : key->initial, /*mask=*/false);
  }
  [[nodiscard]] std::string_view group() const override { return member_.group->name(); }
  [[nodiscard]] std::uint64_t boot_number() const override { return shard_.assignment_.boot; }
  void visit_labels(const std::function<void(std::string_view, std::string_view)>& visit) const override {
    member_.group->visit_labels(member_.index, visit);
  }
  [[nodiscard]] device::Waker waker() override { return {shard_, member_.key}; }
  void want_link(bool wanted) override { shard_.want_link(member_, wanted); }
  [[nodiscard]] device::AnswerId defer(Duration limit) override {
    if (!then_) return 0;
    deferred_ = true;
    return shard_.answers_.open(member_.key, limit, waiter_, std::exchange(then_, nullptr));
  }
  void answer(device::AnswerId id, Status status) override {
    (void)shard_.answers_.close(id, member_.key, std::move(status));
  }
  Result<std::uint32_t> tell(const device::Telling& telling) override {
    return shard_.tell(member_, *this, telling);
  }
  void settle(std::uint32_t seq, device::Verdict verdict) override {
    shard_.settle_report(member_, seq, verdict);
  }
  void refuse(std::uint32_t seq, std::string_view why) override { shard_.refuse_report(member_, seq, why); }
  Status say(std::string_view bytes) override { return shard_.say(member_, bytes); }
  void forgo(device::ReportIndex) override { shard_.not_sent(member_, NotSent::forgone); }
  void reconnect(bool drain) override { shard_.reconnect(member_, drain); }
  Result<device::TransferId> fetch(const device::Transfer& transfer) override {
    return shard_.fetch(member_, transfer);
  }
  void cancel_fetch(device::TransferId id) override { shard_.cancel_fetch(id); }
  Status emit_open(std::string_view name, device::Channel channel, std::string_view data,
                   device::AnswerId answers) override {
    device::Report report{.channel = channel, .name = name, .data = data};
    return shard_.emit_open(member_, *this, report, answers);
  }

  [[nodiscard]] TimePoint real_now() const { return real_now_; }
  /// For a call that goes on for long; what the device is told of the time stays.
  void look_at_clock() { real_now_ = shard_.loop_.now(); }
  [[nodiscard]] bool deferred() const { return deferred_; }

 private:
  Shard& shard_;
  Member& member_;
  TimePoint real_now_;
  TimePoint now_;
  std::uint32_t waiter_ = 0;
  LateAnswer then_;
  bool deferred_ = false;
  mutable Group::IdBuffer id_buffer_;
  mutable std::string_view id_;
};

}  // namespace vfleet::fleet
