#include "devices/charging_pile/dialects/ocpp16/sample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "simulator/codec/ocpp/date_time.h"

namespace vfleet::pile::ocpp16 {
namespace {

using codec::json::Writer;

/// One element of sampledValue, put together by hand: it is most of what a charge point ever says, and its
/// words are known to need no escapes.
class Line {
 public:
  void put(std::string_view text) {
    std::memcpy(text_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  /// `scaled` / 10^decimals.
  void decimal(std::int64_t scaled, int decimals) {
    std::array<char, 24> text;
    std::size_t at = text.size();
    const bool negative = scaled < 0;
    auto left = negative ? 0 - static_cast<std::uint64_t>(scaled) : static_cast<std::uint64_t>(scaled);
    for (int digit = 0; left != 0 || digit <= decimals; ++digit) {
      if (digit == decimals && decimals != 0) text[--at] = '.';
      text[--at] = static_cast<char>('0' + left % 10);
      left /= 10;
    }
    if (negative) text[--at] = '-';
    put({text.data() + at, text.size() - at});
  }
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  // The longest: all names and words below, and a number of 20 digits.
  std::array<char, 256> text_;
  std::size_t size_ = 0;
};

struct Value {
  std::int64_t scaled = 0;
  int decimals = 0;
  std::string_view unit;
};

Value value_of(const Sample& sample, const Measurand& measurand) {
  const bool on = measurand.phase == 0 || sample.dc || measurand.phase <= sample.phases;
  const std::int64_t phase_mw = static_cast<std::int64_t>(sample.voltage_dv) * sample.current_ca;
  switch (measurand.quantity) {
    case Quantity::energy:
      return {sample.energy, 1, "Wh"};
    case Quantity::power:
      if (measurand.phase == 0 || sample.dc) return {phase_mw * sample.phases, 3, "W"};
      return {on ? phase_mw : 0, 3, "W"};
    case Quantity::current:
      return {on ? sample.current_ca : 0, 2, "A"};
    case Quantity::voltage:
      return {sample.voltage_dv, 1, "V"};
    case Quantity::soc:
      return {sample.soc_permille, 1, "Percent"};
    case Quantity::temperature:
      return {sample.temperature_dc, 1, "Celsius"};
    case Quantity::power_offered:
      return {sample.offered_w, 0, "W"};
    case Quantity::current_offered: {
      const std::int64_t volts_d = std::int64_t{sample.voltage_dv} * sample.phases;
      return {volts_d > 0 ? std::int64_t{sample.offered_w} * 1000 / volts_d : 0, 2, "A"};
    }
  }
  return {};
}

std::string_view phase_word(const Measurand& measurand) {
  constexpr std::array<std::string_view, 4> kLine{"", "L1", "L2", "L3"};
  constexpr std::array<std::string_view, 4> kNeutral{"", "L1-N", "L2-N", "L3-N"};
  return measurand.quantity == Quantity::voltage ? kNeutral[measurand.phase] : kLine[measurand.phase];
}

std::uint32_t offered_to(const Station& station, const pile::Settings& model, ConnectorNumber connector) {
  const bool active = station.connector(connector).active();
  return active ? static_cast<std::uint32_t>(std::lround(station.offered_w(connector, model))) : 0;
}

}  // namespace

std::string_view to_string(Context context) {
  constexpr std::array<std::string_view, 5> kWords{"Sample.Periodic", "Sample.Clock", "Transaction.Begin",
                                                   "Transaction.End", "Trigger"};
  return kWords[static_cast<std::size_t>(context) % kWords.size()];
}

Sample take_sample(const Station& station, const pile::Settings& model, ConnectorNumber connector,
                   TimePoint now) {
  Sample out;
  out.temperature_dc = static_cast<std::int16_t>(std::lround(station.temperature_c(now, model) * 10));
  out.dc = model.supply.kind == SupplyKind::dc;
  if (connector == 0) {
    std::int64_t power_mw = 0;
    for (ConnectorNumber n = 1; n <= station.connector_count(); ++n) {
      out.energy += station.energy(n, now);
      power_mw += station.connector(n).meter.power_mw();
      out.offered_w += offered_to(station, model, n);
    }
    out.offered_w = std::min(out.offered_w, static_cast<std::uint32_t>(model.supply.rated_power_w));
    out.phases = static_cast<std::uint8_t>(out.dc ? 3 : model.supply.phases);
    out.dc = false;
    out.voltage_dv = static_cast<std::uint16_t>(std::lround(model.supply.grid_voltage_v * 10));
    const std::int64_t per_ca = std::max<std::int64_t>(std::int64_t{out.voltage_dv} * out.phases, 1);
    out.current_ca = static_cast<std::int32_t>((power_mw + per_ca / 2) / per_ca);
    return out;
  }
  const Connector& it = station.connector(connector);
  out.energy = station.energy(connector, now);
  out.current_ca = it.meter.current_ca();
  out.voltage_dv = static_cast<std::uint16_t>(it.meter.voltage_dv());
  out.phases = static_cast<std::uint8_t>(it.meter.phases());
  out.vehicle = it.plugged();
  out.offered_w = offered_to(station, model, connector);
  out.soc_permille = static_cast<std::uint16_t>(std::lround(station.soc(connector, now, model) * 1000));
  return out;
}

void write_meter_value(Writer& writer, const Sample& sample, WallTime at, Context context,
                       const Measurands& measurands) {
  writer.begin_object();
  writer.key("timestamp");
  codec::ocpp::write_date_time(writer, at, 3);
  writer.key("sampledValue").begin_array();
  bool any = false;
  const auto write = [&](const Measurand& measurand) {
    const Value value = value_of(sample, measurand);
    Line line;
    line.put(R"({"value":")");
    line.decimal(value.scaled, value.decimals);
    line.put(R"(","context":")");
    line.put(to_string(context));
    line.put(R"(","measurand":")");
    line.put(to_string(measurand.quantity));
    if (measurand.phase != 0 && !sample.dc) {
      line.put(R"(","phase":")");
      line.put(phase_word(measurand));
    }
    if (measurand.quantity == Quantity::soc) line.put(R"(","location":"EV)");
    if (measurand.quantity == Quantity::temperature) line.put(R"(","location":"Body)");
    line.put(R"(","unit":")");
    line.put(value.unit);
    line.put("\"}");
    writer.raw(line.text());
    any = true;
  };
  for (const Measurand& measurand : measurands) {
    if (measurand.quantity == Quantity::soc && !sample.vehicle) continue;
    if (measurand.phase > 1 && sample.dc) continue;
    write(measurand);
  }
  // An array that must not be empty: the standard's own default.
  if (!any) write({Quantity::energy, 0});
  writer.end_array();
  writer.end_object();
}

}  // namespace vfleet::pile::ocpp16
