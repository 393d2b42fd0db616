#include "simulator/codec/mqtt/session.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "simulator/codec/mqtt/encode.h"
#include "simulator/core/hash.h"

namespace vfleet::codec::mqtt {

namespace {

/// Whether a packet that begins so may be a server's first.
bool may_come_first(char first) {
  const auto type = static_cast<PacketType>(static_cast<std::uint8_t>(first) >> 4U);
  return type == PacketType::connack || type == PacketType::disconnect || type == PacketType::auth;
}

}  // namespace

std::unique_ptr<std::string> SessionShared::take() {
  if (packets_.empty()) return std::make_unique<std::string>();
  auto packet = std::move(packets_.back());
  packets_.pop_back();
  packet->clear();
  return packet;
}

void SessionShared::give_back(std::unique_ptr<std::string> packet) {
  constexpr std::size_t kPackets = 4096;
  constexpr std::size_t kBytes = 4096;
  if (packet == nullptr || packets_.size() >= kPackets || packet->capacity() > kBytes) return;
  packets_.push_back(std::move(packet));
}

ClientSession::ClientSession(SessionShared& shared, std::uint32_t key, std::uint16_t first_id)
    : shared_(shared), in_flight_(std::max(first_id, std::uint16_t{1})), key_(key) {}

ClientSession::~ClientSession() = default;

// Sending.

void ClientSession::leave(PacketType type, std::string& out, std::size_t start) {
  Misbehaviour* const misbehaviour = shared_.misbehaviour;
  if (misbehaviour == nullptr && !cut_) [[likely]]
    return;
  if (cut_) {
    out.resize(start);  // nothing follows a cut
    return;
  }
  if (misbehaviour->leaving(key_, type, out, start) == Misbehaviour::Then::cut) cut_ = true;
}

template <class P>
void ClientSession::send(const P& packet, PacketType type, TimePoint now, std::string& out) {
  const std::size_t start = out.size();
  if constexpr (requires { encode(packet, out); }) {
    encode(packet, out);
  } else {
    encode(packet, shared_.options.version, out);
  }
  last_sent_ = now;
  leave(type, out, start);
}

void ClientSession::connect(const ConnectTexts& texts, TimePoint now, std::string& out) {
  const SessionOptions& options = shared_.options;
  state_ = State::connecting;
  cut_ = false;
  last_received_ = now;
  Connect packet;
  packet.version = options.version;
  packet.clean_start = !options.persistent;
  packet.keep_alive_s = options.keep_alive_s;
  packet.client_id = texts.client_id;
  packet.username = texts.username;
  packet.password = texts.password;
  packet.will = texts.will;
  if (options.version == Version::v5) {
    shared_.scratch.clear();
    PropertyWriter properties(shared_.scratch);
    if (options.persistent) properties.number(PropertyId::session_expiry_interval, options.session_expiry_s);
    properties.number(PropertyId::receive_maximum, options.receive_maximum);
    properties.number(PropertyId::maximum_packet_size, options.packet_max);
    if (options.topic_aliases_down != 0) {
      properties.number(PropertyId::topic_alias_maximum, options.topic_aliases_down);
    }
    shared_.scratch.append(texts.properties);
    packet.properties = Properties(shared_.scratch);
  }
  send(packet, PacketType::connect, now, out);
}

void ClientSession::subscribe(std::string_view filters, TimePoint now, std::string& out) {
  subscribe_id_ = in_flight_.next_id(subscribe_id_);
  subscribe_deadline_ = now + shared_.options.ack_timeout;
  send(Subscribe{.packet_id = subscribe_id_, .properties = {}, .filters = Filters(filters, true)},
       PacketType::subscribe, now, out);
}

void ClientSession::disconnect(ReasonCode reason, std::string& out) {
  if (state_ != State::over) state_ = State::over;
  send(Disconnect{.reason = reason, .properties = {}}, PacketType::disconnect, last_sent_, out);
}

bool ClientSession::window_full() const {
  return !in_flight_.all_on_wire() || in_flight_.size() >= window_;
}

std::uint16_t ClientSession::alias_of(std::string_view topic, bool& is_new) {
  is_new = false;
  if (alias_max_ == 0) return 0;
  if (aliases_ == nullptr) aliases_ = std::make_unique<std::vector<std::uint64_t>>();
  const std::uint64_t wanted = hash(topic);
  for (std::size_t i = 0; i < aliases_->size(); ++i) {
    if ((*aliases_)[i] == wanted) return static_cast<std::uint16_t>(i + 1);
  }
  if (aliases_->size() >= alias_max_) return 0;
  aliases_->push_back(wanted);
  is_new = true;
  return static_cast<std::uint16_t>(aliases_->size());
}

ClientSession::Published ClientSession::publish(Publish& publish, const Note& note, TimePoint now,
                                                std::string& out) {
  assert(state_ == State::accepted);
  const SessionOptions& options = shared_.options;
  publish.qos = std::min(publish.qos, maximum_qos_);
  if (!retain_available_) publish.retain = false;
  if (publish.qos > 0 && window_full()) return Published::window_full;
  constexpr std::size_t kAlias = 3;  // the property's bytes
  const std::size_t size = encoded_size(publish, options.version) + (alias_max_ != 0 ? kAlias : 0);
  if (size > kRemainingLengthMax || (packet_max_ != 0 && size > packet_max_)) return Published::too_large;
  if (publish.qos > 0) {
    Entry& entry = in_flight_.add(subscribe_id_);
    publish.packet_id = entry.id;
    entry.note = note;
    entry.deadline = now + options.ack_timeout;
    entry.stage = publish.qos == 1 ? Stage::awaiting_puback : Stage::awaiting_pubrec;
    in_flight_.put_on_wire(entry);
    if (options.persistent) {
      entry.packet = shared_.take();
      encode(publish, options.version, *entry.packet);
    }
  }
  bool is_new = false;
  const std::uint16_t alias = alias_of(publish.topic, is_new);
  if (alias == 0) {
    send(publish, PacketType::publish, now, out);
    return Published::sent;
  }
  Publish aliased = publish;
  shared_.scratch.assign(publish.properties.bytes());
  PropertyWriter(shared_.scratch).number(PropertyId::topic_alias, alias);
  aliased.properties = Properties(shared_.scratch);
  if (!is_new) aliased.topic = {};
  send(aliased, PacketType::publish, now, out);
  return Published::sent;
}

Note* ClientSession::told_sent(std::uint16_t packet_id) {
  Entry* const entry = in_flight_.find(packet_id);
  if (entry == nullptr || entry->was_sent) return nullptr;
  entry->was_sent = true;
  return &entry->note;
}

void ClientSession::resume(TimePoint now, std::string& out, std::vector<std::uint16_t>* sent) {
  while (!in_flight_.all_on_wire() && in_flight_.on_wire() < window_) {
    Entry* const first = in_flight_.oldest_off_wire();
    assert(first != nullptr);
    in_flight_.put_on_wire(*first);
    first->deadline = now + shared_.options.ack_timeout;
    if (sent != nullptr) sent->push_back(first->id);
    if (first->stage == Stage::awaiting_pubcomp) {
      send(Ack{.type = PacketType::pubrel, .packet_id = first->id, .properties = {}}, PacketType::pubrel, now,
           out);
      continue;
    }
    constexpr char kDup = 8;
    constexpr char kRetain = 1;
    const std::size_t start = out.size();
    out.append(*first->packet);
    if (!first->anew) out[start] = static_cast<char>(out[start] | kDup);
    if (!retain_available_) out[start] = static_cast<char>(out[start] & ~kRetain);
    first->anew = false;
    last_sent_ = now;
    leave(PacketType::publish, out, start);
  }
}

std::optional<ClientSession::Unsendable> ClientSession::unsendable(const Entry& entry) const {
  if (entry.stage == Stage::free || entry.on_wire) return std::nullopt;
  if (entry.anew && entry.stage != Stage::awaiting_puback) return Unsendable::session_forgotten;
  if (entry.stage == Stage::awaiting_pubcomp) return std::nullopt;  // the server has it: PUBREL follows
  if (packet_max_ != 0 && entry.packet != nullptr && entry.packet->size() > packet_max_)
    return Unsendable::too_large;
  const unsigned qos = entry.stage == Stage::awaiting_puback ? 1 : 2;
  return qos > maximum_qos_ ? std::optional(Unsendable::qos_too_high) : std::nullopt;
}

bool ClientSession::pop_unsendable(Note& note, bool& was_sent, Unsendable& why) {
  for (Entry& each : in_flight_.places()) {
    const auto reason = unsendable(each);
    if (!reason) continue;
    note = each.note;
    was_sent = each.was_sent;
    why = *reason;
    free(each);
    return true;
  }
  return false;
}

void ClientSession::free(Entry& entry) {
  shared_.give_back(std::move(entry.packet));
  in_flight_.remove(entry);
}

std::optional<ClientSession::Popped> ClientSession::pop() {
  Entry* const entry = in_flight_.oldest();
  if (entry == nullptr) return std::nullopt;
  const Popped out{entry->note, entry->was_sent, entry->deadline};
  free(*entry);
  return out;
}

// Receiving.

bool ClientSession::next(std::string_view& in, TimePoint now, Event& event, std::string& out) {
  Packet packet;
  const DecodeContext context{
      .from = Sender::server, .version = shared_.options.version, .packet_max = shared_.options.packet_max};
  while (state_ == State::connecting || state_ == State::accepted) {
    // Who speaks something else ("HTTP/1.1 400") may never send as much as its second byte promises.
    if (state_ == State::connecting && reader_.held() == 0 && !in.empty() && !may_come_first(in.front())) {
      return broken(ReasonCode::protocol_error, event);
    }
    const auto progress = reader_.next(in, context, packet);
    if (progress == PacketReader::Progress::more) return false;
    if (progress == PacketReader::Progress::broken) return broken(reader_.error(), event);
    last_received_ = now;
    if (take(packet, now, event, out)) {
      event.memory = reader_.take_memory();
      return true;
    }
  }
  return false;
}

bool ClientSession::broken(ReasonCode reason, Event& event) {
  state_ = State::over;
  event.kind = Event::Kind::broken;
  event.reason = reason;
  return true;
}

bool ClientSession::take(Packet& packet, TimePoint now, Event& event, std::string& out) {
  if (const auto* answer = std::get_if<Connack>(&packet)) {
    if (state_ != State::connecting) return broken(ReasonCode::protocol_error, event);
    return connack(*answer, now, event);
  }
  if (state_ == State::connecting && !std::holds_alternative<Disconnect>(packet)) {
    const bool auth = std::holds_alternative<Auth>(packet);
    return broken(auth ? ReasonCode::bad_authentication_method : ReasonCode::protocol_error, event);
  }
  if (const auto* each = std::get_if<Ack>(&packet)) return ack(*each, now, event, out);
  if (const auto* each = std::get_if<Publish>(&packet)) return message(*each, now, event, out);
  if (std::holds_alternative<Pingresp>(packet)) {
    ping_deadline_ = kNever;
    event.kind = Event::Kind::alive;
    return true;
  }
  if (const auto* each = std::get_if<Suback>(&packet)) {
    if (each->type != PacketType::suback || each->packet_id != subscribe_id_ || subscribe_id_ == 0)
      return false;
    subscribe_id_ = 0;
    subscribe_deadline_ = kNever;
    event.kind = Event::Kind::subscribed;
    event.codes = each->codes;
    return true;
  }
  if (const auto* each = std::get_if<Disconnect>(&packet)) {
    state_ = State::over;
    event.kind = Event::Kind::disconnected;
    event.reason = each->reason;
    return true;
  }
  // AUTH: no method was named in CONNECT, so there is nothing to go on with (§4.12).
  return broken(ReasonCode::bad_authentication_method, event);
}

bool ClientSession::connack(const Connack& packet, TimePoint now, Event& event) {
  const SessionOptions& options = shared_.options;
  event.reason = packet.reason;
  if (is_error(packet.reason)) {
    state_ = State::over;
    event.kind = Event::Kind::refused;
    return true;
  }
  if (packet.session_present && !options.persistent) return broken(ReasonCode::protocol_error, event);
  const auto number = [&](PropertyId id, std::uint32_t otherwise) {
    return packet.properties.number(id).value_or(otherwise);
  };
  const auto narrow = [](std::uint32_t value) { return static_cast<std::uint16_t>(value); };
  window_ = std::min(options.in_flight_max, narrow(number(PropertyId::receive_maximum, 65'535)));
  alias_max_ = std::min(options.topic_aliases, narrow(number(PropertyId::topic_alias_maximum, 0)));
  keep_alive_s_ = narrow(number(PropertyId::server_keep_alive, options.keep_alive_s));
  maximum_qos_ = static_cast<std::uint8_t>(number(PropertyId::maximum_qos, 2));
  retain_available_ = number(PropertyId::retain_available, 1) != 0;
  packet_max_ = number(PropertyId::maximum_packet_size, 0);
  if (!packet.session_present) {
    received_.reset();
    for (Entry& each : in_flight_.places()) each.anew = each.stage != Stage::free;
  }
  state_ = State::accepted;
  last_received_ = now;
  event.kind = Event::Kind::accepted;
  event.session_present = packet.session_present;
  event.assigned_id = packet.properties.text(PropertyId::assigned_client_identifier).value_or("");
  return true;
}

std::string_view ClientSession::topic_of(const Publish& packet, std::uint32_t alias) {
  if (alias == 0 || alias > shared_.options.topic_aliases_down) return {};
  const bool known = topics_ != nullptr && alias <= topics_->size();
  if (packet.topic.empty()) return known ? std::string_view((*topics_)[alias - 1]) : std::string_view();
  if (topics_ == nullptr) topics_ = std::make_unique<std::vector<std::string>>();
  if (!known) topics_->resize(alias);
  constexpr std::size_t kTopicBytesMax = 64 * 1024;
  std::size_t bytes = packet.topic.size();
  for (const std::string& each : *topics_) bytes += each.size();
  if (bytes > kTopicBytesMax) return {};
  return (*topics_)[alias - 1] = packet.topic;
}

bool ClientSession::message(const Publish& packet, TimePoint now, Event& event, std::string& out) {
  event.topic = packet.topic;
  if (!packet.properties.empty()) {
    if (const auto alias = packet.properties.number(PropertyId::topic_alias)) {
      event.topic = topic_of(packet, *alias);
      if (event.topic.empty()) return broken(ReasonCode::topic_alias_invalid, event);
    }
  }
  event.kind = Event::Kind::message;
  event.payload = packet.payload;
  if (packet.qos == 0) return true;
  if (packet.qos == 1) {
    send(Ack{.type = PacketType::puback, .packet_id = packet.packet_id, .properties = {}}, PacketType::puback,
         now, out);
    return true;
  }
  if (received_ == nullptr) received_ = std::make_unique<std::vector<std::uint16_t>>();
  const bool known = std::find(received_->begin(), received_->end(), packet.packet_id) != received_->end();
  if (!known) {
    if (received_->size() >= shared_.options.receive_maximum) {
      return broken(ReasonCode::receive_maximum_exceeded, event);
    }
    received_->push_back(packet.packet_id);
  }
  send(Ack{.type = PacketType::pubrec, .packet_id = packet.packet_id, .properties = {}}, PacketType::pubrec,
       now, out);
  return !known;
}

bool ClientSession::ack(const Ack& packet, TimePoint now, Event& event, std::string& out) {
  if (packet.type == PacketType::pubrel) {
    const bool known = received_ != nullptr && std::erase(*received_, packet.packet_id) != 0;
    if (received_ != nullptr && received_->empty()) received_.reset();
    send(Ack{.type = PacketType::pubcomp,
             .packet_id = packet.packet_id,
             .reason = known ? ReasonCode::success : ReasonCode::packet_identifier_not_found,
             .properties = {}},
         PacketType::pubcomp, now, out);
    return false;
  }
  Entry* const entry = in_flight_.find(packet.packet_id);
  if (entry == nullptr || !entry->on_wire) {
    // An answer to what is settled, or to nothing: harmless, and a PUBREC wants to be released.
    if (packet.type == PacketType::pubrec && !is_error(packet.reason)) {
      send(Ack{.type = PacketType::pubrel,
               .packet_id = packet.packet_id,
               .reason = ReasonCode::packet_identifier_not_found,
               .properties = {}},
           PacketType::pubrel, now, out);
    }
    return false;
  }
  switch (packet.type) {
    case PacketType::puback:
      if (entry->stage != Stage::awaiting_puback) return broken(ReasonCode::protocol_error, event);
      return settle(*entry, packet.reason, event);
    case PacketType::pubrec:
      if (entry->stage == Stage::awaiting_puback) return broken(ReasonCode::protocol_error, event);
      if (is_error(packet.reason)) return settle(*entry, packet.reason, event);
      shared_.give_back(std::move(entry->packet));
      entry->stage = Stage::awaiting_pubcomp;
      entry->deadline = now + shared_.options.ack_timeout;
      send(Ack{.type = PacketType::pubrel, .packet_id = packet.packet_id, .properties = {}},
           PacketType::pubrel, now, out);
      return false;
    default:
      if (entry->stage != Stage::awaiting_pubcomp) return broken(ReasonCode::protocol_error, event);
      // The server has the message: that it has forgotten the identifier since changes nothing.
      return settle(*entry, ReasonCode::success, event);
  }
}

bool ClientSession::settle(Entry& entry, ReasonCode reason, Event& event) {
  event.kind = Event::Kind::settled;
  event.reason = reason;
  event.note = entry.note;
  event.was_sent = entry.was_sent;
  free(entry);
  return true;
}

// Time.

ClientSession::Alarm ClientSession::on_timer(TimePoint now, std::string& out) {
  if (state_ != State::accepted) return Alarm::none;
  if (ping_deadline_ <= now) return Alarm::keep_alive_timed_out;
  if (subscribe_deadline_ <= now) return Alarm::ack_timed_out;
  for (const Entry& each : in_flight_.places()) {
    if (each.stage != Stage::free && each.on_wire && each.deadline <= now) return Alarm::ack_timed_out;
  }
  if (keep_alive_s_ == 0 || ping_deadline_ != kNever) return Alarm::none;
  // Also when only the server is silent: else nobody would notice that it is gone (QoS 0).
  if (std::min(last_sent_, last_received_) + std::chrono::seconds(keep_alive_s_) > now) return Alarm::none;
  ping_deadline_ = now + shared_.options.ack_timeout;
  send(Pingreq{}, PacketType::pingreq, now, out);
  return Alarm::none;
}

TimePoint ClientSession::next_timer() const {
  if (state_ != State::accepted) return kNever;
  TimePoint next = std::min(ping_deadline_, subscribe_deadline_);
  if (keep_alive_s_ != 0 && ping_deadline_ == kNever) {
    next = std::min(next, std::min(last_sent_, last_received_) + std::chrono::seconds(keep_alive_s_));
  }
  for (const Entry& each : in_flight_.places()) {
    if (each.stage != Stage::free && each.on_wire) next = std::min(next, each.deadline);
  }
  return next;
}

void ClientSession::lost() {
  state_ = State::disconnected;
  reader_.reset();
  aliases_.reset();
  topics_.reset();
  ping_deadline_ = kNever;
  subscribe_deadline_ = kNever;
  subscribe_id_ = 0;
  in_flight_.lost();
  if (!shared_.options.persistent) received_.reset();
}

}  // namespace vfleet::codec::mqtt
