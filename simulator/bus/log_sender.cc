#include "simulator/bus/log_sender.h"

#include <algorithm>

namespace vfleet::bus {

std::optional<LogLines> LogSender::next(std::uint64_t boot, TimePoint now, bool whatever) {
  if (sent_ > confirmed_ && now - moved_ >= kConfirmWithin) sent_ = confirmed_;
  if (!whatever && !window_open()) return std::nullopt;
  LogLines batch{.boot = boot, .lines = ring_.after(sent_, kBatchLines, kBatchBytes)};
  if (batch.lines.empty()) return std::nullopt;
  return batch;
}

void LogSender::sent(const LogLines& batch, TimePoint now) {
  if (sent_ == confirmed_) moved_ = now;
  sent_ = batch.lines.back().seq;
}

void LogSender::confirmed(const LogAck& ack, std::uint64_t boot, TimePoint now) {
  if (ack.boot != boot || ack.seq <= confirmed_ || ack.seq > ring_.last_seq()) return;
  confirmed_ = ack.seq;
  sent_ = std::max(sent_, confirmed_);
  moved_ = now;
  ring_.confirm(confirmed_);
}

}  // namespace vfleet::bus
