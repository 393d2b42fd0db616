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
  const auto found = waiting_.find(device);
  if (found != waiting_.end() && found->second.size() >= kPerDeviceMax) {
    return fail(Errc::rejected, std::to_string(kPerDeviceMax) + " commands already wait for " +
                                    std::string(device) + ": it has not asked for them");
  }
  if (commands_.size() >= kKeptMax) forget_oldest();
  const Number number = ++last_;
  commands_.emplace(number, DownCommand{std::string(device), std::string(type), std::move(data)});
  waiting_[std::string(device)].push_back(number);
  ++counts_.queued;
  return std::string(kPrefix) + std::to_string(number);
}

void CommandBook::deliver(std::string_view device, std::string& out) {
  const auto found = waiting_.find(device);
  if (found == waiting_.end()) return;
  out += ",\"commands\":";
  codec::json::Writer writer(out);
  writer.begin_array();
  for (const Number number : found->second) {
    DownCommand& command = commands_.at(number);
    command.state = DownCommand::State::delivered;
    ++counts_.delivered;
    writer.begin_object();
    writer.key("id").text(std::string(kPrefix) + std::to_string(number));
    writer.key("type").text(command.type);
    writer.key("data").raw(command.data);
    writer.end_object();
  }
  writer.end_array();
  waiting_.erase(found);
}

bool CommandBook::answered(std::string_view device, std::string_view id, std::string_view text) {
  const auto found = commands_.find(number_of(id));
  if (found == commands_.end() || found->second.device != device) return false;
  DownCommand& command = found->second;
  if (command.state != DownCommand::State::delivered) return false;
  command.state = DownCommand::State::answered;
  command.answer = text;
  ++counts_.answered;
  return true;
}

const DownCommand* CommandBook::find(std::string_view id) const {
  const auto found = commands_.find(number_of(id));
  return found == commands_.end() ? nullptr : &found->second;
}

void CommandBook::forget_oldest() {
  const auto oldest = commands_.begin();
  if (oldest->second.state == DownCommand::State::queued) {
    ++counts_.dropped;
    const auto queue = waiting_.find(oldest->second.device);
    std::erase(queue->second, oldest->first);
    if (queue->second.empty()) waiting_.erase(queue);
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
