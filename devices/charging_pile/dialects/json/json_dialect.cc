#include "devices/charging_pile/dialects/json/json_dialect.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "simulator/codec/json/writer.h"

namespace vfleet::pile {
namespace {

using codec::json::Writer;

/// "BOOT-CONNECTOR-NUMBER": no two sessions of a device share it.
class SessionId {
 public:
  SessionId(std::uint64_t boot, ConnectorNumber connector, std::uint32_t number) {
    append(boot);
    text_[size_++] = '-';
    append(static_cast<std::uint64_t>(connector));
    text_[size_++] = '-';
    append(number);
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  void append(std::uint64_t value) {
    const fmt::format_int digits(value);
    for (std::size_t i = 0; i < digits.size(); ++i) text_[size_++] = digits.data()[i];
  }
  std::array<char, 56> text_;
  std::size_t size_ = 0;
};

std::int64_t permille(double soc) {
  return std::lround(soc * 1000);
}

std::string_view word(std::optional<FaultCode> code) {
  return code ? to_string(*code) : "none";
}

class Data {
 public:
  Data(Writer& out, const PileView& view, const device::Report& report)
      : out_(out), view_(view), report_(report), number_(report.channel) {}

  void write() {
    out_.begin_object();
    switch (static_cast<ReportKind>(report_.kind)) {
      case ReportKind::login:
        login();
        break;
      case ReportKind::heartbeat:
        heartbeat();
        break;
      case ReportKind::status:
        status();
        break;
      case ReportKind::meter:
        meter();
        break;
      case ReportKind::session_start:
        session_start();
        break;
      case ReportKind::session_end:
        session_end();
        break;
      case ReportKind::fault:
        fault();
        break;
      case ReportKind::config_changed:
        config_changed();
        break;
      case ReportKind::answer:
        answer();
        break;
    }
    out_.end_object();
  }

 private:
  void login() {
    const Front& front = view_.config.front;
    const SupplyConfig& supply = settings().supply;
    out_.key("vendor").text(front.vendor);
    out_.key("model").text(front.model);
    out_.key("firmware").text(front.firmware);
    out_.key("kind").text(supply.kind == SupplyKind::ac ? "ac" : "dc");
    out_.key("connectors").integer(station().connector_count());
    out_.key("rated_power_w").number(supply.rated_power_w, 0);
    uptime();
  }

  void heartbeat() {
    uptime();
    out_.key("status").text(to_string(station().status()));
    out_.key("power_w").number(station().power_w(), 3);
    temperature();
  }

  void status() {
    const Connector& it = connector();
    out_.key("status").text(to_string(it.status));
    out_.key("fault").text(word(station().fault(number_)));
    out_.key("plugged").boolean(it.plugged());
    out_.key("authorized").boolean(it.visit != nullptr && (it.visit->authorized || it.visit->active));
    session();
    temperature();
  }

  void meter() {
    const Connector& it = connector();
    out_.key("status").text(to_string(it.status));
    out_.key("voltage_v").fixed(it.meter.voltage_dv(), 1);
    out_.key("current_a").fixed(it.meter.current_ca(), 2);
    out_.key("phases").integer(it.meter.phases());
    out_.key("power_w").fixed(it.meter.power_mw(), 3);
    out_.key("energy_wh").fixed(station().energy(number_, view_.now), 1);
    session();
    out_.key("session_energy_wh").fixed(station().session_energy(number_, view_.now), 1);
    duration();
    soc();
    temperature();
  }

  void session_start() {
    const Connector& it = connector();
    session();
    card();
    out_.key("started_by").text(to_string(it.active() ? it.visit->started_by : StartedBy::nobody));
    out_.key("started_us").integer(it.active() ? to_us(it.visit->started_wall) : 0);
    out_.key("meter_start_wh").fixed(it.active() ? it.visit->start_register_uwh / 100'000 : 0, 1);
    soc();
    out_.key("vehicle").text(vehicle());
    out_.key("battery_wh").number(it.plugged() ? static_cast<double>(it.visit->vehicle.battery_wh) : 0, 0);
  }

  void session_end() {
    const Connector& it = connector();
    const Bill bill = station().bill(number_, view_.now, settings().tariff);
    session();
    out_.key("reason").text(
        to_string(report_.triggered ? StopReason::none : static_cast<StopReason>(report_.detail)));
    card();
    out_.key("started_us").integer(it.active() ? to_us(it.visit->started_wall) : 0);
    out_.key("ended_us").integer(it.active() ? to_us(view_.wall) : 0);
    duration();
    out_.key("meter_start_wh").fixed(bill.meter_start, 1);
    out_.key("meter_stop_wh").fixed(bill.meter_stop, 1);
    out_.key("energy_wh").fixed(bill.energy, 1);
    soc();
    out_.key("periods").begin_object();
    for (std::size_t i = 0; i < kPeriods; ++i) {
      const BillLine& line = bill.lines[i];
      out_.key(to_string(static_cast<Period>(i))).begin_object();
      price("price", line.rate.total_e5());
      out_.key("energy_wh").fixed(line.energy, 1);
      out_.key("amount").fixed(line.amount_e4, 4);
      out_.end_object();
    }
    out_.end_object();
    out_.key("amount").fixed(bill.amount_e4, 4);
  }

  void fault() {
    FaultDetail detail = FaultDetail::unpack(report_.detail);
    std::string_view code = to_string(detail.code);
    if (report_.triggered) {
      const auto present = station().fault(number_);
      detail.raised = present.has_value();
      code = word(present);
    }
    out_.key("code").text(code);
    out_.key("state").text(detail.raised ? "raised" : "cleared");
    out_.key("status").text(to_string(number_ == 0 ? station().status() : connector().status));
    temperature();
  }

  void config_changed() {
    const Front& front = view_.config.front;
    const SupplyConfig& supply = settings().supply;
    out_.key("rated_power_w").number(supply.rated_power_w, 0);
    out_.key("power_limit").number(supply.power_limit, 3);
    out_.key("connectors").integer(supply.connectors);
    out_.key("heartbeat_s").number(to_seconds(front.heartbeat.period), 3);
    out_.key("status_s").number(to_seconds(front.status.period), 3);
    out_.key("meter_s").number(to_seconds(front.meter.period), 3);
    out_.key("meter_idle_s").number(to_seconds(front.meter_idle.period), 3);
    out_.key("prices").begin_object();
    for (std::size_t i = 0; i < kPeriods; ++i) {
      price(to_string(static_cast<Period>(i)), settings().tariff.table.rates[i].total_e5());
    }
    out_.end_object();
  }

  /// Four decimals, or five where they are needed.
  void price(std::string_view name, Money price_e5) {
    if (price_e5 % 10 == 0) {
      out_.key(name).fixed(price_e5 / 10, 4);
    } else {
      out_.key(name).fixed(price_e5, 5);
    }
  }

  void answer() {
    const Answer none;
    const Answer& said = view_.answer != nullptr ? *view_.answer : none;
    out_.key("type").text(said.type);
    out_.key("code").integer(said.code);
    out_.key("msg").text(said.text);
  }

  void session() {
    if (!connector().active()) {
      out_.key("session").text("");
      return;
    }
    const std::uint32_t earlier = connector().visit->boot;
    out_.key("session").text(
        SessionId(earlier != 0 ? earlier : report_.head.boot, number_, connector().sessions).view());
  }
  void duration() {
    const Connector& it = connector();
    out_.key("duration_s")
        .integer(it.active() ? (view_.now - it.visit->started) / std::chrono::seconds(1) : 0);
  }
  void card() {
    out_.key("card").text(connector().active() ? connector().visit->card.view() : std::string_view());
  }
  void soc() { out_.key("soc").fixed(permille(station().soc(number_, view_.now, settings())), 1); }
  void uptime() { out_.key("uptime_s").integer(station().uptime(view_.now) / std::chrono::seconds(1)); }
  void temperature() { out_.key("temperature_c").number(station().temperature_c(view_.now, settings()), 1); }

  [[nodiscard]] std::string_view vehicle() const {
    const VehiclePool& pool = settings().vehicles;
    if (!connector().plugged() || connector().visit->vehicle.kind >= pool.size()) return {};
    return pool[connector().visit->vehicle.kind].name;
  }
  [[nodiscard]] const Station& station() const { return view_.station; }
  [[nodiscard]] const Settings& settings() const { return view_.config.settings; }
  [[nodiscard]] const Connector& connector() const { return station().connector(number_); }

  Writer& out_;
  const PileView& view_;
  const device::Report& report_;
  ConnectorNumber number_;
};

class JsonDialect final : public Dialect {
 public:
  Status encode(const PileView& view, const device::Report& report,
                std::span<const codec::envelope::Override> overrides, codec::Buffer& out) const override {
    Writer writer(out);
    codec::envelope::begin(writer, report.head);
    Data(writer, view, report).write();
    codec::envelope::finish(writer);
    if (overrides.empty()) return {};
    return codec::envelope::override_fields(overrides, out);
  }

  Request read(std::string_view message) const override { return read_request(message); }
};

}  // namespace

const Dialect& json_dialect() {
  static const JsonDialect dialect;
  return dialect;
}

}  // namespace vfleet::pile
