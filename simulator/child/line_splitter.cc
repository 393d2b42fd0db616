#include "simulator/child/line_splitter.h"

namespace vfleet::child {

void LineSplitter::feed(std::string_view bytes) {
  if (dropping_) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    dropping_ = false;
  }
  if (taken_ > 0) {
    buffer_.erase(0, taken_);
    scanned_ -= taken_;
    taken_ = 0;
  }
  buffer_ += bytes;
}

std::optional<std::string_view> LineSplitter::next() {
  for (;;) {
    const auto end = buffer_.find('\n', scanned_);
    if (end == std::string::npos) {
      scanned_ = buffer_.size();
      if (scanned_ - taken_ > line_bytes_max_) {
        buffer_.resize(taken_);
        scanned_ = taken_;
        dropping_ = true;
        ++too_long_;
      }
      return std::nullopt;
    }
    std::string_view line = std::string_view(buffer_).substr(taken_, end - taken_);
    taken_ = scanned_ = end + 1;
    if (line.size() > line_bytes_max_) {
      ++too_long_;
      continue;
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
}

void LineSplitter::clear() {
  buffer_.clear();
  taken_ = scanned_ = 0;
  dropping_ = false;
}

}  // namespace vfleet::child
