#include "tests/bench/mqtt_fleet.h"

#include <algorithm>
#include <cstdlib>

#include "simulator/codec/mqtt/decode.h"
#include "simulator/codec/mqtt/encode.h"
#include "simulator/uplink/all_uplinks.h"

namespace vfleet::bench {
namespace {

using namespace codec::mqtt;

void answer(Version version, std::string_view written, std::string& out) {
  Packet packet;
  while (!written.empty()) {
    const Decoded one = decode(written, {.from = Sender::client, .version = version}, packet);
    if (one.consumed == 0) std::abort();  // a link writes whole packets here
    written.remove_prefix(one.consumed);
    if (std::holds_alternative<Connect>(packet)) encode(Connack{}, version, out);
    if (const auto* each = std::get_if<Subscribe>(&packet)) {
      encode(Suback{PacketType::suback, each->packet_id, {}, std::string_view("\0", 1)}, version, out);
    }
    if (const auto* each = std::get_if<Publish>(&packet); each != nullptr && each->qos > 0) {
      const PacketType type = each->qos == 1 ? PacketType::puback : PacketType::pubrec;
      encode(Ack{type, each->packet_id, ReasonCode::success, {}}, version, out);
    }
    if (const auto* each = std::get_if<Ack>(&packet); each != nullptr && each->type == PacketType::pubrel) {
      encode(Ack{PacketType::pubcomp, each->packet_id, ReasonCode::success, {}}, version, out);
    }
  }
}

Version version_of(std::string_view text) {
  return text == "5" ? Version::v5 : Version::v3_1_1;
}

}  // namespace

class MqttFleet::Owner final : public uplink::LinkOwner, public codec::text::Names {
 public:
  void link_up(uplink::LinkKey) override { ++up; }
  void link_down(uplink::LinkKey, std::string_view) override {}
  void report_sent(uplink::LinkKey, const uplink::Ticket&) override {}
  void report_settled(uplink::LinkKey, const uplink::Ticket&, uplink::Fate) override { ++settled; }
  void message_received(uplink::LinkKey, std::string_view) override {}
  const codec::text::Names& names(uplink::LinkKey) override { return *this; }
  std::string_view device_id() const override { return "pile-00042"; }
  std::string_view device_type() const override { return "charging_pile"; }
  std::string_view group() const override { return "pile"; }
  std::string_view label(std::string_view) const override { return {}; }

  std::size_t up = 0;
  std::size_t settled = 0;
};

MqttFleet::MqttFleet(std::size_t links, int qos, bool persistent, const char* version)
    : network_(loop_, [v = version_of(version)](std::string_view written,
                                                std::string& out) { answer(v, written, out); }),
      owner_(std::make_unique<Owner>()) {
  config::Values values;
  values["qos"].data = std::int64_t{qos};
  values["clean"].data = !persistent;
  values["version"].data = std::string(version);
  values["pacing.rate"].data = 1e6;
  values["pacing.in_flight"].data = std::int64_t{1'000'000};
  const uplink::UplinkEnvironment environment{.loop = loop_, .network = &network_, .seed = 42};
  auto made = uplink::find_uplink("mqtt")->make(environment, values, *owner_);
  if (!made) std::abort();
  uplink_ = std::move(*made);
  for (std::size_t i = 0; i < links; ++i) {
    links_.push_back(uplink_->make_link(static_cast<uplink::LinkKey>(i),
                                        {.device_id = "pile-00042", .type = "charging_pile"}));
    links_.back()->open();
  }
  while (up() < links) {
    loop_.run_for(std::chrono::milliseconds(10));
    network_.deliver();
  }
}

MqttFleet::~MqttFleet() = default;

std::size_t MqttFleet::up() const {
  return owner_->up;
}
std::size_t MqttFleet::settled() const {
  return owner_->settled;
}

void MqttFleet::round() {
  ++seq_;
  for (const auto& link : links_) {
    (void)link->send({.seq = seq_}, {.type = "meter", .body = body_});
  }
  network_.deliver();
}

}  // namespace vfleet::bench
