#include "control/results/series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace vfleet::control::results {

using nlohmann::json;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double value_of(const Series::Point& point, std::size_t column) {
  return column < point.values.size() ? point.values[column] : kNone;
}

}  // namespace

double rounded(double value) {
  if (!std::isfinite(value) || value == 0) return value;
  const double scale = std::pow(10.0, 4 - std::floor(std::log10(std::abs(value))));
  return std::isfinite(scale) && scale > 0 ? std::round(value * scale) / scale : value;
}

std::size_t Series::column(std::string_view name, Fold fold) {
  const auto at =
      std::find_if(columns_.begin(), columns_.end(), [&](const Column& each) { return each.name == name; });
  if (at != columns_.end()) return static_cast<std::size_t>(at - columns_.begin());
  if (columns_.size() == kColumnsMax) {
    if (left_out_.size() < kLeftOutMax && !left_out_.contains(name)) left_out_.emplace(name);
    return kColumnsMax;
  }
  columns_.push_back({std::string(name), fold});
  return columns_.size() - 1;
}

void Series::add(double at_s, double seconds, const std::vector<std::pair<std::size_t, double>>& values) {
  Point point{at_s, seconds, false, std::vector<double>(columns_.size(), kNone)};
  for (const auto& [column, value] : values) {
    if (column < point.values.size()) point.values[column] = rounded(value);
  }
  if (open_.seconds > 0) point = merged(open_, point);
  open_ = std::move(point);
  // A sample comes a little early or late.
  if (open_.seconds >= step_ * 0.9) flush();
}

void Series::gap(double from_s, double to_s) {
  flush();
  push({to_s, to_s - from_s, true, {}});
}

void Series::flush() {
  if (open_.seconds > 0) push(std::exchange(open_, {}));
}

void Series::push(Point point) {
  points_.push_back(std::move(point));
  if (points_.size() > points_max_) halve();
}

void Series::halve() {
  step_ *= 2;
  ++halvings_;
  for (const bool whatever : {false, true}) {
    if (points_.size() <= points_max_) break;
    std::vector<Point> halved;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      const bool pair = i + 1 < points_.size();
      // Gaps stay as they are, unless there is nothing else.
      if (pair && (whatever || (!points_[i].gap && !points_[i + 1].gap))) {
        halved.push_back(merged(points_[i], points_[i + 1]));
        ++i;
      } else {
        halved.push_back(std::move(points_[i]));
      }
    }
    points_ = std::move(halved);
  }
}

Series::Point Series::merged(const Point& a, const Point& b) const {
  Point out{b.at_s, a.seconds + b.seconds, a.gap && b.gap, {}};
  out.values.resize(std::max(a.values.size(), b.values.size()), kNone);
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const double first = value_of(a, i);
    const double second = value_of(b, i);
    if (std::isnan(first) || std::isnan(second)) {
      out.values[i] = std::isnan(first) ? second : first;
      continue;
    }
    switch (columns_[i].fold) {
      case Fold::mean:
        out.values[i] = rounded((first * a.seconds + second * b.seconds) / out.seconds);
        break;
      case Fold::worst:
        out.values[i] = std::max(first, second);
        break;
      case Fold::least:
        out.values[i] = std::min(first, second);
        break;
      case Fold::last:
        out.values[i] = second;
        break;
    }
  }
  return out;
}

std::vector<Series::Point> Series::points() const {
  std::vector<Point> all = points_;
  if (open_.seconds > 0) all.push_back(open_);
  return all;
}

json Series::to_json() const {
  const std::vector<Point> all = points();
  json at = json::array();
  json seconds = json::array();
  json gaps = json::array();
  for (const Point& point : all) {
    at.push_back(std::round(point.at_s * 1000) / 1000);
    seconds.push_back(std::round(point.seconds * 1000) / 1000);
    if (point.gap) gaps.push_back({rounded(point.at_s - point.seconds), rounded(point.at_s)});
  }
  json columns = json::object();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    json values = json::array();
    for (const Point& point : all) {
      const double value = value_of(point, i);
      values.push_back(std::isnan(value) ? json() : json(value));
    }
    columns[columns_[i].name] = std::move(values);
  }
  return {{"at_s", std::move(at)},
          {"seconds", std::move(seconds)},
          {"gaps", std::move(gaps)},
          {"columns", std::move(columns)}};
}

}  // namespace vfleet::control::results
