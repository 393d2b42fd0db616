#include "control/server/command_log.h"

#include <cassert>

namespace vfleet::control::server {

namespace {

std::size_t size_of(const bus::Command& command) {
  return sizeof(bus::Command) + command.id.size() + command.selector.size() + command.args.size();
}

}  // namespace

void CommandLog::add(bus::Command command) {
  assert(command.seq == last_ + 1);
  last_ = command.seq;
  bytes_ += size_of(command);
  commands_.push_back(std::move(command));
  while (commands_.size() > commands_max_ || (bytes_ > bytes_max_ && commands_.size() > 1)) {
    bytes_ -= size_of(commands_.front());
    commands_.pop_front();
  }
}

std::optional<std::vector<bus::Command>> CommandLog::tail(std::uint64_t from, std::size_t bytes) const {
  std::vector<bus::Command> out;
  if (from > last_) return out;
  if (commands_.empty() || from < commands_.front().seq) return std::nullopt;
  std::size_t size = 0;
  for (auto at = commands_.begin() + static_cast<std::ptrdiff_t>(from - commands_.front().seq);
       at != commands_.end(); ++at) {
    size += size_of(*at);
    if (!out.empty() && size > bytes) break;
    out.push_back(*at);
  }
  return out;
}

}  // namespace vfleet::control::server
