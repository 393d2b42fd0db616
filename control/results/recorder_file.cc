// What a Recorder writes, and reads again when control has come back.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/results/recorder.h"
#include "control/results/tree.h"

namespace vfleet::control::results {

using nlohmann::json;

namespace {

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json to_json(const Mark& mark) {
  json out = {{"at_us", mark.at_us}, {"kind", mark.kind}, {"text", mark.text}};
  if (!mark.verb.empty()) out["verb"] = mark.verb;
  if (!mark.selector.empty()) out["selector"] = mark.selector;
  if (!mark.id.empty()) out["id"] = mark.id;
  if (mark.revision > 0) out["revision"] = mark.revision;
  if (mark.times > 1) out["times"] = mark.times;
  return out;
}

Mark mark_of(const json& tree) {
  const json& at_us = member(tree, "at_us");
  Mark mark;
  if (at_us.is_number_integer()) mark.at_us = at_us.get<std::int64_t>();
  mark.kind = text_at(tree, "kind");
  mark.verb = text_at(tree, "verb");
  mark.selector = text_at(tree, "selector");
  mark.id = text_at(tree, "id");
  mark.revision = count_at(tree, "revision");
  mark.times = std::max<std::uint64_t>(1, count_at(tree, "times"));
  mark.text = text_at(tree, "text");
  return mark;
}

json to_json(const PlatformFigures& platform) {
  return {{"started_us", platform.started_us},
          {"received", platform.received},
          {"missing", platform.missing},
          {"duplicates", platform.duplicates}};
}

json to_json(const Counts& counts) {
  json out = json::object();
  for (const auto& [name, count] : counts) out[name] = count;
  return out;
}

}  // namespace

void Recorder::write_columns(std::size_t first) {
  for (std::size_t i = first; i < series_.columns().size(); ++i) {
    lines_ += dump({{"column", series_.columns()[i].name},
                    {"fold", static_cast<unsigned>(series_.columns()[i].fold)}}) +
              "\n";
  }
  columns_written_ = series_.columns().size();
}

void Recorder::write_point(const Series::Point& point, bool gap) {
  if (series_.halvings() != halvings_written_) {
    halvings_written_ = series_.halvings();
    whole_ = true;
  }
  if (whole_) return;  // it is in what will be written
  write_columns(columns_written_);
  json values = json::array();
  for (const double value : point.values) values.push_back(std::isnan(value) ? json() : json(value));
  lines_ += dump({{gap ? "gap" : "point", {point.at_s, point.seconds, std::move(values)}}}) + "\n";
}

void Recorder::write_mark(const Mark& mark) {
  lines_ += dump({{"mark", to_json(mark)}}) + "\n";
}

void Recorder::write_again(std::uint64_t times) {
  lines_ += dump({{"again", times}}) + "\n";
}

void Recorder::write_state() {
  json state = {{"worst", {worst_.lateness_p99_us, worst_.utilisation, worst_.online}},
                {"known", {worst_.lateness_known, worst_.utilisation_known}},
                {"sent", last_.sent},
                {"acked", last_.acked},
                {"last_s", last_s_}};
  if (base_) {
    state["base"] = {{"at_s", base_->at_s},
                     {"sent", base_->sent},
                     {"acked", base_->acked},
                     {"by_report", to_json(base_->acked_by_report)}};
  }
  if (platform_first_) state["platform"] = to_json(*platform_first_);
  state["platform_restarted"] = platform_restarted_;
  state_written_ = dump({{"state", std::move(state)}}) + "\n";
  if (!whole_) lines_ += state_written_;
}

std::string Recorder::whole() const {
  Recorder out(started_us_);
  out.series_ = series_;
  out.whole_ = false;
  out.lines_ =
      dump({{"format", "vfleet-recorder/1"}, {"started_us", started_us_}, {"step", series_.step()}}) + "\n";
  out.halvings_written_ = series_.halvings();
  for (const Series::Point& point : series_.points()) out.write_point(point, point.gap);
  for (const Mark& mark : marks_) out.write_mark(mark);
  out.lines_ += state_written_;
  return std::move(out.lines_);
}

Recorder::Text Recorder::unsaved() {
  Text text{whole_, {}};
  if (whole_) {
    text.lines = whole();
    columns_written_ = series_.columns().size();
    lines_.clear();
  } else {
    text.lines = std::exchange(lines_, {});
  }
  whole_ = false;
  return text;
}

void Recorder::restore_line(const json& line) {
  if (const json& column = member(line, "column"); column.is_string()) {
    const auto fold = std::min<std::uint64_t>(count_at(line, "fold"), static_cast<unsigned>(Fold::last));
    series_.column(column.get<std::string>(), static_cast<Fold>(fold));
  } else if (const json& mark = member(line, "mark"); mark.is_object()) {
    if (marks_.size() < kMarksMax) marks_.push_back(mark_of(mark));
  } else if (const std::uint64_t again = count_at(line, "again"); again > 0) {
    if (!marks_.empty()) marks_.back().times += again;
  } else if (const json& state = member(line, "state"); state.is_object()) {
    const json& worst = list_at(state, "worst");
    if (worst.size() == 3 && worst[0].is_number() && worst[1].is_number() && worst[2].is_number())
      worst_ = {worst[0].get<double>(), worst[1].get<double>(), worst[2].get<double>()};
    if (const json& known = list_at(state, "known");
        known.size() == 2 && known[0].is_boolean() && known[1].is_boolean()) {
      worst_.lateness_known = known[0].get<bool>();
      worst_.utilisation_known = known[1].get<bool>();
    }
    last_.sent = count_at(state, "sent");
    last_.acked = count_at(state, "acked");
    last_s_ = number_at(state, "last_s").value_or(-1);
    if (const json& base = member(state, "base"); base.is_object()) {
      Base read{number_at(base, "at_s").value_or(0), count_at(base, "sent"), count_at(base, "acked"), {}};
      for (const auto& [name, count] : object_at(base, "by_report").items()) {
        if (count.is_number_unsigned()) read.acked_by_report[name] = count.get<std::uint64_t>();
      }
      base_ = std::move(read);
    }
    if (const json& platform = member(state, "platform"); platform.is_object()) {
      PlatformFigures first;
      first.started_us = count_at(platform, "started_us");
      first.received = count_at(platform, "received");
      first.missing = count_at(platform, "missing");
      first.duplicates = count_at(platform, "duplicates");
      platform_first_ = first;
    }
    platform_restarted_ = flag_at(state, "platform_restarted");
  } else {
    const bool gap = line.contains("gap");
    const json& point = list_at(line, gap ? "gap" : "point");
    if (point.size() != 3 || !point[0].is_number() || !point[1].is_number() || !point[2].is_array()) return;
    const auto at_s = point[0].get<double>();
    const auto seconds = point[1].get<double>();
    if (!(seconds > 0) || !std::isfinite(at_s) || !std::isfinite(seconds)) return;
    if (gap) return series_.gap(at_s - seconds, at_s);
    Row row;
    for (std::size_t i = 0; i < point[2].size() && i < series_.columns().size(); ++i) {
      if (point[2][i].is_number()) row.emplace_back(i, point[2][i].get<double>());
    }
    series_.add(at_s, seconds, row);
  }
}

void Recorder::restore(std::string_view lines) {
  bool first = true;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    if (end == std::string_view::npos) break;  // cut off while it was written
    const std::string_view text = lines.substr(0, end);
    lines.remove_prefix(end + 1);
    const json line = json::parse(text.begin(), text.end(), nullptr, false);
    if (!line.is_object()) break;
    if (first) {
      const json& started = member(line, "started_us");
      if (text_at(line, "format") != "vfleet-recorder/1" || !started.is_number_integer()) return;
      started_us_ = started.get<std::int64_t>();
      first = false;
      continue;
    }
    restore_line(line);
  }
  figures_ = last_;
  resumed_ = last_s_ >= 0;
  whole_ = true;
  write_state();
}

}  // namespace vfleet::control::results
