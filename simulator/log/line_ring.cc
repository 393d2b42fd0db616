#include "simulator/log/line_ring.h"

#include <algorithm>
#include <utility>

namespace vfleet::log {

void LineRing::push(std::int64_t at_us, Level level, std::string_view device, std::string_view text) {
  Line line{.at_us = at_us, .level = level, .device = clean(device, kDeviceBytesMax), .text = clean(text)};
  std::function<void()> pushed;
  {
    const std::lock_guard lock(mutex_);
    line.seq = ++seq_;
    bytes_ += weight(line);
    lines_.push_back(std::move(line));
    while (lines_.size() > limits_.lines || (bytes_ > limits_.bytes && lines_.size() > 1)) {
      drop_front();
      ++fallen_out_;
    }
    pushed = pushed_;
  }
  if (pushed) pushed();
}

void LineRing::drop_front() {
  bytes_ -= weight(lines_.front());
  lines_.pop_front();
}

std::vector<Line> LineRing::after(std::uint64_t seq, std::size_t lines, std::size_t bytes) const {
  const std::lock_guard lock(mutex_);
  std::vector<Line> out;
  if (lines_.empty() || seq >= seq_) return out;
  const std::uint64_t first = lines_.front().seq;
  std::size_t taken = 0;
  for (std::size_t i = seq < first ? 0 : seq - first + 1; i < lines_.size() && out.size() < lines; ++i) {
    taken += weight(lines_[i]);
    if (!out.empty() && taken > bytes) break;
    out.push_back(lines_[i]);
  }
  return out;
}

void LineRing::confirm(std::uint64_t seq) {
  const std::lock_guard lock(mutex_);
  while (!lines_.empty() && lines_.front().seq <= seq) drop_front();
}

std::uint64_t LineRing::last_seq() const {
  const std::lock_guard lock(mutex_);
  return seq_;
}

std::size_t LineRing::size() const {
  const std::lock_guard lock(mutex_);
  return lines_.size();
}

std::uint64_t LineRing::fallen_out() const {
  const std::lock_guard lock(mutex_);
  return fallen_out_;
}

void LineRing::on_push(std::function<void()> pushed) {
  const std::lock_guard lock(mutex_);
  pushed_ = std::move(pushed);
}

}  // namespace vfleet::log
