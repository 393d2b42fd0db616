#include "simulator/config/threshold.h"

#include <cmath>

#include "simulator/config/measure_reader.h"
#include "simulator/config/suggest.h"
#include "simulator/core/ascii.h"
#include "simulator/core/units.h"

namespace vfleet::config {
namespace {

bool counts_reports(MeasureKind kind) {
  return kind == MeasureKind::loss || kind == MeasureKind::dropped || kind == MeasureKind::errors ||
         kind == MeasureKind::not_sent || kind == MeasureKind::duplicates || kind == MeasureKind::missing;
}

std::string_view sign_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::less:
      return "<";
    case Comparison::at_most:
      return "<=";
    case Comparison::more:
      return ">";
    case Comparison::at_least:
      return ">=";
    case Comparison::equal:
      return "==";
    case Comparison::unequal:
      return "!=";
  }
  return "?";
}

/// What a threshold and a change have in common.
struct Sides {
  Measure measure;
  Comparison comparison;
  std::string_view value;    // as it is written
  std::size_t value_at = 0;  // in the text
};

tl::expected<Sides, TextMistake> sides_of(std::string_view text) {
  MeasureReader reader(text);
  auto measure = reader.measure();
  if (!measure) return tl::unexpected(std::move(measure.error()));
  const auto comparison = reader.comparison();
  if (!comparison) return tl::unexpected(comparison.error());
  const std::string_view value = reader.rest();
  return Sides{std::move(*measure), *comparison, value, reader.at()};
}

/// With what is shown, and read again elsewhere: with its spaces it is no longer than what may be written.
template <class T>
tl::expected<T, TextMistake> named(T out, Sides sides) {
  out.text =
      sides.measure.text + " " + std::string(sign_of(sides.comparison)) + " " + std::string(sides.value);
  if (out.text.size() > MeasureReader::kTextMax) return MeasureReader::wrong(0, MeasureReader::kTooLong);
  out.measure = std::move(sides.measure);
  return out;
}

Unit unit_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::seconds:
      return Unit::duration;
    case Dimension::per_second:
      return Unit::frequency;
    case Dimension::share:
      return Unit::ratio;
    case Dimension::count:
      return Unit::none;
  }
  return Unit::none;
}

std::string example_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::seconds:
      return "a duration such as 300ms";
    case Dimension::per_second:
      return "a rate such as 5000/s";
    case Dimension::share:
      return "a part such as 99%";
    case Dimension::count:
      return "a number";
  }
  return {};
}

}  // namespace

Dimension Measure::dimension() const {
  switch (kind) {
    case MeasureKind::quantile:
    case MeasureKind::max:
    case MeasureKind::mean:
      return Dimension::seconds;
    case MeasureKind::rate:
      return Dimension::per_second;
    case MeasureKind::online:
    case MeasureKind::utilisation:
      return Dimension::share;
    case MeasureKind::samples:
    case MeasureKind::loss:
    case MeasureKind::dropped:
    case MeasureKind::errors:
    case MeasureKind::not_sent:
    case MeasureKind::link_downs:
    case MeasureKind::sent:
    case MeasureKind::acked:
    case MeasureKind::received:
    case MeasureKind::missing:
    case MeasureKind::duplicates:
      return Dimension::count;
  }
  return Dimension::count;
}

std::string to_string(const TextMistake& mistake) {
  return mistake.message + did_you_mean(mistake.hint);
}

bool holds(Comparison comparison, double found, double wanted) {
  switch (comparison) {
    case Comparison::less:
      return found < wanted;
    case Comparison::at_most:
      return found <= wanted;
    case Comparison::more:
      return found > wanted;
    case Comparison::at_least:
      return found >= wanted;
    case Comparison::equal:
      return found == wanted;
    case Comparison::unequal:
      return found != wanted;
  }
  return false;
}

tl::expected<Threshold, TextMistake> parse_threshold(std::string_view text) {
  auto sides = sides_of(text);
  if (!sides) return tl::unexpected(std::move(sides.error()));
  const std::string_view value = sides->value;
  Threshold out;
  out.comparison = sides->comparison;
  const Dimension dimension = sides->measure.dimension();
  const bool part = value.ends_with('%') && counts_reports(sides->measure.kind);
  out.share = part || dimension == Dimension::share;
  const auto number = value.empty() || value.front() == '+'
                          ? Result<double>(fail(Errc::invalid_argument))
                          : parse_quantity(value, part ? Unit::ratio : unit_of(dimension));
  if (!number || !std::isfinite(*number) || *number < 0) {
    return MeasureReader::wrong(
        sides->value_at, value.empty() ? "there is nothing to compare with: expected " + example_of(dimension)
                                       : "'" + std::string(value) + "': expected " + example_of(dimension));
  }
  out.value = *number;
  return named(std::move(out), std::move(*sides));
}

tl::expected<Change, TextMistake> parse_change(std::string_view text) {
  auto sides = sides_of(text);
  if (!sides) return tl::unexpected(std::move(sides.error()));
  const std::string_view value = sides->value;
  const Dimension dimension = sides->measure.dimension();
  std::string_view digits = value;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  Change out;
  // Parts differ by percentage points.
  out.relative = digits.ends_with('%') && dimension != Dimension::share;
  const bool good = !digits.empty() && is_digit(digits.front());
  const auto number = good ? parse_quantity(digits, out.relative ? Unit::ratio : unit_of(dimension))
                           : Result<double>(fail(Errc::invalid_argument));
  if (!number || !std::isfinite(*number)) {
    return MeasureReader::wrong(
        sides->value_at,
        "'" + std::string(value) + "': expected a change such as +10% or " + example_of(dimension));
  }
  out.value = negative ? -*number : *number;
  out.comparison = sides->comparison;
  return named(std::move(out), std::move(*sides));
}

}  // namespace vfleet::config
