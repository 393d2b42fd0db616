#include "devices/external/external_device.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace vfleet::devices::external {
namespace {

using device::LogLevel;
using nlohmann::json;

const ExternalConfig& own(const device::DeviceConfig& config) {
  return static_cast<const ExternalConfig&>(config);
}

std::string printed(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// What an operator typed: JSON if it reads as such, else a text.
json json_or_text(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json(text) : value;
}

json to_json(const Message::Scalar& value) {
  return std::visit([](const auto& each) { return json(each); }, value);
}

/// The engine's number of what is answered; 0 when nobody waits for it.
device::AnswerId answer_of(const std::string& id) {
  device::AnswerId number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  return error == std::errc() && end == id.data() + id.size() ? number : 0;
}

LogLevel level_of(const std::string& word) {
  if (word == "error") return LogLevel::error;
  if (word == "warn" || word == "warning") return LogLevel::warn;
  if (word == "debug") return LogLevel::debug;
  return LogLevel::info;
}

}  // namespace

ExternalDevice::~ExternalDevice() {
  leave();
}

void ExternalDevice::join(device::DeviceContext& context) {
  program_ = programs_.join(*this, std::string(context.group()), own(context.config()).program);
}

void ExternalDevice::leave() {
  if (program_ == nullptr) return;
  std::size_t messages = 0;
  for (const auto& each : inbox_) messages += std::holds_alternative<Message>(each) ? 1 : 0;
  inbox_.clear();
  Program& program = *std::exchange(program_, nullptr);
  program.consumed(messages);
  program.leave(*this);
  started_ = false;
}

void ExternalDevice::boot(device::DeviceContext& context) {
  leave();
  id_ = context.id();
  waker_ = context.waker();
  context.want_link(false);  // until the program runs
  join(context);
}

void ExternalDevice::power_off(device::DeviceContext& /*context*/) {
  leave();
}

void ExternalDevice::reconfigure(device::DeviceContext& context, const device::DeviceConfig& before) {
  const ExternalConfig& now = own(context.config());
  const ExternalConfig& old = own(before);
  if (now.program.per != old.program.per) {
    leave();
    context.want_link(false);
    return join(context);
  }
  if (program_ == nullptr) return;
  if (now.settings != old.settings && started_) {
    json patch = json::object();
    for (const auto& [name, value] : now.settings) {
      const auto at = old.settings.find(name);
      if (at == old.settings.end() || at->second != value) patch[name] = value;
    }
    for (const auto& [name, value] : old.settings) {
      if (!now.settings.contains(name)) patch[name] = nullptr;
    }
    (void)program_->send(printed(
        {{"type", "config"}, {"device", id_}, {"config", json(now.settings)}, {"patch", std::move(patch)}}));
  }
  if (!(now.program == old.program)) program_->change(now.program);
}

void ExternalDevice::link_up(device::DeviceContext& /*context*/) {
  if (started_) (void)program_->send(printed({{"type", "online"}, {"device", id_}}));
}

void ExternalDevice::link_down(device::DeviceContext& /*context*/) {
  if (started_) (void)program_->send(printed({{"type", "offline"}, {"device", id_}}));
}

// --- what the program says

void ExternalDevice::program_up() {
  inbox_.emplace_back(Up{});
  waker_.wake();
}

void ExternalDevice::program_down() {
  started_ = false;  // at once: nothing more is asked of it
  inbox_.emplace_back(Down{});
  waker_.wake();
}

void ExternalDevice::program_said(Message message) {
  inbox_.emplace_back(std::move(message));
  waker_.wake();
}

void ExternalDevice::advance(device::DeviceContext& context) {
  std::size_t messages = 0;
  while (!inbox_.empty()) {
    auto event = std::move(inbox_.front());
    inbox_.pop_front();
    if (auto* message = std::get_if<Message>(&event)) {
      ++messages;
      hear(context, *message);
    } else if (std::holds_alternative<Up>(event)) {
      start(context);
    } else {
      context.want_link(false);
    }
  }
  if (messages > 0 && program_ != nullptr) program_->consumed(messages);
}

void ExternalDevice::start(device::DeviceContext& context) {
  if (program_ == nullptr || !program_->running()) return;
  json labels = json::object();
  context.visit_labels(
      [&](std::string_view name, std::string_view value) { labels[std::string(name)] = std::string(value); });
  json line = {{"type", "start"},
               {"v", 1},
               {"device", id_},
               {"group", std::string(context.group())},
               {"config", json(own(context.config()).settings)},
               {"labels", std::move(labels)},
               {"boot", context.boot_number()},
               {"online", context.online()}};
  if (!state_.empty()) {
    json& state = line["state"] = json::object();
    for (const auto& [name, value] : state_) state[name] = to_json(value);
  }
  if (!program_->send(printed(line))) return;
  started_ = true;
  context.want_link(true);
}

void ExternalDevice::hear(device::DeviceContext& context, Message& message) {
  const device::AnswerId answers = answer_of(message.id);
  switch (message.kind) {
    case Message::Kind::report:
      // What cannot be sent is counted by the engine.
      (void)context.emit_open(message.name, message.channel, message.data, answers);
      return;
    case Message::Kind::ok:
      return context.answer(answers, {});
    case Message::Kind::error:
      if (message.text.empty()) message.text = "refused by the program";
      if (message.id.empty() && program_ != nullptr) program_->log(LogLevel::warn, id_, message.text);
      return context.answer(answers, fail(Errc::rejected, message.text));
    case Message::Kind::state:
      return keep(message);
    case Message::Kind::log:
      if (program_ != nullptr) program_->log(level_of(message.name), id_, message.text);
      return;
    case Message::Kind::hello:
    case Message::Kind::pong:
      return;
  }
}

std::size_t ExternalDevice::save(const device::DeviceContext& /*context*/, std::span<std::byte> out) {
  unsaved_ = false;
  return write_state(state_, out);
}

bool ExternalDevice::restore(device::DeviceContext& context, std::span<const std::byte> saved) {
  auto state = read_state(saved);
  if (!state) return false;
  state_ = std::move(*state);
  boot(context);
  return true;
}

void ExternalDevice::keep(const Message& message) {
  unsaved_ = true;
  for (const std::string& name : message.forgotten) state_.erase(name);
  for (const auto& [name, value] : message.state) {
    if (state_.contains(name) || state_.size() < kStateMembersMax) state_.insert_or_assign(name, value);
  }
}

// --- what the program is asked

Status ExternalDevice::act(device::DeviceContext& context, const device::ActionCall& call) {
  if (!started_) return fail(Errc::rejected, "program not running");
  json args = json::object();
  for (const auto& [name, value] : *call.args) {
    if (const auto* text = std::get_if<std::string>(&value.data)) args[name] = json_or_text(*text);
  }
  const device::AnswerId answer = context.defer(own(context.config()).answer_timeout);
  const std::string id = answer != 0 ? std::to_string(answer) : "u" + std::to_string(++unasked_);
  Status sent = program_->send(printed({{"type", "do"},
                                        {"device", id_},
                                        {"id", id},
                                        {"action", std::string(call.name)},
                                        {"args", std::move(args)}}));
  if (!sent && answer != 0) context.answer(answer, sent);
  return sent;
}

Status ExternalDevice::trigger(device::DeviceContext& context, const device::TriggerCall& call) {
  if (!started_) return fail(Errc::rejected, "program not running");
  json fields = json::object();
  for (const auto& [path, value] : call.fields) fields[path] = json_or_text(value);
  const device::AnswerId answer = context.defer(own(context.config()).answer_timeout);
  const std::string id = answer != 0 ? std::to_string(answer) : "u" + std::to_string(++unasked_);
  json line = {{"type", "trigger"},
               {"device", id_},
               {"id", id},
               {"report", std::string(call.report)},
               {"fields", std::move(fields)}};
  if (call.channel != 0) line["ch"] = call.channel;
  Status sent = program_->send(printed(line));
  if (!sent && answer != 0) context.answer(answer, sent);
  return sent;
}

void ExternalDevice::receive(device::DeviceContext& /*context*/, std::string_view message) {
  if (started_)
    (void)program_->send(printed({{"type", "message"}, {"device", id_}, {"text", std::string(message)}}));
}

// --- what the engine asks

const schedule::Pacing& ExternalDevice::pacing(std::size_t /*i*/,
                                               const device::DeviceConfig& /*config*/) const {
  static const schedule::Pacing kNone{};
  return kNone;
}

Status ExternalDevice::encode(const device::DeviceContext& /*context*/, const device::Report& report,
                              std::span<const codec::envelope::Override> overrides,
                              codec::Buffer& out) const {
  codec::json::Writer writer(out);
  codec::envelope::begin(writer, report.head);
  out += report.data.empty() ? std::string_view("{}") : report.data;
  codec::envelope::finish(writer);
  return codec::envelope::override_fields(overrides, out);
}

void ExternalDevice::visit_state(const device::DeviceContext& /*context*/,
                                 device::StateVisitor& visitor) const {
  const bool none = program_ == nullptr;
  visitor.text("program", none ? "stopped" : to_string(program_->state()));
  visitor.number("pid", none ? 0 : static_cast<double>(program_->pid()), 0);
  visitor.number("restarts", none ? 0 : static_cast<double>(program_->restarts()), 0);
  visitor.number("malformed", none ? 0 : static_cast<double>(program_->malformed()), 0);
  for (const auto& [name, value] : state_) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      visitor.text(name, *text);
    } else if (const auto* number = std::get_if<double>(&value)) {
      visitor.number(name, *number, 3);
    } else {
      visitor.boolean(name, std::get<bool>(value));
    }
  }
}

}  // namespace vfleet::devices::external
