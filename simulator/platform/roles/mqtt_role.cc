#include "simulator/platform/roles/mqtt_role.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "simulator/codec/mqtt/decode.h"
#include "simulator/codec/mqtt/encode.h"
#include "simulator/codec/mqtt/topic.h"
#include "simulator/platform/roles/answers.h"
#include "simulator/platform/stream/server.h"

namespace vfleet::platform {
namespace {

namespace mqtt = codec::mqtt;
using mqtt::PropertyId;
using mqtt::ReasonCode;
using mqtt::Version;
using stream::Client;
using stream::Taken;
using Then = Taken::Then;

constexpr std::uint32_t kForever = 0xffff'ffff;

std::string_view last_level(std::string_view topic) {
  return topic.substr(topic.rfind('/') + 1);
}

// A topic that the filter selects: "a/+/#" gives "a/command/command".
std::string topic_for(std::string_view filter) {
  if (filter.starts_with("$share/")) {
    filter.remove_prefix(7);
    filter.remove_prefix(std::min(filter.find('/') + 1, filter.size()));
  }
  std::string topic;
  for (const char c : filter) {
    if (c == '+' || c == '#') {
      topic += "command";
    } else {
      topic += c;
    }
  }
  return topic;
}

ReasonCode refusal(const MisbehaviourSettings& settings) {
  const auto code = static_cast<std::uint8_t>(settings.refuse_connect_code);
  if (code == 0) return ReasonCode::server_unavailable;
  return code < 0x80 ? mqtt::from_return_code(code) : static_cast<ReasonCode>(code);
}

// Answers that no client can make sense of.
std::string_view garbage(std::uint64_t draw) {
  constexpr std::string_view kGarbage[] = {
      std::string_view("\x00\x00", 2),                  // no such packet
      std::string_view("\x40\xff\xff\xff\xff\x7f", 6),  // a length of five bytes
      std::string_view("\x40\x02\x00\x00", 4),          // packet id 0
      std::string_view("HTTP/1.1 400 Bad Request\r\n\r\n"),
  };
  return kGarbage[draw % std::size(kGarbage)];
}

}  // namespace

struct MqttRole::Connected final : stream::ClientState {
  Version version = Version::v3_1_1;
  bool clean_end = false;  // DISCONNECT came: no will
  bool has_will = false;
  std::uint16_t last_id = 0;  // of what was sent to it
  std::uint32_t expiry_s = 0;
  std::string id;
  std::string will;  // its payload
  Session session;
  std::vector<std::string> aliases;  // alias 1 is the first
};

std::size_t MqttRole::connected(Client&) {
  return platform_.misbehaviour().input_limit();
}

Taken MqttRole::take(Client& client, std::span<char> bytes, std::string& out) {
  const std::string_view data(bytes.data(), bytes.size());
  Taken taken;
  mqtt::DecodeContext context{
      .from = mqtt::Sender::client, .version = Version::v3_1_1, .packet_max = kPacketMax};
  while (taken.used < data.size()) {
    if (must_be_written(taken, out)) {
      taken.more = true;
      break;
    }
    auto* state = static_cast<Connected*>(client.state.get());
    if (state != nullptr) context.version = state->version;
    const std::string_view rest = data.substr(taken.used);
    const mqtt::Decoded decoded = mqtt::decode(rest, context, packet_);
    if (decoded.error != ReasonCode::success) {
      ++counts_.protocol_errors;
      taken.then = break_off(state, decoded.error, out);
      break;
    }
    if (decoded.consumed == 0) {
      taken.needed = mqtt::packet_size(rest, kPacketMax).consumed;
      break;
    }
    taken.used += decoded.consumed;
    const auto* report = std::get_if<mqtt::Publish>(&packet_);
    if (report != nullptr && state != nullptr) {
      publish(client, *report, out, taken);
    } else {
      taken.then = handle(client, out);
    }
    if (taken.then != Then::keep) break;
  }
  return taken;
}

// Everything but PUBLISH.
Then MqttRole::handle(Client& client, std::string& out) {
  auto* state = static_cast<Connected*>(client.state.get());
  if (const auto* packet = std::get_if<mqtt::Connect>(&packet_)) {
    if (state == nullptr) return connect(client, *packet, out);
    ++counts_.protocol_errors;
    return break_off(state, ReasonCode::protocol_error, out);
  }
  if (state == nullptr) {
    ++counts_.protocol_errors;
    return Then::cut;
  }
  if (const auto* packet = std::get_if<mqtt::Subscribe>(&packet_)) {
    subscribe(client, *packet, out);
  } else if (const auto* unsubscribed = std::get_if<mqtt::Unsubscribe>(&packet_)) {
    unsubscribe(*state, *unsubscribed, out);
  } else if (const auto* ack = std::get_if<mqtt::Ack>(&packet_)) {
    release(*state, *ack, out);
  } else if (std::holds_alternative<mqtt::Pingreq>(packet_)) {
    ++counts_.pings;
    mqtt::encode(mqtt::Pingresp(), out);
  } else if (const auto* disconnect = std::get_if<mqtt::Disconnect>(&packet_)) {
    state->clean_end = disconnect->reason != ReasonCode::disconnect_with_will_message;
    if (const auto expiry = disconnect->properties.number(PropertyId::session_expiry_interval)) {
      state->expiry_s = *expiry;
    }
    return Then::close;
  } else {
    ++counts_.protocol_errors;
    return break_off(state, ReasonCode::bad_authentication_method, out);
  }
  return Then::keep;
}

Then MqttRole::break_off(Connected* state, ReasonCode reason, std::string& out) {
  if (state == nullptr) {
    if (reason == ReasonCode::unsupported_protocol_version) {
      mqtt::encode(mqtt::Connack{.reason = reason}, Version::v3_1_1, out);
    }
  } else if (state->version == Version::v5) {
    mqtt::encode(mqtt::Disconnect{.reason = reason}, Version::v5, out);
  }
  return Then::close;
}

Then MqttRole::connect(Client& client, const mqtt::Connect& packet, std::string& out) {
  const bool v5 = packet.version == Version::v5;
  mqtt::Connack answer;
  if (packet.client_id.empty() && !v5 && !packet.clean_start) {
    answer.reason = ReasonCode::client_identifier_not_valid;
  } else if (platform_.misbehaviour().refuses_connect(packet.client_id)) {
    answer.reason = refusal(platform_.misbehaviour().settings());
  }
  if (answer.reason != ReasonCode::success) {
    ++counts_.connects_refused;
    mqtt::encode(answer, packet.version, out);
    return Then::close;
  }
  auto state = std::make_unique<Connected>();
  state->version = packet.version;
  state->id =
      packet.client_id.empty() ? "client-" + std::to_string(++names_given_) : std::string(packet.client_id);
  state->expiry_s = v5 ? packet.properties.number(PropertyId::session_expiry_interval).value_or(0)
                    : packet.clean_start ? 0
                                         : kForever;
  if (packet.will) {
    state->has_will = true;
    state->will = packet.will->payload;
  }
  Place& place = places_[state->id];
  if (place.client != nullptr) {
    ++counts_.taken_over;
    keep_session(*place.client);
    platform_.withdraw(state->id, place.number);
    place.client->id.clear();  // the place is no longer its
    std::string words;
    if (place.client->version == Version::v5) {
      mqtt::encode(mqtt::Disconnect{.reason = ReasonCode::session_taken_over}, Version::v5, words);
    }
    server_->end(place.number, std::move(words));
  }
  if (place.session) {
    --away_;
    if (!packet.clean_start && platform_.clock().now() < place.expires) {
      ++counts_.sessions_resumed;
      answer.session_present = true;
      state->session = std::move(*place.session);
    }
    place.session.reset();
  }
  place.number = client.number;
  place.client = state.get();
  client.idle_max = std::chrono::milliseconds(1500) * packet.keep_alive_s;
  std::string properties;
  if (v5) {
    mqtt::PropertyWriter writer(properties);
    writer.number(PropertyId::topic_alias_maximum, kTopicAliasMax)
        .number(PropertyId::maximum_packet_size, kPacketMax);
    if (packet.client_id.empty()) writer.text(PropertyId::assigned_client_identifier, state->id);
    answer.properties = mqtt::Properties(properties);
  }
  ++counts_.connects;
  mqtt::encode(answer, packet.version, out);
  client.state = std::move(state);
  auto& connected = static_cast<Connected&>(*client.state);
  if (!connected.session.filters.empty()) {
    platform_.announce(connected.id, *this, client.number);
    deliver(connected, connected.id, out);
  }
  return Then::keep;
}

void MqttRole::publish(Client& client, const mqtt::Publish& packet, std::string& out, Taken& taken) {
  auto& state = static_cast<Connected&>(*client.state);
  std::string_view topic = packet.topic;
  if (!packet.properties.empty()) {
    if (const auto alias = packet.properties.number(PropertyId::topic_alias)) {
      const bool known = *alias >= 1 && *alias <= state.aliases.size() && !state.aliases[*alias - 1].empty();
      if (*alias == 0 || *alias > kTopicAliasMax || (topic.empty() && !known)) {
        ++counts_.protocol_errors;
        taken.then = break_off(&state, ReasonCode::topic_alias_invalid, out);
        return;
      }
      if (state.aliases.size() < *alias) state.aliases.resize(*alias);
      if (topic.empty()) {
        topic = state.aliases[*alias - 1];
      } else {
        state.aliases[*alias - 1] = topic;
      }
    }
  }
  ++counts_.publishes;
  if (packet.qos != 0) ++(packet.qos == 1 ? counts_.qos1 : counts_.qos2);
  if (packet.dup) ++counts_.dup;
  if (packet.retain) ++counts_.retained;
  auto& unreleased = state.session.unreleased;
  if (packet.qos == 2) {
    if (std::find(unreleased.begin(), unreleased.end(), packet.packet_id) != unreleased.end()) {
      // Counted when it came first.
      mqtt::encode(mqtt::Ack{.type = mqtt::PacketType::pubrec, .packet_id = packet.packet_id}, state.version,
                   out);
      return;
    }
    unreleased.push_back(packet.packet_id);
  }
  const Arrival arrival = platform_.take(
      packet.payload,
      {.way = Way::mqtt, .down = this, .link = client.number, .type = last_level(topic), .device = state.id});
  acknowledge(state, packet, arrival, out, taken);
  if (platform_.commands().anything_waits() && taken.then == Then::keep) {
    deliver(state, arrival.device, out);
  }
}

void MqttRole::acknowledge(Connected& state, const mqtt::Publish& packet, const Arrival& arrival,
                           std::string& out, Taken& taken) {
  const bool refused = arrival.mischief.kind == Mischief::Kind::refuse;
  taken.delay = arrival.mischief.delay;
  const std::size_t before = out.size();
  if (packet.qos != 0) {
    mqtt::Ack ack{.type = packet.qos == 1 ? mqtt::PacketType::puback : mqtt::PacketType::pubrec,
                  .packet_id = packet.packet_id};
    if (!arrival.taken) ack.reason = ReasonCode::payload_format_invalid;
    if (refused) ack.reason = ReasonCode::quota_exceeded;
    mqtt::encode(ack, state.version, out);
    if (mqtt::is_error(ack.reason) && packet.qos == 2) std::erase(state.session.unreleased, packet.packet_id);
  }
  // Only an acknowledgement of MQTT 5 can say no.
  if (refused && packet.qos != 0 && state.version == Version::v5) return;
  spoil(arrival.mischief, platform_.misbehaviour().settings(), garbage(arrival.mischief.draw), before, out,
        taken);
}

void MqttRole::subscribe(Client& client, const mqtt::Subscribe& packet, std::string& out) {
  auto& state = static_cast<Connected&>(*client.state);
  auto& filters = state.session.filters;
  std::string codes;
  mqtt::Filters rest = packet.filters;
  while (const auto each = mqtt::Filters::next(rest)) {
    const auto known = std::find_if(filters.begin(), filters.end(), [&](const Session::Filter& filter) {
      return filter.text == each->filter;
    });
    if (known != filters.end()) {
      known->qos = each->qos;
    } else if (filters.size() < kFiltersMax) {
      filters.push_back({std::string(each->filter), each->qos});
    } else {
      codes += static_cast<char>(state.version == Version::v5 ? ReasonCode::quota_exceeded
                                                              : ReasonCode::unspecified_error);
      continue;
    }
    ++counts_.subscriptions;
    codes += static_cast<char>(each->qos);
  }
  mqtt::encode(mqtt::Suback{.packet_id = packet.packet_id, .codes = codes}, state.version, out);
  platform_.announce(state.id, *this, client.number);
  deliver(state, state.id, out);
}

void MqttRole::unsubscribe(Connected& state, const mqtt::Unsubscribe& packet, std::string& out) {
  std::string codes;
  mqtt::Filters rest = packet.filters;
  while (const auto each = mqtt::Filters::next(rest)) {
    const auto erased = std::erase_if(
        state.session.filters, [&](const Session::Filter& filter) { return filter.text == each->filter; });
    codes += static_cast<char>(erased != 0 ? ReasonCode::success : ReasonCode::no_subscription_existed);
  }
  if (state.version == Version::v3_1_1) codes.clear();
  mqtt::encode(
      mqtt::Suback{.type = mqtt::PacketType::unsuback, .packet_id = packet.packet_id, .codes = codes},
      state.version, out);
}

void MqttRole::release(Connected& state, const mqtt::Ack& packet, std::string& out) {
  // PUBACK of a command needs no answer; commands are never sent with QoS 2.
  if (packet.type != mqtt::PacketType::pubrel) return;
  const bool known = std::erase(state.session.unreleased, packet.packet_id) != 0;
  mqtt::encode(mqtt::Ack{.type = mqtt::PacketType::pubcomp,
                         .packet_id = packet.packet_id,
                         .reason = known ? ReasonCode::success : ReasonCode::packet_identifier_not_found},
               state.version, out);
}

void MqttRole::deliver(Connected& state, std::string_view device, std::string& out) {
  if (!platform_.commands().anything_waits() || state.session.filters.empty()) return;
  const Session::Filter& filter = state.session.filters.front();
  const std::string topic = topic_for(filter.text);
  for (const std::string& command : platform_.commands().take(device)) {
    ++counts_.commands;
    mqtt::Publish packet{.qos = std::min<std::uint8_t>(filter.qos, 1), .topic = topic, .payload = command};
    if (packet.qos != 0) {
      if (++state.last_id == 0) state.last_id = 1;
      packet.packet_id = state.last_id;
    }
    mqtt::encode(packet, state.version, out);
  }
}

bool MqttRole::commands_wait(std::uint64_t link, std::string_view device) {
  auto* state = static_cast<Connected*>(server_->state_of(link));
  if (state == nullptr || state->session.filters.empty() || !server_->can_send(link)) return false;
  std::string bytes;
  deliver(*state, device, bytes);
  return bytes.empty() || server_->send(link, bytes);
}

void MqttRole::keep_session(Connected& state) {
  if (state.expiry_s == 0) return;
  if (away_ >= kSessionsMax) forget_expired();
  if (away_ >= kSessionsMax) return;
  Place& place = places_[state.id];
  if (!place.session) ++away_;
  place.session = std::make_unique<Session>(std::move(state.session));
  place.expires = state.expiry_s == kForever ? TimePoint::max()
                                             : platform_.clock().now() + std::chrono::seconds(state.expiry_s);
}

// Not while places_ is walked or a Place is held.
void MqttRole::forget_expired() {
  const TimePoint now = platform_.clock().now();
  // Once a second is often enough, however many clients come and go.
  if (now < look_again_) return;
  look_again_ = now + std::chrono::seconds(1);
  away_ -= std::erase_if(places_, [now](const auto& each) {
    return each.second.client == nullptr && each.second.session && each.second.expires <= now;
  });
}

void MqttRole::gone(Client& client) {
  auto* state = static_cast<Connected*>(client.state.get());
  if (state == nullptr) return;
  if (state->has_will && !state->clean_end) {
    ++counts_.wills;
    platform_.recent().add(state->id, "will", to_us(platform_.clock().wall_now()), state->will);
  }
  if (state->id.empty()) return;
  platform_.withdraw(state->id, client.number);
  keep_session(*state);
  const auto place = places_.find(state->id);
  if (place == places_.end()) return;
  place->second.number = 0;
  place->second.client = nullptr;
  if (!place->second.session) places_.erase(place);
}

}  // namespace vfleet::platform
