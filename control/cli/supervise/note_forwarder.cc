#include "control/cli/supervise/note_forwarder.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "control/cli/render/read.h"

namespace vfleet::cli {

void NoteForwarder::trim() {
  while (lines_.size() > kKeptMax) {
    lines_.pop_front();
    ++dropped_;
    ++dropped_untold_;
  }
}

void NoteForwarder::add(Line line) {
  lines_.push_back(std::move(line));
  trim();
}

void NoteForwarder::put_back() {
  lines_.insert(lines_.begin(), std::make_move_iterator(in_flight_.begin()),
                std::make_move_iterator(in_flight_.end()));
  in_flight_.clear();
  id_.clear();
  trim();
}

void NoteForwarder::connected() {
  put_back();
  connected_ = true;
  understood_ = true;
  due_ = TimePoint{};
}

void NoteForwarder::disconnected() {
  put_back();
  connected_ = false;
}

TimePoint NoteForwarder::next_due() const {
  if (!connected_ || !understood_) return kNever;
  if (!id_.empty()) return sent_at_ + kAnswerWithin;
  return lines_.empty() ? kNever : due_;
}

void NoteForwarder::tick(TimePoint now) {
  if (now < next_due()) return;
  if (!id_.empty()) put_back();  // no answer: once more
  if (lines_.empty()) return;
  if (dropped_untold_ > 0) {
    lines_.push_front({"up", lines_.front().at_us, "warn",
                       fmt::format("{} lines are missing here: control was away for long", dropped_untold_)});
    dropped_untold_ = 0;
  }
  const std::string source = lines_.front().source;
  nlohmann::json lines = nlohmann::json::array();
  std::size_t bytes = 0;
  // All lines of one source go together, even where others' lie between: each says when it was written.
  std::deque<Line> others;
  for (Line& line : lines_) {
    if (line.source != source || lines.size() >= kBatchLinesMax || bytes >= kBatchBytesMax) {
      others.push_back(std::move(line));
      continue;
    }
    bytes += line.text.size();
    lines.push_back({{"at_us", line.at_us}, {"level", line.level}, {"text", line.text}});
    in_flight_.push_back(std::move(line));
  }
  lines_ = std::move(others);
  id_ = send_("note", {{"source", source}, {"lines", std::move(lines)}});
  sent_at_ = now;
  due_ = now + kEvery;
}

bool NoteForwarder::take(const nlohmann::json& answer) {
  if (id_.empty() || text_at(answer, "id") != id_) return false;
  const std::string kind = text_at(answer, "kind");
  if (kind == "error" && text_at(answer, "message").find("unknown verb") != std::string::npos) {
    put_back();  // for the next control
    understood_ = false;
  } else if (kind == "error") {
    dropped_ += in_flight_.size();
    in_flight_.clear();
    id_.clear();
  } else if (kind == "result") {
    in_flight_.clear();
    id_.clear();
    // What came meanwhile need not wait.
    if (!lines_.empty()) due_ = TimePoint{};
  }
  return true;
}

}  // namespace vfleet::cli
