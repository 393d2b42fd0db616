#include "simulator/platform/command_book.h"

#include <algorithm>
#include <charconv>

#include "simulator/codec/json/writer.h"

namespace vfleet::platform {
namespace {

constexpr std::string_view kPrefix = "cmd-";

}  // namespace

std::string_view to_string(DownCommand::State state) {
  switch (state) {
    case DownCommand::State::queued:
      return "queued";
    case DownCommand::State::delivered:
      return "delivered";
    case DownCommand::State::answered:
      return "answered";
  }
  return "unknown";
}

Result<std::string> CommandBook::queue(std::string_view device, std::string_view type, std::string data) {
  if (claims_ != nullptr) forget_claimed(device);
  const auto found = waiting_.find(device);
  if (found != waiting_.end() && found->second.size() >= kPerDeviceMax) {
    return fail(Errc::rejected, std::to_string(kPerDeviceMax) + " commands already wait for " +
                                    std::string(device) + ": it has not asked for them");
  }
  const Number number = last_ + 1;
  queue_as(number, device, type, std::move(data));
  if (claims_ != nullptr) claims_->open(number);
  ++counts_.queued;
  return std::string(kPrefix) + std::to_string(number);
}

void CommandBook::queue_as(std::uint64_t number, std::string_view device, std::string_view type,
                           std::string data) {
  if (commands_.size() >= kKeptMax) forget_oldest();
  last_ = number;
  commands_.emplace(number, DownCommand{std::string(device), std::string(type), std::move(data)});
  waiting_[std::string(device)].push_back(number);
}

template <class Each>
void CommandBook::take_each(std::string_view device, Each each) {
  const auto found = waiting_.find(device);
  if (found == waiting_.end()) return;
  for (const Number number : found->second) {
    if (claims_ != nullptr && !claims_->claim(number)) continue;
    DownCommand& command = commands_.at(number);
    command.state = DownCommand::State::delivered;
    ++counts_.delivered;
    each(number, command);
  }
  waiting_.erase(found);
}

void CommandBook::deliver(std::string_view device, std::string& out) {
  const std::vector<std::string> commands = take(device);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    out += i == 0 ? ",\"commands\":[" : ",";
    out += commands[i];
  }
  if (!commands.empty()) out += ']';
}

std::vector<std::string> CommandBook::take(std::string_view device) {
  std::vector<std::string> out;
  take_each(device, [&out](Number number, const DownCommand& command) {
    codec::json::Writer writer(out.emplace_back());
    writer.begin_object();
    writer.key("id").text(std::string(kPrefix) + std::to_string(number));
    writer.key("type").text(command.type);
    writer.key("data").raw(command.data);
    writer.end_object();
  });
  return out;
}

std::optional<CommandBook::Given> CommandBook::take_next(std::string_view device) {
  const auto found = waiting_.find(device);
  if (found == waiting_.end()) return std::nullopt;
  std::optional<Given> out;
  while (!out && !found->second.empty()) {
    const Number number = found->second.front();
    found->second.pop_front();
    if (claims_ != nullptr && !claims_->claim(number)) continue;
    DownCommand& command = commands_.at(number);
    command.state = DownCommand::State::delivered;
    ++counts_.delivered;
    out = Given{std::string(kPrefix) + std::to_string(number), command.type, command.data};
  }
  if (found->second.empty()) waiting_.erase(found);
  return out;
}

bool CommandBook::answered(std::string_view device, std::string_view id, std::string_view text) {
  const auto found = commands_.find(number_of(id));
  if (found == commands_.end() || found->second.device != device) return false;
  DownCommand& command = found->second;
  if (claims_ != nullptr ? !claims_->answer(found->first) : command.state != DownCommand::State::delivered)
    return false;
  command.state = DownCommand::State::answered;
  command.answer = text;
  ++counts_.answered;
  return true;
}

const DownCommand* CommandBook::find(std::string_view id) const {
  const auto found = commands_.find(number_of(id));
  return found == commands_.end() ? nullptr : &found->second;
}

void CommandBook::forget_claimed(std::string_view device) {
  const auto queue = waiting_.find(device);
  if (queue == waiting_.end()) return;
  std::erase_if(queue->second, [this](Number number) { return !claims_->is_open(number); });
  if (queue->second.empty()) waiting_.erase(queue);
}

void CommandBook::forget_oldest() {
  const auto oldest = commands_.begin();
  if (oldest->second.state == DownCommand::State::queued) {
    // Where processes share the commands, the first to forget one counts it.
    if (claims_ == nullptr || claims_->claim(oldest->first)) ++counts_.dropped;
    if (const auto queue = waiting_.find(oldest->second.device); queue != waiting_.end()) {
      std::erase(queue->second, oldest->first);
      if (queue->second.empty()) waiting_.erase(queue);
    }
  }
  commands_.erase(oldest);
}

CommandBook::Number CommandBook::number_of(std::string_view id) {
  if (!id.starts_with(kPrefix)) return 0;
  id.remove_prefix(kPrefix.size());
  Number number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  return error == std::errc{} && end == id.data() + id.size() ? number : 0;
}

}  // namespace vfleet::platform
