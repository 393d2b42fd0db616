#include "control/results/recorder.h"

#include <algorithm>
#include <cmath>

namespace vfleet::control::results {

using metrics::Histogram;

namespace {

constexpr std::int64_t kSameMark_us = 1'000'000;
constexpr std::size_t kMarkTextMax = 400;

std::uint64_t growth(std::uint64_t now, std::uint64_t before) {
  return now > before ? now - before : 0;
}

std::uint64_t at(const Counts& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

Recorder::Sent Recorder::sent_of(const Figures& figures) {
  return {figures.sent, at(figures.failed, "refused"), at(figures.failed, "evicted"), figures.in_flight};
}

Recorder::Recorder(std::int64_t started_us, std::size_t points_max)
    : started_us_(started_us), series_(points_max) {}

void Recorder::mark(Mark mark) {
  if (mark.text.size() > kMarkTextMax) mark.text.resize(kMarkTextMax);
  if (!marks_.empty()) {
    Mark& last = marks_.back();
    const bool same = last.kind == mark.kind && last.verb == mark.verb && last.selector == mark.selector &&
                      last.revision == 0 && mark.revision == 0 && mark.at_us - last.at_us < kSameMark_us;
    if (same && mark.kind == "command") {
      last.times += mark.times;
      write_again(mark.times);
      return;
    }
  }
  if (marks_.size() == kMarksMax) {
    ++marks_dropped_;
    return;
  }
  write_mark(mark);
  marks_.push_back(std::move(mark));
}

void Recorder::take_platform(const std::optional<PlatformFigures>& platform, const Figures& figures) {
  if (!platform) return;
  if (!platform_first_) {
    // What it counts must begin before the first report; else nothing follows from the difference.
    if (figures.sent > 0 || last_s_ >= 0) return;
    platform_first_ = platform;
    arrivals_first_ = platform->by_report;
  }
  if (platform_first_->started_us != platform->started_us) platform_restarted_ = true;
  if (platform_ && platform_->started_us != platform->started_us) {
    // What the one before had counted when it was asked last; what came after that is not known.
    arrivals_past_ = arrivals();
    arrivals_first_ = nullptr;
  }
  platform_ = platform;
}

Arrivals Recorder::arrivals() const {
  Arrivals out = arrivals_past_;
  if (!platform_ || !platform_->by_report) return out;
  for (const auto& [name, now] : *platform_->by_report) {
    const auto first = arrivals_first_ ? arrivals_first_->find(name) : Arrivals::const_iterator();
    if (arrivals_first_ && first != arrivals_first_->end()) {
      out[name].merge(since(now, first->second));
    } else {
      out[name].merge(now);
    }
  }
  return out;
}

void Recorder::take(const Sample& sample) {
  const double at_s = static_cast<double>(sample.at_us - started_us_) / 1e6;
  if (last_s_ < 0) take_platform(sample.platform, sample.figures);
  // Nothing to tell yet, or the clock was set back.
  if (last_s_ < 0 ? sample.figures.devices == 0 : at_s <= last_s_) return;
  if (last_s_ >= 0 && (sample.figures.sent < last_.sent || sample.figures.acked < last_.acked)) {
    if (incomplete_since_s_ < 0) incomplete_since_s_ = at_s;
    if (at_s - incomplete_since_s_ < kIncomplete_s) return;
  }
  incomplete_since_s_ = -1;
  take_platform(sample.platform, sample.figures);
  // It was asked after the sample before this one.
  if (sample.platform) sent_before_platform_ = sent_of(last_);
  if (sample.latencies) latencies_ = sample.latencies;
  const double seconds = at_s - last_s_;
  const bool first = last_s_ < 0;
  if (!first && (seconds > kGapAfter_s || resumed_)) {
    series_.gap(last_s_, at_s);
    window_.clear();
    busy_.clear();
    write_point({at_s, seconds, true, {}}, true);
  } else if (!first) {
    const Row row = row_of(sample, seconds);
    series_.add(at_s, seconds, row);
    Series::Point point{at_s, seconds, false, std::vector<double>(series_.columns().size(), std::nan(""))};
    for (const auto& [column, value] : row) {
      if (column < point.values.size()) point.values[column] = rounded(value);
    }
    write_point(point, false);
  }
  resumed_ = false;
  if (sample.platform) {
    received_before_ = sample.platform->received;
    received_at_us_ = sample.platform->at_us;
    arrivals_before_ = sample.platform->by_report;
    arrivals_before_started_us_ = sample.platform->started_us;
  }
  latencies_before_ = latencies_;
  const Figures& figures = sample.figures;
  if (!base_ && sample.devices > 0 && figures.online >= sample.devices) {
    base_ = Base{at_s, figures.sent, figures.acked, figures.acked_by_report};
  } else if (base_) {
    look_at_window(figures, at_s);
    if (sample.devices > 0) {
      const double part = static_cast<double>(figures.online) / static_cast<double>(sample.devices);
      worst_.online = std::min(worst_.online, part);
    }
  }
  last_s_ = at_s;
  last_ = figures;
  figures_ = figures;
  write_state();
}

void Recorder::refresh(Figures figures) {
  // What knows less than is known (not all workers were heard yet) is not newer.
  if (figures.sent >= figures_.sent && figures.acked >= figures_.acked) figures_ = std::move(figures);
}

void Recorder::finish(const Sample& sample) {
  take_platform(sample.platform, sample.figures);
  if (sample.platform) sent_before_platform_ = sent_of(sample.figures);
  if (sample.latencies) latencies_ = sample.latencies;
  figures_ = sample.figures;
}

void Recorder::look_at_window(const Figures& figures, double at_s) {
  busy_.push_back(figures.utilisation);
  if (busy_.size() > static_cast<std::size_t>(kWindow_s)) busy_.pop_front();
  if (busy_.size() == static_cast<std::size_t>(kWindow_s)) {
    double sum = 0;
    for (const double each : busy_) sum += each;
    worst_.utilisation = std::max(worst_.utilisation, sum / kWindow_s);
    worst_.utilisation_known = true;
  }
  window_.push_back({at_s, figures.lateness});
  // Up to the newest one that is five seconds old.
  while (window_.size() > 2 && at_s - window_[1].at_s >= kWindow_s - 0.1) window_.pop_front();
  if (at_s - window_.front().at_s < kWindow_s - 0.1) return;
  const Histogram lately = since(figures.lateness, window_.front().lateness);
  if (lately.count() < kWindowReports) return;
  worst_.lateness_known = true;
  worst_.lateness_p99_us =
      std::max(worst_.lateness_p99_us, static_cast<double>(lately.value_at_quantile(0.99)));
}

Recorder::Row Recorder::row_of(const Sample& sample, double seconds) {
  Row row;
  const Figures& now = sample.figures;
  const auto put = [&](const std::string& name, Fold fold, double value) {
    row.emplace_back(series_.column(name, fold), value);
  };
  const auto rate = [&](const std::string& name, std::uint64_t later, std::uint64_t earlier) {
    put(name, Fold::mean, static_cast<double>(growth(later, earlier)) / seconds);
  };
  const auto percentiles = [&](const std::string& name, const Histogram& later, const Histogram& earlier) {
    const Histogram lately = since(later, earlier);
    if (lately.count() == 0) return;
    put(name + ".p50_us", Fold::worst, static_cast<double>(lately.value_at_quantile(0.5)));
    put(name + ".p90_us", Fold::worst, static_cast<double>(lately.value_at_quantile(0.9)));
    put(name + ".p99_us", Fold::worst, static_cast<double>(lately.value_at_quantile(0.99)));
    put(name + ".max_us", Fold::worst, static_cast<double>(lately.max()));
  };
  put("devices", Fold::last, static_cast<double>(sample.devices));
  put("online", Fold::least, static_cast<double>(now.online));
  put("in_flight", Fold::worst, static_cast<double>(now.in_flight));
  if (now.queued > 0) put("queued", Fold::worst, static_cast<double>(now.queued));
  put("utilisation", Fold::worst, now.utilisation);
  put("rss_bytes", Fold::last, static_cast<double>(now.rss_bytes));
  rate("sent_per_s", now.sent, last_.sent);
  rate("acked_per_s", now.acked, last_.acked);
  rate("failed_per_s", sum_of(now.failed), sum_of(last_.failed));
  rate("not_sent_per_s", sum_of(now.not_sent), sum_of(last_.not_sent));
  rate("link_downs_per_s", sum_of(now.link_downs), sum_of(last_.link_downs));
  // Between its answers, which are not as far apart as the samples. One may be missing: the next tells of
  // both.
  if (sample.platform && received_at_us_ != 0 && sample.platform->at_us > received_at_us_) {
    const double since_s = static_cast<double>(sample.platform->at_us - received_at_us_) / 1e6;
    put("received_per_s", Fold::mean,
        static_cast<double>(growth(sample.platform->received, received_before_)) / since_s);
  }
  for (const auto& [name, count] : now.failed)
    rate("failed." + name + "_per_s", count, at(last_.failed, name));
  for (const auto& [name, count] : now.not_sent)
    rate("not_sent." + name + "_per_s", count, at(last_.not_sent, name));
  for (const auto& [name, count] : now.sent_by_report) {
    rate("reports." + name + ".sent_per_s", count, at(last_.sent_by_report, name));
    rate("reports." + name + ".acked_per_s", at(now.acked_by_report, name), at(last_.acked_by_report, name));
  }
  percentiles("lateness", now.lateness, last_.lateness);
  percentiles("ack", now.ack, last_.ack);
  if (sample.latencies && latencies_before_) {
    static const Latency kNone;
    for (const auto& [name, latency] : *sample.latencies) {
      const auto before = latencies_before_->find(name);
      const Latency& earlier = before == latencies_before_->end() ? kNone : before->second;
      for (const metrics::LatencyWay& way : metrics::kLatencyWays) {
        percentiles("latency." + name + "." + std::string(way.name), latency.*way.histogram,
                    earlier.*way.histogram);
      }
    }
  }
  // As the platform says. Of its second answer on, and of one process: else it is not one second.
  if (sample.platform && sample.platform->by_report && received_at_us_ != 0 &&
      arrivals_before_started_us_ == sample.platform->started_us) {
    static const Histogram kNothing;
    for (const auto& [name, later] : *sample.platform->by_report) {
      const auto before = arrivals_before_ ? arrivals_before_->find(name) : Arrivals::const_iterator();
      const bool known = arrivals_before_ && before != arrivals_before_->end();
      percentiles("latency." + name + ".arrival", later, known ? before->second : kNothing);
    }
  }
  return row;
}

}  // namespace vfleet::control::results
