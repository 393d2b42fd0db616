#include "tests/support/mqtt_server.h"

#include <algorithm>

#include "simulator/codec/mqtt/encode.h"

namespace vfleet::test {

using namespace codec::mqtt;

MqttServer::Connection MqttServer::connected() {
  clients_.emplace(next_, std::make_unique<Client>());
  return next_++;
}

void MqttServer::gone(Connection connection) {
  const auto at = clients_.find(connection);
  if (at == clients_.end()) return;
  if (!at->second->keep) sessions_.erase(at->second->id);
  clients_.erase(at);
}

MqttServer::Connection MqttServer::connection_of(std::string_view client) const {
  for (const auto& [connection, each] : clients_) {
    if (each->welcome && each->id == client) return connection;
  }
  return 0;
}

void MqttServer::restart(bool keep_sessions) {
  clients_.clear();
  if (!keep_sessions) sessions_.clear();
}

MqttServer::Answer MqttServer::take(Connection connection, std::string_view bytes) {
  Answer answer;
  const auto at = clients_.find(connection);
  if (at == clients_.end()) return answer;
  Client& client = *at->second;
  Packet packet;
  while (!answer.close) {
    const auto progress =
        client.reader.next(bytes, {.from = Sender::client, .version = client.version}, packet);
    if (progress == PacketReader::Progress::more) break;
    if (progress == PacketReader::Progress::broken) {
      broken.push_back(client.reader.error());
      answer.close = true;
      break;
    }
    take(client, packet, answer);
  }
  return answer;
}

void MqttServer::take(Client& client, const Packet& packet, Answer& answer) {
  if (const auto* each = std::get_if<Connect>(&packet)) return connect(client, *each, answer);
  if (!client.welcome) {
    broken.push_back(ReasonCode::protocol_error);
    answer.close = true;
    return;
  }
  if (const auto* each = std::get_if<Publish>(&packet)) return publish(client, *each, answer);
  if (const auto* each = std::get_if<Ack>(&packet)) {
    if (each->type == PacketType::pubrel) {
      const bool known = sessions_[client.id].unreleased.erase(each->packet_id) != 0;
      if (!answer_release) return;
      if (client.unanswered > 0) --client.unanswered;
      const ReasonCode reason = known ? ReasonCode::success : ReasonCode::packet_identifier_not_found;
      encode(Ack{PacketType::pubcomp, each->packet_id, reason, {}}, client.version, answer.bytes);
    } else if (each->type == PacketType::pubrec) {
      encode(Ack{PacketType::pubrel, each->packet_id, ReasonCode::success, {}}, client.version, answer.bytes);
    } else {
      ++acks;
    }
    return;
  }
  if (const auto* each = std::get_if<Subscribe>(&packet)) {
    Filters rest = each->filters;
    std::string codes;
    while (const auto one = Filters::next(rest)) {
      subscriptions.push_back(client.id + " " + std::string(one->filter) + " " + std::to_string(one->qos));
      codes.push_back(static_cast<char>(suback));
    }
    encode(Suback{PacketType::suback, each->packet_id, {}, codes}, client.version, answer.bytes);
    return;
  }
  if (std::holds_alternative<Pingreq>(packet)) {
    ++pings;
    if (answer_ping) encode(Pingresp{}, answer.bytes);
    return;
  }
  if (const auto* each = std::get_if<Disconnect>(&packet)) {
    disconnects.push_back(each->reason);
    answer.close = true;
  }
}

void MqttServer::connect(Client& client, const Connect& packet, Answer& answer) {
  client.version = packet.version;
  client.id = packet.client_id;
  const std::uint32_t expiry = packet.properties.number(PropertyId::session_expiry_interval).value_or(0);
  client.keep = packet.version == Version::v5 ? expiry != 0 : !packet.clean_start;
  Connected& seen = connects.emplace_back();
  seen.version = packet.version;
  seen.clean_start = packet.clean_start;
  seen.keep_alive_s = packet.keep_alive_s;
  seen.client = packet.client_id;
  seen.username = packet.username.value_or("");
  seen.password = packet.password.value_or("");
  seen.properties = packet.properties.bytes();
  if (packet.will) {
    seen.will_properties = packet.will->properties.bytes();
    seen.will = std::string(packet.will->topic) + " " + std::string(packet.will->payload) + " " +
                std::to_string(packet.will->qos) + (packet.will->retain ? " retain" : "");
  }
  if (!answer_connect) return;
  if (packet.clean_start) sessions_.erase(client.id);
  const bool present = sessions_.contains(client.id) && !is_error(connack);
  client.welcome = !is_error(connack);
  encode(Connack{present, connack, Properties(connack_properties)}, client.version, answer.bytes);
  if (client.welcome) {
    sessions_.try_emplace(client.id);
  } else {
    answer.close = true;
  }
}

void MqttServer::publish(Client& client, const Publish& packet, Answer& answer) {
  Received one{client.id,
               std::string(packet.topic),
               std::string(packet.payload),
               packet.qos,
               packet.retain,
               packet.dup,
               std::string(packet.properties.bytes())};
  if (const auto alias = packet.properties.number(PropertyId::topic_alias)) {
    std::string& topic = client.aliases[static_cast<std::uint16_t>(*alias)];
    if (!packet.topic.empty()) topic = packet.topic;
    one.topic = topic;
  }
  if (packet.dup) ++duplicates;
  const bool again = packet.qos == 2 && !sessions_[client.id].unreleased.insert(packet.packet_id).second;
  if (again) {
    ++repeated_qos2;
  } else {
    received.push_back(one);
    on_publish(one);
  }
  if (packet.qos == 0) return;
  most_in_flight = std::max(most_in_flight, ++client.unanswered);
  if (!answer_publish) return;
  if (packet.qos == 1 || is_error(puback)) --client.unanswered;
  const PacketType type = packet.qos == 1 ? PacketType::puback : PacketType::pubrec;
  if (is_error(puback)) sessions_[client.id].unreleased.erase(packet.packet_id);
  encode(Ack{type, packet.packet_id, puback, {}}, client.version, answer.bytes);
}

std::string MqttServer::publish(std::string_view client, std::string_view topic, std::string_view payload,
                                std::uint8_t qos) {
  std::string out;
  for (const auto& [connection, each] : clients_) {
    if (each->id != client) continue;
    Publish packet{.qos = qos, .topic = topic, .properties = {}, .payload = payload};
    if (qos > 0) packet.packet_id = sessions_[each->id].next_id++;
    encode(packet, each->version, out);
  }
  return out;
}

}  // namespace vfleet::test
