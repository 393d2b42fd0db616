#include "tests/support/probe_device.h"

#include "simulator/config/bind.h"
#include "simulator/device/device.h"
#include "simulator/device/report_keys.h"

namespace vfleet::test {
namespace {

using namespace device;
using namespace std::chrono_literals;

struct ProbeConfig final : DeviceConfig {
  schedule::Pacing beat{.period = 1s};
  schedule::Pacing pair{};
  double gain = 1;
  int channels = 2;
  std::string site = "here";
};

enum ProbeReport : ReportIndex { kBeat, kPair, kPoked };

config::Struct<ProbeConfig> probe_keys() {
  config::Struct<ProbeConfig> keys;
  add_report_keys(
      keys, "beat", [](auto& c) -> auto& { return c.beat; });
  add_report_keys(
      keys, "pair", [](auto& c) -> auto& { return c.pair; });
  keys.number(
          "gain", Unit::none, [](auto& c) -> auto& { return c.gain; })
      .initial(1)
      .range(0, 10)
      .doc("A live key.");
  keys.integer(
          "channels", [](auto& c) -> auto& { return c.channels; })
      .initial(2)
      .range(1, 8)
      .doc("A boot key.")
      .effect(config::Effect::boot);
  keys.text(
          "site", [](auto& c) -> auto& { return c.site; })
      .initial("here")
      .doc("A connection key.")
      .effect(config::Effect::connection);
  keys.check([](const ProbeConfig& c, std::vector<std::string>& mistakes) {
    if (c.gain > 9 && c.channels > 7) mistakes.emplace_back("gain over 9 needs fewer channels");
  });
  return keys;
}

class Probe final : public Device {
 public:
  explicit Probe(const ProbeConfig& config) : channels_(static_cast<Channel>(config.channels)) {}

  static const ProbeConfig& own(const DeviceConfig& config) {
    return static_cast<const ProbeConfig&>(config);
  }

  void boot(DeviceContext& context) override {
    channels_ = static_cast<Channel>(own(context.config()).channels);
  }
  void reconfigure(DeviceContext&, const DeviceConfig&) override {}
  void link_up(DeviceContext&) override {}
  void link_down(DeviceContext&) override {}
  [[nodiscard]] TimePoint next_event() const override { return kNever; }
  void advance(DeviceContext&) override {}
  [[nodiscard]] std::size_t line_count(const DeviceConfig&) const override { return 1U + channels_; }
  [[nodiscard]] ReportLine line(std::size_t i) const override {
    return i == 0 ? ReportLine{kBeat, 0} : ReportLine{kPair, static_cast<Channel>(i)};
  }
  [[nodiscard]] const schedule::Pacing& pacing(std::size_t i, const DeviceConfig& config) const override {
    return i == 0 ? own(config).beat : own(config).pair;
  }
  [[nodiscard]] Status encode(const DeviceContext& context, const Report& report,
                              std::span<const codec::envelope::Override> overrides,
                              codec::Buffer& out) const override {
    codec::json::Writer writer(out);
    codec::envelope::begin(writer, report.head);
    writer.begin_object()
        .key("pokes")
        .integer(pokes_)
        .key("gain")
        .number(own(context.config()).gain, 3)
        .end_object();
    codec::envelope::finish(writer);
    return codec::envelope::override_fields(overrides, out);
  }
  [[nodiscard]] Channel channels(const DeviceConfig&) const override { return channels_; }
  [[nodiscard]] Status act(DeviceContext& context, const ActionCall& call) override {
    if (call.name == "break") {
      broken_ = true;
    } else if (call.name == "mend") {
      broken_ = false;
    } else {
      if (broken_) return fail(Errc::rejected, "is broken");
      for (auto n = std::get<std::int64_t>(call.args->at("times").data); n > 0; --n) {
        ++pokes_;
        context.emit(kPoked, 0);
      }
    }
    return {};
  }
  void receive(DeviceContext& context, std::string_view message) override {
    if (message == "reboot") context.reboot(2s);
    if (message == "gain") (void)context.patch_config("gain", "7");
  }
  void visit_state(const DeviceContext& context, StateVisitor& visitor) const override {
    visitor.number("pokes", pokes_, 0);
    visitor.number("gain", own(context.config()).gain, 3);
    visitor.boolean("broken", broken_);
  }

 private:
  std::int32_t pokes_ = 0;
  Channel channels_;
  bool broken_ = false;
};

class ProbeType final : public DeviceType {
 public:
  ProbeType() : keys_(probe_keys()) {
    description_.name = "probe";
    description_.doc = "A device for tests.";
    description_.reports = {{.name = "beat", .scheduled = true},
                            {.name = "pair", .scheduled = true, .per_channel = true},
                            {.name = "poked"}};
    config::Key times;
    times.path = "times";
    times.kind = config::Kind::integer;
    times.minimum = 1;
    times.maximum = 100;
    times.initial = config::Value{std::int64_t{1}};
    description_.actions = {{.name = "poke", .args = {times}},
                            {.name = "break", .durable = true, .undone_by = "mend", .shown_by = "broken"},
                            {.name = "mend", .durable = true}};
    description_.states = {{.name = "pokes"}, {.name = "gain"}, {.name = "broken"}};
    description_.schema = keys_.schema();
  }
  [[nodiscard]] const TypeDescription& description() const override { return description_; }
  [[nodiscard]] Result<std::unique_ptr<const DeviceConfig>> build(
      const config::Values& values) const override {
    auto config = keys_.build(values);
    if (!config) return tl::unexpected<Error>(std::move(config.error()));
    return std::make_unique<const ProbeConfig>(std::move(*config));
  }
  [[nodiscard]] std::unique_ptr<Device> make(std::uint64_t, std::uint64_t,
                                             const DeviceConfig& config) const override {
    return std::make_unique<Probe>(Probe::own(config));
  }

 private:
  config::Struct<ProbeConfig> keys_;
  TypeDescription description_;
};

}  // namespace

std::unique_ptr<DeviceType> make_probe() {
  return std::make_unique<ProbeType>();
}

}  // namespace vfleet::test
