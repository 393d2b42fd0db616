#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "devices/charging_pile/charging_pile.h"
#include "simulator/core/clock.h"
#include "simulator/device/device.h"

namespace vfleet::test {

inline void require(bool holds) {
  if (!holds) std::abort();
}

/// The number that a text begins with, of five digits at most.
inline unsigned number(std::string_view text) {
  unsigned out = 0;
  for (const char c : text.substr(0, 5)) {
    if (c < '0' || c > '9') break;
    out = out * 10 + static_cast<unsigned>(c - '0');
  }
  return out;
}

/// A charging pile on virtual time, and what a network, a driver and an operator do to it. One deed a line,
/// beside those of a dialect:
///   +N      N seconds pass          u, d    the connection comes, ends
///   p1 q1 s1CARD    plug, unplug, swipe     e   emergency stop, or all faults cleared
///   w       the worker dies, another goes on       aMESSAGE WITH    action answer       tREPORT [PATH=VALUE]
///   lN      line N of the timetable is due         x0, x1           the file that is fetched comes, does not
class FuzzedPile : public device::DeviceContext {
 public:
  /// `values` are laid over the schema's defaults.
  FuzzedPile(std::string id, config::Values values) : id_(std::move(id)) {
    values_ = type().description().schema.defaults();
    for (auto& [path, value] : values) values_.insert_or_assign(path, std::move(value));
    values_.insert_or_assign("reboot_time", config::Value{Duration(std::chrono::seconds(5))});
    config_ = build();
    require(config_ != nullptr);
    device_ = type().make(1, 7, *config_);
    device_->boot(*this);
  }

  /// The first lines of an input.
  void deeds(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 4096));
    for (int lines = 0; !rest.empty() && lines < 64; ++lines) {
      const std::size_t end = rest.find('\n');
      deed(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }

  // DeviceContext
  [[nodiscard]] std::string_view id() const override { return id_; }
  [[nodiscard]] TimePoint now() const override { return clock_.now(); }
  [[nodiscard]] WallTime wall_now() const override { return clock_.wall_now(); }
  [[nodiscard]] const device::DeviceConfig& config() const override { return *config_; }
  [[nodiscard]] bool online() const override { return online_; }
  [[nodiscard]] std::uint64_t boot_number() const override { return life_; }
  void emit(device::ReportIndex, device::Channel, std::uint32_t, std::string_view) override {
    require(false);
  }
  void repace(std::size_t) override {}
  void note(std::string_view) override {}
  void reboot(Duration down) override { boot_at_ = now() + down; }
  [[nodiscard]] std::optional<std::string> config_value(std::string_view path) const override {
    const config::Key* key = type().description().schema.find(path);
    if (key == nullptr) return std::nullopt;
    return config::format_value(*key, values_.at(std::string(path)), false);
  }
  [[nodiscard]] Status patch_config(std::string_view path, std::string_view value) override {
    const config::Key* key = type().description().schema.find(path);
    if (key == nullptr) return fail(Errc::invalid_argument, "no such key");
    auto read = config::parse_value(*key, value);
    if (!read) return tl::unexpected(read.error());
    const config::Values before = values_;
    values_.insert_or_assign(std::string(path), std::move(*read));
    auto next = build();
    if (next == nullptr) {
      values_ = before;
      return fail(Errc::invalid_argument, "not together with the rest");
    }
    old_.push_back(std::exchange(config_, std::move(next)));
    device_->reconfigure(*this, *old_.back());
    return {};
  }
  /// The bytes of what the pile tells. Errors: link_down, and what it does not encode.
  [[nodiscard]] Status encode(const device::Telling& telling, codec::Buffer& out) {
    require(!off());
    if (!online()) return fail(Errc::link_down, "offline");
    const device::Report report{.kind = telling.kind, .channel = telling.channel, .detail = telling.detail};
    return device_->encode(*this, report, telling.overrides, out);
  }
  Result<device::TransferId> fetch(const device::Transfer&) override { return fetching_ = ++fetches_; }
  void cancel_fetch(device::TransferId id) override {
    if (id == fetching_) fetching_ = 0;
  }

 protected:
  [[nodiscard]] static const device::DeviceType& type() {
    static const std::unique_ptr<device::DeviceType> made = make_charging_pile();
    return *made;
  }
  [[nodiscard]] bool off() const { return boot_at_ != kNever; }
  [[nodiscard]] device::Device& device() { return *device_; }
  [[nodiscard]] static config::Value word(std::string_view text) { return {std::string(text)}; }

  /// A line of the dialect's own, while the pile is on. False: it is none.
  virtual bool dialect_deed(std::string_view line) = 0;
  /// The connection has gone, with what waited for an answer.
  virtual void disconnected() = 0;
  /// The pile has lived through what happened.
  virtual void passed() {}

  void set_link(bool up) {
    if (off() || online_ == up) return;
    device_->advance(*this);
    disconnected();
    online_ = up;
    if (up) {
      device_->link_up(*this);
    } else {
      device_->link_down(*this);
    }
  }

 private:
  static config::Value connector(std::string_view text) {
    return {std::int64_t{!text.empty() && text[0] == '2' ? 2 : 1}};
  }
  /// Operators' texts are UTF-8 when they come here.
  static std::string card(std::string_view text) {
    std::string out(text.substr(0, 21));
    for (char& c : out) c = static_cast<char>('0' + (static_cast<unsigned char>(c) & 0x3fU));
    return out;
  }

  [[nodiscard]] std::unique_ptr<const device::DeviceConfig> build() const {
    auto built = type().build(values_);
    return built ? std::move(*built) : nullptr;
  }
  void act(std::string_view name, const config::Values& args) { (void)device_->act(*this, {name, &args}); }

  void deed(std::string_view line) {
    if (line.empty()) return;
    const std::string_view rest = line.substr(1);
    switch (line[0]) {
      case '+':
        return pass(std::chrono::seconds(number(rest) % 7200));
      case 'u':
        return set_link(true);
      case 'd':
        return set_link(false);
      case 'w':
        return die();
      default:
        break;
    }
    if (off()) return;
    device_->advance(*this);
    if (!dialect_deed(line)) common_deed(line[0], rest);
    passed();
  }

  void common_deed(char deed, std::string_view rest) {
    switch (deed) {
      case 'p':
        return act("plug",
                   {{"connector", connector(rest)}, {"vehicle", word("")}, {"soc", config::Value{0.3}}});
      case 'q':
        return act("unplug", {{"connector", connector(rest)}});
      case 's':
        return act("swipe", {{"connector", connector(rest)}, {"card", word(card(rest))}});
      case 'e':
        broken_ = !broken_;
        if (broken_) return act("estop", {});
        return act("clear", {{"code", word("all")}, {"connector", config::Value{std::int64_t{0}}}});
      case 'a': {
        const std::size_t space = rest.find(' ');
        const std::string_view with = space == std::string_view::npos ? "" : rest.substr(space + 1);
        return act("answer", {{"message", word(rest.substr(0, space))},
                              {"with", word(with)},
                              {"times", config::Value{std::int64_t{2}}},
                              {"after", config::Value{Duration(std::chrono::seconds(with.size() % 3))}}});
      }
      case 't':
        return trigger(rest);
      case 'l':
        return make_due(number(rest));
      case 'x':
        return end_fetch(rest == "0");
      default:
        return;
    }
  }

  void trigger(std::string_view rest) {
    if (!online_) return;
    std::vector<codec::envelope::Override> fields;
    const std::size_t space = rest.find(' ');
    if (space != std::string_view::npos) {
      const std::string_view field = rest.substr(space + 1);
      const std::size_t equals = field.find('=');
      if (equals != std::string_view::npos)
        fields.emplace_back(field.substr(0, equals), field.substr(equals + 1));
    }
    (void)device_->trigger(*this, {rest.substr(0, space), 0, fields, false});
  }

  void make_due(std::size_t line) {
    if (line >= device_->line_count(*config_) || !device_->pacing(line, *config_).scheduled()) return;
    device_->due(*this, line, now());
  }

  void end_fetch(bool comes) {
    if (fetching_ == 0) return;
    const device::TransferId id = std::exchange(fetching_, 0);
    const Status status = comes ? Status() : fail(Errc::link_down, "it broke");
    device_->fetched(*this, {id, status, comes ? 200U : 0U, "a file"});
  }

  void die() {
    std::array<std::byte, 32 * 1024> bytes;
    const std::size_t size = off() ? 0 : device_->save(*this, bytes);
    if (size == 0) return;
    ++life_;
    online_ = false;
    fetching_ = 0;
    disconnected();
    device_ = type().make(1, 7, *config_);
    require(device_->restore(*this, std::span(bytes).first(size)));
  }

  void pass(Duration duration) {
    const TimePoint until = now() + duration;
    for (int i = 0; i < 3000; ++i) {
      const TimePoint next = off() ? boot_at_ : device_->next_event();
      if (next > until) break;
      clock_.advance_to(std::max(next, now()));
      if (!off()) {
        device_->advance(*this);
        passed();
        continue;
      }
      boot_at_ = kNever;
      online_ = false;
      disconnected();
      device_->link_down(*this);
      device_->boot(*this);
    }
    clock_.advance_to(until);
    if (!off()) device_->advance(*this);
  }

  std::string id_;
  config::Values values_;
  std::unique_ptr<const device::DeviceConfig> config_;
  std::vector<std::unique_ptr<const device::DeviceConfig>> old_;
  std::unique_ptr<device::Device> device_;
  ManualClock clock_;
  TimePoint boot_at_ = kNever;
  std::uint64_t life_ = 1;
  device::TransferId fetching_ = 0;  // the newest one, while it is not done
  device::TransferId fetches_ = 0;
  bool online_ = false;
  bool broken_ = false;
};

}  // namespace vfleet::test
