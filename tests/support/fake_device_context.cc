#include "tests/support/fake_device_context.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "simulator/core/hash.h"
#include "simulator/device/one_state.h"

namespace vfleet::test {
namespace {

config::Values with_defaults(const std::vector<config::Key>& keys, config::Values given) {
  for (const auto& [path, value] : given) {
    const bool known =
        std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.path == path; });
    EXPECT_TRUE(known) << path << " is not described";
  }
  for (const config::Key& key : keys) given.try_emplace(key.path, key.initial);
  return given;
}

}  // namespace

FakeDeviceContext::FakeDeviceContext(std::unique_ptr<device::DeviceType> type, config::Values values,
                                     std::string id, std::uint64_t seed)
    : type_(std::move(type)),
      values_(std::move(values)),
      id_(std::move(id)),
      seed_(seed),
      start_(clock_.now()) {
  auto built = type_->build(with_defaults(type_->description().schema.keys(), values_));
  if (!built) {
    ADD_FAILURE() << "build: " << built.error().detail;
    std::abort();
  }
  config_ = std::move(*built);
  device_ = type_->make(seed, hash(id_), *config_);
}

FakeDeviceContext::~FakeDeviceContext() = default;

void FakeDeviceContext::start(bool connect_too) {
  device_->boot(*this);
  set_timetable();
  if (connect_too) connect();
}

std::vector<std::byte> FakeDeviceContext::saved() {
  std::vector<std::byte> bytes(32 * 1024);
  bytes.resize(device_->save(*this, bytes));
  return bytes;
}

bool FakeDeviceContext::resume(std::span<const std::byte> saved) {
  online_ = false;
  boot_at_ = kNever;
  ++boot_;
  auto next = type_->make(seed_, hash(id_), *config_);
  if (!next->restore(*this, saved)) return false;
  device_ = std::move(next);
  set_timetable();
  connect();
  return true;
}

void FakeDeviceContext::connect() {
  device_->advance(*this);
  online_ = true;
  device_->link_up(*this);
}

void FakeDeviceContext::disconnect() {
  device_->advance(*this);
  online_ = false;
  device_->link_down(*this);
}

void FakeDeviceContext::set_timetable() {
  lines_.assign(device_->line_count(*config_), Line{});
  for (std::size_t i = 0; i < lines_.size(); ++i) repace(i);
}

void FakeDeviceContext::repace(std::size_t i) {
  ASSERT_LT(i, lines_.size() + 1);
  if (i >= lines_.size()) return;
  lines_[i].period = device_->pacing(i, *config_).period;
  lines_[i].due = kNever;
  if (lines_[i].period.count() <= 0) return;
  const auto passed = (clock_.now() - start_) / lines_[i].period;
  lines_[i].due = start_ + (passed + 1) * lines_[i].period;
}

TimePoint FakeDeviceContext::next() const {
  if (rebooting()) return std::min(boot_at_, platform_next());
  TimePoint due = std::min(device_->next_event(), platform_next());
  for (const Line& line : lines_) due = std::min(due, scheduled_ ? line.due : kNever);
  return due;
}

void FakeDeviceContext::happen() {
  if (platform_next() <= clock_.now()) return platform_acts();
  if (rebooting()) {
    if (boot_at_ > clock_.now()) return;
    boot_at_ = kNever;
    if (device_->converses()) device_->link_down(*this);
    device_->boot(*this);
    set_timetable();
    connect();
    return;
  }
  device_->advance(*this);
  for (std::size_t i = 0; i < lines_.size() && !rebooting(); ++i) {
    if (!scheduled_ || lines_[i].due > clock_.now()) continue;
    const TimePoint due = lines_[i].due;
    lines_[i].due += lines_[i].period;
    if (device_->converses()) {
      device_->due(*this, i, due);
      continue;
    }
    const device::ReportLine line = device_->line(i);
    EXPECT_TRUE(encode(line.kind, line.channel, 0, false, {}, {}, due));
  }
}

void FakeDeviceContext::run_for(Duration duration) {
  run_until(clock_.now() + duration);
}

void FakeDeviceContext::run_until(TimePoint until) {
  run_until([] { return false; }, until - clock_.now());
}

bool FakeDeviceContext::run_until(const std::function<bool()>& done, Duration limit) {
  const TimePoint until = clock_.now() + limit;
  int stuck = 0;
  while (!done()) {
    const TimePoint due = next();
    if (due > until) {
      clock_.advance_to(until);
      if (!rebooting()) device_->advance(*this);
      return done();
    }
    stuck = due <= clock_.now() ? stuck + 1 : 0;
    if (stuck > 1000) {
      ADD_FAILURE() << "the model asks again and again for the time that it has";
      return false;
    }
    clock_.advance_to(due);
    happen();
  }
  return true;
}

Status FakeDeviceContext::act(std::string_view action, config::Values args) {
  const device::ActionDescription* description = nullptr;
  for (const auto& each : type_->description().actions) {
    if (each.name == action) description = &each;
  }
  if (description == nullptr) return fail(Errc::invalid_argument, "no action " + std::string(action));
  args = with_defaults(description->args, std::move(args));
  device_->advance(*this);
  return device_->act(*this, {.name = action, .args = &args});
}

void FakeDeviceContext::receive(std::string_view message) {
  device_->advance(*this);
  device_->receive(*this, message);
}

Result<device::TransferId> FakeDeviceContext::fetch(const device::Transfer& transfer) {
  fetches_.push_back({.id = static_cast<device::TransferId>(fetches_.size() + 1),
                      .method = transfer.method,
                      .url = std::string(transfer.url),
                      .body = std::string(transfer.body),
                      .type = std::string(transfer.type)});
  return fetches_.back().id;
}

void FakeDeviceContext::cancel_fetch(device::TransferId id) {
  for (Fetch& each : fetches_) {
    if (each.id == id) each.open = false;
  }
}

void FakeDeviceContext::finish_fetch(unsigned http_status, std::string_view body) {
  ASSERT_FALSE(fetches_.empty());
  ASSERT_TRUE(fetches_.back().open);
  fetches_.back().open = false;
  Status status;
  if (http_status == 0) status = fail(Errc::link_down, "connection_refused");
  if (http_status > 299) status = fail(Errc::rejected, "HTTP status " + std::to_string(http_status));
  device_->advance(*this);
  device_->fetched(
      *this,
      {.id = fetches_.back().id, .status = std::move(status), .http_status = http_status, .body = body});
}

Result<std::string> FakeDeviceContext::trigger(std::string_view report, device::Channel channel,
                                               const std::vector<codec::envelope::Override>& overrides) {
  if (!online_) return fail(Errc::link_down, "offline");
  device_->advance(*this);
  const auto& reports = type_->description().reports;
  const auto at =
      std::find_if(reports.begin(), reports.end(), [&](const auto& each) { return each.name == report; });
  if (at == reports.end()) return fail(Errc::invalid_argument, "no report " + std::string(report));
  if (auto encoded = encode(static_cast<device::ReportIndex>(at - reports.begin()), channel, 0, true, {},
                            overrides, now());
      !encoded) {
    return tl::unexpected(encoded.error());
  }
  return messages_.back().text;
}

void FakeDeviceContext::adopt(std::unique_ptr<const device::DeviceConfig> config) {
  device_->advance(*this);
  old_configs_.push_back(std::move(config_));
  config_ = std::move(config);
  device_->reconfigure(*this, *old_configs_.back());
  if (device_->line_count(*config_) != lines_.size()) set_timetable();
  for (std::size_t i = 0; i < lines_.size(); ++i) repace(i);
}

Status FakeDeviceContext::set(std::string_view path, config::Value value) {
  config::Values changed = values_;
  changed.insert_or_assign(std::string(path), std::move(value));
  auto built = type_->build(with_defaults(type_->description().schema.keys(), changed));
  if (!built) return tl::unexpected(built.error());
  values_ = std::move(changed);
  adopt(std::move(*built));
  return {};
}

Status FakeDeviceContext::patch_config(std::string_view path, std::string_view value) {
  if (const config::Key* key = type_->description().schema.find(path)) {
    auto read = config::parse_value(*key, value);
    if (!read) return tl::unexpected<Error>(std::move(read.error()));
    return set(path, std::move(*read));
  }
  if (path.starts_with("uplink.")) {
    uplink_values.insert_or_assign(std::string(path), std::string(value));
    return {};
  }
  return fail(Errc::invalid_argument, "no key " + std::string(path));
}

std::optional<std::string> FakeDeviceContext::config_value(std::string_view path) const {
  if (const auto at = uplink_values.find(path); at != uplink_values.end()) return at->second;
  for (const config::Key& key : type_->description().schema.keys()) {
    if (key.path != path) continue;
    const auto at = values_.find(path);
    return config::format_value(key, at != values_.end() ? at->second : key.initial, /*mask=*/false);
  }
  return std::nullopt;
}

Result<std::uint32_t> FakeDeviceContext::tell(const device::Telling& telling) {
  EXPECT_FALSE(rebooting()) << "a report while the power is off";
  if (!online_) return fail(Errc::link_down, "offline");
  if (congested) return fail(Errc::rejected, "queue full");
  if (auto encoded =
          encode(telling.kind, telling.channel, telling.detail, telling.answers != 0, {},
                 {telling.overrides.begin(), telling.overrides.end()}, telling.due.value_or(clock_.now()));
      !encoded) {
    return tl::unexpected(encoded.error());
  }
  return static_cast<std::uint32_t>(seq_);
}

Status FakeDeviceContext::say(std::string_view bytes) {
  if (!online_) return fail(Errc::link_down, "offline");
  said.emplace_back(bytes);
  return {};
}

void FakeDeviceContext::reboot(Duration down) {
  online_ = false;
  boot_at_ = clock_.now() + down;
}

void FakeDeviceContext::emit(device::ReportIndex kind, device::Channel channel, std::uint32_t detail,
                             std::string_view id) {
  EXPECT_FALSE(rebooting()) << "a report while the power is off";
  if (!online_) {
    ++not_sent_;
    return;
  }
  EXPECT_TRUE(encode(kind, channel, detail, false, id, {}, clock_.now()));
}

Status FakeDeviceContext::encode(device::ReportIndex kind, device::Channel channel, std::uint32_t detail,
                                 bool triggered, std::string_view id,
                                 const std::vector<codec::envelope::Override>& overrides, TimePoint due) {
  const auto& reports = type_->description().reports;
  if (kind >= reports.size()) return fail(Errc::invalid_argument, "no such report");
  if (!online_) {
    ++not_sent_;
    return {};
  }
  const std::int64_t now_us = to_us(clock_.wall_now());
  device::Report report{
      .kind = kind, .channel = channel, .detail = detail, .triggered = triggered, .head = {}};
  report.head = {.device = id_,
                 .boot = boot_,
                 .seq = seq_ + 1,
                 .due_us = now_us - to_us(clock_.now() - due),
                 .sent_us = now_us,
                 .type = reports[kind].name,
                 .channel = channel,
                 .id = id};
  codec::Buffer out;
  if (auto encoded = device_->encode(*this, report, overrides, out); !encoded) return encoded;
  ++seq_;
  messages_.push_back({clock_.now(), reports[kind].name, channel, detail, std::string(id), std::move(out)});
  return {};
}

std::size_t FakeDeviceContext::count(std::string_view report, device::Channel channel) const {
  return static_cast<std::size_t>(std::count_if(messages_.begin(), messages_.end(), [&](const Message& each) {
    return each.report == report && (channel == 0 || each.channel == channel);
  }));
}

const FakeDeviceContext::Message& FakeDeviceContext::last(std::string_view report,
                                                          device::Channel channel) const {
  for (auto at = messages_.rbegin(); at != messages_.rend(); ++at) {
    if (at->report == report && (channel == 0 || at->channel == channel)) return *at;
  }
  static const Message none;
  ADD_FAILURE() << "no " << report << " was sent";
  return none;
}

std::string FakeDeviceContext::state(std::string_view name) const {
  device::OneState visitor(name);
  device_->visit_state(*this, visitor);
  return visitor.found.value_or("(none)");
}

}  // namespace vfleet::test
