#include "simulator/config/measure_reader.h"

#include <algorithm>
#include <array>
#include <optional>

#include "simulator/config/suggest.h"
#include "simulator/core/ascii.h"

namespace vfleet::config {
namespace {

using Failure = MeasureReader::Failure;

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

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

Failure wrong(std::size_t at, std::string message, std::string hint = {}) {
  return MeasureReader::wrong(at, std::move(message), std::move(hint));
}

// [UPLINK/][TYPE.]REPORT into `out`; `*` is every report.
tl::expected<void, TextMistake> name(Measure& out, std::string_view text, std::size_t column) {
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

tl::expected<Measure, TextMistake> latency(Measure out, std::string_view inner, std::size_t column) {
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

tl::expected<Measure, TextMistake> report(Measure out, std::string_view inner, std::size_t column) {
  if (inner.find('/') != std::string_view::npos)
    return wrong(column, out.text + ": rates and counts are known by report, not by uplink");
  if (auto good = name(out, inner, column); !good) return Failure(std::move(good.error()));
  return out;
}

tl::expected<Measure, TextMistake> reason(Measure out, std::string_view inner, std::size_t column) {
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

}  // namespace

tl::expected<Measure, TextMistake> MeasureReader::measure() {
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
    const auto row =
        std::find_if(kMeasures.begin(), kMeasures.end(), [&](const Row& each) { return each.name == word; });
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
      return wrong(open, out.text + " needs a latency: " + out.text + "(meter.ack), " + out.text + "(ack), " +
                             out.text + "(lateness)");
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

tl::expected<Comparison, TextMistake> MeasureReader::comparison() {
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

std::string_view MeasureReader::rest() {
  skip_spaces();
  std::string_view left = text_.substr(at_);
  while (!left.empty() && is_space(left.back())) left.remove_suffix(1);
  return left;
}

void MeasureReader::skip_spaces() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

std::string_view MeasureReader::next_word() {
  const std::size_t start = at_;
  while (at_ < text_.size() && is_word(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

}  // namespace vfleet::config
