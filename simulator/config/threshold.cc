#include "simulator/config/threshold.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "simulator/config/suggest.h"
#include "simulator/core/ascii.h"
#include "simulator/core/units.h"

namespace vfleet::config {
namespace {

constexpr std::size_t kTextMax = 300;
constexpr const char* kTooLong = "longer than 300 characters";

/// What a measure's brackets hold.
enum class Subject : std::uint8_t { none, latency, report, reason };

struct Row {
  std::string_view name;
  MeasureKind kind;
  Subject subject;
};

constexpr std::array kMeasures = {
    Row{"max", MeasureKind::max, Subject::latency},
    Row{"mean", MeasureKind::mean, Subject::latency},
    Row{"count", MeasureKind::samples, Subject::latency},
    Row{"rate", MeasureKind::rate, Subject::report},
    Row{"loss", MeasureKind::loss, Subject::report},
    Row{"dropped", MeasureKind::dropped, Subject::report},
    Row{"errors", MeasureKind::errors, Subject::reason},
    Row{"not_sent", MeasureKind::not_sent, Subject::reason},
    Row{"link_downs", MeasureKind::link_downs, Subject::reason},
    Row{"sent", MeasureKind::sent, Subject::report},
    Row{"acked", MeasureKind::acked, Subject::report},
    Row{"received", MeasureKind::received, Subject::none},
    Row{"missing", MeasureKind::missing, Subject::none},
    Row{"duplicates", MeasureKind::duplicates, Subject::none},
    Row{"online", MeasureKind::online, Subject::none},
    Row{"utilisation", MeasureKind::utilisation, Subject::none},
};

struct WayRow {
  std::string_view name;
  Way way;
};
constexpr std::array kWays = {WayRow{"send", Way::send}, WayRow{"ack", Way::ack},
                              WayRow{"answer", Way::answer}, WayRow{"arrival", Way::arrival},
                              WayRow{"lateness", Way::lateness}};

constexpr std::array<std::string_view, 9> kErrorReasons = {"refused", "timed_out",   "connection_lost",
                                                           "evicted", "worker_lost", "offline",
                                                           "paused",  "queue_full",  "late"};
constexpr std::size_t kErrorReasonCount = 5;

constexpr const char* kAllMeasures =
    "expected p50 ... p999, max, mean or count of a latency, rate, loss, dropped, errors, not_sent, "
    "link_downs, sent, "
    "acked, received, missing, duplicates, online or utilisation";

// "p99" is 0.99, "p999" 0.999, "p5" 0.05.
std::optional<double> quantile_of(std::string_view word) {
  if (word.size() < 2 || word.size() > 7 || word.front() != 'p') return std::nullopt;
  double value = 0;
  double unit = 1;
  for (const char c : word.substr(1)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
    unit *= 10;
  }
  if (word.size() == 2) unit = 100;
  return value / unit;
}

bool is_word(char c) {
  return is_letter_or_digit(c) || c == '_';
}

std::vector<std::string> words_of_measures() {
  std::vector<std::string> words = {"p50", "p90", "p99", "p999"};
  for (const Row& row : kMeasures) words.emplace_back(row.name);
  return words;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  using Failure = tl::unexpected<TextMistake>;

  tl::expected<Measure, TextMistake> measure() {
    if (text_.size() > kTextMax) return wrong(0, kTooLong);
    skip_spaces();
    const std::size_t start = at_;
    const std::string_view word = next_word();
    if (word.empty()) return wrong(start, kAllMeasures);
    Measure out;
    Subject subject = Subject::latency;
    if (const auto quantile = quantile_of(word)) {
      out.kind = MeasureKind::quantile;
      out.quantile = *quantile;
    } else {
      const auto row = std::find_if(kMeasures.begin(), kMeasures.end(),
                                    [&](const Row& each) { return each.name == word; });
      if (row == kMeasures.end()) {
        const std::string near = word == "lost" ? "loss" : nearest_word(word, words_of_measures());
        return wrong(start, "unknown measure '" + std::string(word) + "'; " + kAllMeasures, near);
      }
      out.kind = row->kind;
      subject = row->subject;
    }
    out.text = word;
    skip_spaces();
    const std::size_t open = at_;
    if (at_ == text_.size() || text_[at_] != '(') {
      if (subject == Subject::latency) {
        return wrong(open, out.text + " needs a latency: " + out.text + "(meter.ack), " + out.text +
                               "(ack), " + out.text + "(lateness)");
      }
      return out;
    }
    if (subject == Subject::none) return wrong(open, out.text + " takes nothing in brackets");
    ++at_;
    const std::size_t close = text_.find(')', at_);
    if (close == std::string_view::npos) return wrong(open, "there is no ')'");
    std::size_t begin = at_;
    std::size_t end = close;
    while (begin < end && is_space(text_[begin])) ++begin;
    while (end > begin && is_space(text_[end - 1])) --end;
    at_ = close + 1;
    const std::string_view inner = text_.substr(begin, end - begin);
    if (inner.empty()) return wrong(begin, "there is nothing between the brackets");
    out.text += "(" + std::string(inner) + ")";
    switch (subject) {
      case Subject::latency:
        return latency(std::move(out), inner, begin);
      case Subject::report:
        return report(std::move(out), inner, begin);
      case Subject::reason:
        return reason(std::move(out), inner, begin);
      case Subject::none:
        break;
    }
    return out;
  }

  tl::expected<Comparison, TextMistake> comparison() {
    skip_spaces();
    const std::size_t start = at_;
    const auto sign = [this](std::string_view text) {
      if (!text_.substr(at_).starts_with(text)) return false;
      at_ += text.size();
      return true;
    };
    if (sign("<=")) return Comparison::at_most;
    if (sign("<")) return Comparison::less;
    if (sign(">=")) return Comparison::at_least;
    if (sign(">")) return Comparison::more;
    if (sign("==")) return Comparison::equal;
    if (sign("!=")) return Comparison::unequal;
    const bool one = start < text_.size() && text_[start] == '=';
    return wrong(start, "expected <, <=, >, >=, == or !=", one ? "==" : "");
  }

  /// The rest, and where it begins.
  std::string_view rest() {
    skip_spaces();
    std::string_view left = text_.substr(at_);
    while (!left.empty() && is_space(left.back())) left.remove_suffix(1);
    return left;
  }
  [[nodiscard]] std::size_t at() const { return at_; }

  static Failure wrong(std::size_t at, std::string message, std::string hint = {}) {
    return Failure(TextMistake{at + 1, std::move(message), std::move(hint)});
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t'; }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  std::string_view next_word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  // [UPLINK/][TYPE.]REPORT into `out`; `*` is every report.
  static tl::expected<void, TextMistake> name(Measure& out, std::string_view text, std::size_t column) {
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
      out.uplink = text.substr(0, slash);
      text.remove_prefix(slash + 1);
      column += slash + 1;
      if (out.uplink.empty()) return wrong(column - 1, "there is no uplink before the '/'");
    }
    if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
      out.type = text.substr(0, dot);
      text.remove_prefix(dot + 1);
      column += dot + 1;
      if (out.type.empty()) return wrong(column - 1, "there is no device type before the '.'");
    }
    if (text.empty()) return wrong(column, "there is no report; * is every one");
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!is_word(text[i]) && text[i] != '-' && text != "*")
        return wrong(column + i, "expected [UPLINK/][TYPE.]REPORT");
    }
    if (text != "*") out.report = text;
    if (out.type == "*") out.type.clear();
    if (out.uplink == "*") out.uplink.clear();
    return {};
  }

  static tl::expected<Measure, TextMistake> latency(Measure out, std::string_view inner, std::size_t column) {
    const std::size_t dot = inner.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? inner : inner.substr(dot + 1);
    const std::size_t last_at = dot == std::string_view::npos ? column : column + dot + 1;
    const auto way =
        std::find_if(kWays.begin(), kWays.end(), [&](const WayRow& each) { return each.name == last; });
    if (way == kWays.end()) {
      std::vector<std::string> words;
      for (const WayRow& each : kWays) words.emplace_back(each.name);
      std::string near = nearest_word(last, words);
      if (near.empty() && dot == std::string_view::npos && !last.empty()) near = std::string(inner) + ".ack";
      return wrong(last_at,
                   "'" + std::string(last) +
                       "' says no way: expected send, ack, answer or arrival, or REPORT and one of them, or "
                       "lateness",
                   near);
    }
    out.way = way->way;
    if (dot == std::string_view::npos) return out;
    if (out.way == Way::lateness) {
      const std::string whole = std::string(last);
      return wrong(column, whole + " is known of all reports together", whole);
    }
    if (auto good = name(out, inner.substr(0, dot), column); !good) return Failure(std::move(good.error()));
    return out;
  }

  static tl::expected<Measure, TextMistake> report(Measure out, std::string_view inner, std::size_t column) {
    if (inner.find('/') != std::string_view::npos)
      return wrong(column, out.text + ": rates and counts are known by report, not by uplink");
    if (auto good = name(out, inner, column); !good) return Failure(std::move(good.error()));
    return out;
  }

  static tl::expected<Measure, TextMistake> reason(Measure out, std::string_view inner, std::size_t column) {
    for (std::size_t i = 0; i < inner.size(); ++i) {
      if (!is_word(inner[i]) && inner[i] != '-' && inner[i] != '.')
        return wrong(column + i, "expected a reason such as timed_out");
    }
    out.reason = inner;
    // Reasons of lost connections are the uplinks' own.
    if (out.kind == MeasureKind::link_downs) return out;
    const std::size_t first = out.kind == MeasureKind::errors ? 0 : kErrorReasonCount;
    const std::size_t last = out.kind == MeasureKind::errors ? kErrorReasonCount : kErrorReasons.size();
    std::vector<std::string> known;
    std::string all;
    for (std::size_t i = first; i < last; ++i) {
      if (kErrorReasons[i] == inner) return out;
      known.emplace_back(kErrorReasons[i]);
      all += (all.empty() ? "" : ", ") + known.back();
    }
    if (out.kind == MeasureKind::not_sent) {
      for (const std::string_view own : {"encode_failed", "forgone"}) {
        if (inner == own) return out;
        known.emplace_back(own);
        all += ", " + known.back();
      }
    }
    return wrong(column, "unknown reason '" + std::string(inner) + "': expected one of " + all,
                 nearest_word(inner, known));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

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

/// What is shown, and read again elsewhere: with its spaces it is no longer than what may be written.
tl::expected<std::string, TextMistake> text_of(const Measure& measure, Comparison comparison,
                                               std::string_view value) {
  std::string out = measure.text + " " + std::string(sign_of(comparison)) + " " + std::string(value);
  if (out.size() > kTextMax) return Reader::wrong(0, kTooLong);
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
  Reader reader(text);
  auto measure = reader.measure();
  if (!measure) return tl::unexpected(std::move(measure.error()));
  const auto comparison = reader.comparison();
  if (!comparison) return tl::unexpected(comparison.error());
  const std::string_view value = reader.rest();
  Threshold out;
  out.comparison = *comparison;
  const Dimension dimension = measure->dimension();
  const bool part = value.ends_with('%') && counts_reports(measure->kind);
  out.share = part || dimension == Dimension::share;
  const auto number = value.empty() || value.front() == '+'
                          ? Result<double>(fail(Errc::invalid_argument))
                          : parse_quantity(value, part ? Unit::ratio : unit_of(dimension));
  if (!number || !std::isfinite(*number) || *number < 0) {
    return Reader::wrong(reader.at(),
                         value.empty() ? "there is nothing to compare with: expected " + example_of(dimension)
                                       : "'" + std::string(value) + "': expected " + example_of(dimension));
  }
  out.value = *number;
  auto canonical = text_of(*measure, *comparison, value);
  if (!canonical) return tl::unexpected(std::move(canonical.error()));
  out.text = std::move(*canonical);
  out.measure = std::move(*measure);
  return out;
}

tl::expected<Change, TextMistake> parse_change(std::string_view text) {
  Reader reader(text);
  auto measure = reader.measure();
  if (!measure) return tl::unexpected(std::move(measure.error()));
  const auto comparison = reader.comparison();
  if (!comparison) return tl::unexpected(comparison.error());
  const std::string_view value = reader.rest();
  const Dimension dimension = measure->dimension();
  std::string_view digits = value;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  Change out;
  // Parts differ by percentage points.
  out.relative = digits.ends_with('%') && dimension != Dimension::share;
  const bool good = !digits.empty() && digits.front() >= '0' && digits.front() <= '9';
  const auto number = good ? parse_quantity(digits, out.relative ? Unit::ratio : unit_of(dimension))
                           : Result<double>(fail(Errc::invalid_argument));
  if (!number || !std::isfinite(*number)) {
    return Reader::wrong(reader.at(), "'" + std::string(value) + "': expected a change such as +10% or " +
                                          example_of(dimension));
  }
  out.value = negative ? -*number : *number;
  out.comparison = *comparison;
  auto canonical = text_of(*measure, *comparison, value);
  if (!canonical) return tl::unexpected(std::move(canonical.error()));
  out.text = std::move(*canonical);
  out.measure = std::move(*measure);
  return out;
}

tl::expected<void, TextMistake> check_names(const Measure& measure, std::string_view text,
                                            const MeasureNames& names) {
  const auto column = [&](const std::string& word) {
    const std::size_t open = text.find('(');
    const std::size_t at = text.find(word, open == std::string_view::npos ? 0 : open);
    return at == std::string_view::npos ? 0 : at;
  };
  const auto listed = [](const std::vector<std::string>& all) {
    std::string out;
    for (const std::string& each : all) out += (out.empty() ? "" : ", ") + each;
    return out;
  };
  if (!measure.uplink.empty() &&
      std::find(names.uplinks.begin(), names.uplinks.end(), measure.uplink) == names.uplinks.end()) {
    return Reader::wrong(
        column(measure.uplink),
        "no group uses an uplink '" + measure.uplink + "': there is " + listed(names.uplinks),
        nearest_word(measure.uplink, names.uplinks));
  }
  if (names.any_report) return {};
  std::vector<std::string> types;
  std::vector<std::string> reports;
  bool found = measure.report.empty();
  for (const std::string& name : names.reports) {
    const std::size_t dot = name.find('.');
    const std::string type = name.substr(0, dot);
    if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
    if (!measure.type.empty() && type != measure.type) continue;
    std::string report = dot == std::string::npos ? std::string() : name.substr(dot + 1);
    if (report == measure.report) found = true;
    if (std::find(reports.begin(), reports.end(), report) == reports.end())
      reports.push_back(std::move(report));
  }
  if (!measure.type.empty() && std::find(types.begin(), types.end(), measure.type) == types.end()) {
    return Reader::wrong(column(measure.type),
                         "no group is of type '" + measure.type + "': there is " + listed(types),
                         nearest_word(measure.type, types));
  }
  if (found) return {};
  return Reader::wrong(column(measure.report),
                       "no report '" + measure.report + "': there is " + listed(reports),
                       nearest_word(measure.report, reports));
}

}  // namespace vfleet::config
