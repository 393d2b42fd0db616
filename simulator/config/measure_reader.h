#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "simulator/config/threshold.h"

namespace vfleet::config {

/// Reads "p99(meter.ack) < 300ms" from the front: the measure, how it is compared; rest() is with what. For
/// thresholds and changes.
class MeasureReader {
 public:
  static constexpr std::size_t kTextMax = 300;
  static constexpr const char* kTooLong = "longer than 300 characters";

  explicit MeasureReader(std::string_view text) : text_(text) {}

  [[nodiscard]] tl::expected<Measure, TextMistake> measure();
  [[nodiscard]] tl::expected<Comparison, TextMistake> comparison();
  /// What is left, without spaces around it; at() is then where it begins.
  [[nodiscard]] std::string_view rest();
  [[nodiscard]] std::size_t at() const { return at_; }

  using Failure = tl::unexpected<TextMistake>;
  /// `at` counts from 0.
  [[nodiscard]] static Failure wrong(std::size_t at, std::string message, std::string hint = {}) {
    return Failure(TextMistake{at + 1, std::move(message), std::move(hint)});
  }

 private:
  void skip_spaces();
  [[nodiscard]] std::string_view next_word();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace vfleet::config
