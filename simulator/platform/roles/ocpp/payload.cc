#include "simulator/platform/roles/ocpp/payload.h"

#include <charconv>
#include <cmath>
#include <string>

#include "simulator/codec/ocpp/date_time.h"

namespace vfleet::platform::ocpp {
namespace {

constexpr double kValueMax = 1e15;  // in thousandths it still fits in 64 bits

// Thousandths, and how finely they were told: "12.5" in kilo is 12500000 in steps of 100000.
bool read_value(std::string_view text, bool kilo, Sample& out) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return false;
  const double unit = kilo ? 1'000'000 : 1000;
  value *= unit;
  if (!(std::abs(value) < kValueMax)) return false;
  out.value = std::llround(value);
  const std::size_t point = text.find('.');
  const std::size_t decimals = point == std::string_view::npos ? 0 : text.size() - point - 1;
  out.step =
      static_cast<std::int64_t>(unit / std::pow(10.0, static_cast<double>(decimals < 9 ? decimals : 9)));
  if (out.step < 1) out.step = 1;
  return true;
}

bool read_sample(std::string_view raw, Sample& out) {
  const auto [value, context, measurand, phase, location, format, unit] =
      members(raw, {"value", "context", "measurand", "phase", "location", "format", "unit"});
  const auto is = [](std::string_view member, std::string_view text) { return text_of(member) == text; };
  if (measurand.empty() || is(measurand, "Energy.Active.Import.Register")) {
    out.kind = Sample::Kind::energy;
  } else if (is(measurand, "Power.Active.Import")) {
    out.kind = Sample::Kind::power;
  } else if (is(measurand, "Current.Import")) {
    out.kind = Sample::Kind::current;
  } else {
    return false;
  }
  if (!format.empty() && !is(format, "Raw")) return false;
  if (!location.empty() && !is(location, "Outlet")) return false;
  if ((out.kind == Sample::Kind::current) == phase.empty() || is(phase, "N")) return false;
  out.context = text_of(context).value_or("Sample.Periodic");
  return read_value(text_of(value).value_or(std::string_view()), is(unit, "kWh") || is(unit, "kW"), out);
}

}  // namespace

std::optional<std::string_view> text_of(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"') return std::nullopt;
  return raw.substr(1, raw.size() - 2);
}

std::optional<std::int64_t> integer_of(std::string_view raw) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
  if (raw.empty() || error != std::errc() || end != raw.data() + raw.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> time_of(std::string_view raw) {
  const auto text = text_of(raw);
  if (!text) return std::nullopt;
  const auto time = codec::ocpp::read_date_time(*text);
  if (!time) return std::nullopt;
  return to_us(time->at);
}

bool Samples::next_value() {
  inside_ = false;
  if (!more_ || !values_.next_element()) return more_ = false;
  std::string_view raw;
  if (!values_.skip(&raw)) return more_ = false;
  const auto [timestamp, sampled] = members(raw, {"timestamp", "sampledValue"});
  at_us_ = time_of(timestamp).value_or(0);
  sampled_ = codec::json::Reader(sampled);
  inside_ = sampled_.enter_array();
  return true;
}

bool Samples::next(Sample& out) {
  for (;;) {
    while (inside_ && sampled_.next_element()) {
      std::string_view raw;
      if (!sampled_.skip(&raw)) break;
      out.at_us = at_us_;
      if (read_sample(raw, out)) return true;
    }
    if (!next_value()) return false;
  }
}

}  // namespace vfleet::platform::ocpp
