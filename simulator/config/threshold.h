#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

/// What a run has to achieve, as a text: "p99(meter.ack) < 300ms", "loss == 0", "rate >= 5000/s".
/// docs/results.md has the grammar. This reads and names; control/results measures.
namespace vfleet::config {

enum class MeasureKind : std::uint8_t {
  quantile,    ///< p50 ... p999 of a latency
  max,         ///< of a latency
  mean,        ///< of a latency
  samples,     ///< count(LATENCY): how many were measured
  rate,        ///< reports acknowledged a second
  loss,        ///< reports that were sent and never arrived
  dropped,     ///< reports that got a number and gave way in a queue
  errors,      ///< reports that were sent and failed, by reason
  not_sent,    ///< reports that were due and never sent, by reason
  link_downs,  ///< connections that ended or never came about, by reason
  sent,
  acked,
  received,     ///< by the platform, as it says
  missing,      ///< in the platform's sequences
  duplicates,   ///< at the platform
  online,       ///< the lowest part of the devices that was online
  utilisation,  ///< of the busiest worker in its busiest five seconds
};

/// Which times a latency is of.
enum class Way : std::uint8_t {
  none,
  send,      ///< due to handed to the kernel
  ack,       ///< due to acknowledged
  answer,    ///< handed to the kernel to acknowledged
  arrival,   ///< due to arrived at the platform, as it says or an echo does
  lateness,  ///< due to begun by the scheduler
};

enum class Dimension : std::uint8_t { seconds, per_second, share, count };

/// The left side of a threshold.
struct Measure {
  std::string text;  ///< as it reads: "p99(meter.ack)"
  MeasureKind kind = MeasureKind::loss;
  double quantile = 0;  ///< 0..1
  Way way = Way::none;
  std::string uplink;  ///< empty: all
  std::string type;    ///< of device; empty: all
  std::string report;  ///< empty: all
  std::string reason;  ///< of errors, not_sent, link_downs; empty: all of them

  [[nodiscard]] Dimension dimension() const;
  friend bool operator==(const Measure&, const Measure&) = default;
};

enum class Comparison : std::uint8_t { less, at_most, more, at_least, equal, unequal };

struct Threshold {
  std::string text;  ///< with single spaces
  Measure measure;
  Comparison comparison = Comparison::equal;
  double value = 0;  ///< s, 1/s, 0..1 or a count
  /// "loss < 0.1%", "online >= 99%": `value` is a part (of the reports that were sent; of the devices).
  bool share = false;

  friend bool operator==(const Threshold&, const Threshold&) = default;
};

/// "p99(meter.ack) > +10%": how one run may differ from another, for `vfleet compare`.
struct Change {
  std::string text;
  Measure measure;
  Comparison comparison = Comparison::more;
  double value = 0;       ///< 0.1 for +10%; else in the measure's unit
  bool relative = false;  ///< to the first run; else the difference

  friend bool operator==(const Change&, const Change&) = default;
};

/// What is wrong in a text, and where.
struct TextMistake {
  std::size_t column = 1;  ///< from 1, in bytes
  std::string message;
  std::string hint;  ///< what was probably meant; may be empty

  friend bool operator==(const TextMistake&, const TextMistake&) = default;
};

/// "message (did you mean 'hint'?)"
[[nodiscard]] std::string to_string(const TextMistake& mistake);

[[nodiscard]] tl::expected<Threshold, TextMistake> parse_threshold(std::string_view text);
[[nodiscard]] tl::expected<Change, TextMistake> parse_change(std::string_view text);

/// Whether `found` is as it should be.
[[nodiscard]] bool holds(Comparison comparison, double found, double wanted);

}  // namespace vfleet::config
