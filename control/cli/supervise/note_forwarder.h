#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/core/time.h"

namespace vfleet::cli {

/// Hands the lines that processes printed to control's verb `note`, in batches, one at a time. While control
/// is away, or does not know the verb, the last kKeptMax lines are kept; what falls out is told as a line.
class NoteForwarder {
 public:
  static constexpr std::size_t kKeptMax = 1000;
  static constexpr std::size_t kBatchLinesMax = 200;
  static constexpr std::size_t kBatchBytesMax = std::size_t{256} << 10U;
  static constexpr Duration kEvery = std::chrono::milliseconds(200);
  static constexpr Duration kAnswerWithin = std::chrono::seconds(5);

  struct Line {
    std::string source;
    std::int64_t at_us = 0;  ///< since the epoch
    std::string level;       ///< debug, info, warn, error
    std::string text;
  };
  /// Sends a request with these arguments and returns its id.
  using Send = std::function<std::string(std::string_view verb, const nlohmann::json& args)>;

  explicit NoteForwarder(Send send) : send_(std::move(send)) {}

  void add(Line line);
  /// A control process is there that was not there before. What had no answer is sent again.
  void connected();
  void disconnected();
  /// Sends what is due.
  void tick(TimePoint now);
  /// Whether `answer` was for this.
  bool take(const nlohmann::json& answer);
  /// When tick() has something to do; kNever while it has not.
  [[nodiscard]] TimePoint next_due() const;
  [[nodiscard]] std::size_t kept() const { return lines_.size() + in_flight_.size(); }
  /// Lines that were never handed over.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  void put_back();
  void trim();

  Send send_;
  std::deque<Line> lines_;
  std::deque<Line> in_flight_;
  std::string id_;  // of the request in flight; empty when there is none
  TimePoint sent_at_{};
  TimePoint due_{};
  bool connected_ = false;
  bool understood_ = true;  // as far as we know, this control has the verb
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_untold_ = 0;
};

}  // namespace vfleet::cli
