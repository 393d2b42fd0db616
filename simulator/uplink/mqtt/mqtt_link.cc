#include "simulator/uplink/mqtt/mqtt_link.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <span>
#include <utility>

#include "simulator/codec/http/command_list.h"
#include "simulator/codec/mqtt/decode.h"
#include "simulator/codec/mqtt/encode.h"
#include "simulator/codec/mqtt/topic.h"
#include "simulator/core/hash.h"

namespace vfleet::uplink {
namespace {

using codec::mqtt::ClientSession;
using codec::mqtt::Event;
using codec::mqtt::Note;
using codec::mqtt::Publish;
using codec::mqtt::ReasonCode;
using codec::mqtt::Version;

constexpr std::size_t kBatchBytes = 16 * 1024;
/// A server that does not read, while it makes us answer: the connection ends.
constexpr std::uint32_t kKeptMax = 1024 * 1024;

Note note_of(const Ticket& ticket) {
  return {{std::uint64_t{ticket.seq} << 32 | ticket.waiter,
           std::uint64_t{ticket.left_us} << 32 | ticket.report,
           std::bit_cast<std::uint64_t>(ticket.due.time_since_epoch().count())}};
}

Ticket ticket_of(const Note& note) {
  Ticket ticket;
  ticket.seq = static_cast<std::uint32_t>(note.words[0] >> 32);
  ticket.waiter = static_cast<std::uint32_t>(note.words[0]);
  ticket.report = static_cast<std::uint8_t>(note.words[1]);
  ticket.left_us = static_cast<std::uint32_t>(note.words[1] >> 32);
  ticket.due = TimePoint(Duration(std::bit_cast<std::int64_t>(note.words[2])));
  return ticket;
}

void count(ReasonCounts& counts, ReasonCode reason) {
  ++counts[static_cast<std::uint8_t>(reason)];
}

/// A session that is taken up again after a restart of the worker should not begin with the same identifiers:
/// the server may hold some of them.
std::uint16_t first_packet_id(std::uint64_t seed, std::string_view device, TimePoint now) {
  const auto time = static_cast<std::uint64_t>(now.time_since_epoch().count());
  return static_cast<std::uint16_t>(mix(mix(seed, hash(device)), time) & 0x7FFF);
}

}  // namespace

struct MqttLink::Telling {
  const MqttSent* next;
  const MqttSent* end;
  Telling* outer;
};

MqttLink::MqttLink(MqttHub& hub, LinkKey key, const LinkIdentity& identity)
    : StreamLink(hub, key),
      hub_(hub),
      session_(hub.sessions, key, first_packet_id(identity.seed, identity.device_id, hub.loop.now())) {}

MqttLink::~MqttLink() {
  if (!hub_.packet_faults.empty()) (void)hub_.set_fault(key(), std::nullopt);
}

std::size_t MqttLink::pending() const {
  std::size_t out = session_.in_flight() + queue_.size();
  const auto add = [&](const MqttSent* begin, const MqttSent* end) {
    out += static_cast<std::size_t>(
        std::count_if(begin, end, [](const MqttSent& each) { return each.packet_id == 0; }));
  };
  if (kept_ != nullptr) add(kept_->data(), kept_->data() + kept_->size());
  for (const Telling* each = telling_; each != nullptr; each = each->outer) add(each->next, each->end);
  return out;
}

// Sending.

bool MqttLink::add_properties(const std::vector<MqttTexts::Property>& texts, const codec::text::Names& names,
                              const codec::text::ReportText* report, std::string& out) {
  codec::mqtt::PropertyWriter writer(out);
  for (const auto& [name, value] : texts) {
    hub_.scratch.clear();
    if (report != nullptr) {
      value.render(names, *report, hub_.scratch);
    } else {
      value.render(names, hub_.scratch);
    }
    if (!codec::mqtt::is_property_text(hub_.scratch)) {
      ++hub_.mqtt_totals.bad_properties;
      return false;
    }
    writer.user(name, hub_.scratch);
  }
  return true;
}

bool MqttLink::prepare(const Message& message, Publish& publish) {
  const codec::text::Names& names = hub_.owner.names(key());
  const codec::text::ReportText report{.type = message.type, .json = message.report};
  const MqttReport& how = hub_.texts.report(message.type);
  hub_.topic.clear();
  how.topic.render(names, report, hub_.topic);
  if (!codec::mqtt::is_topic_name(hub_.topic)) {
    ++hub_.mqtt_totals.bad_topics;
    return false;
  }
  if (!hub_.texts.user_properties.empty()) {
    hub_.properties = hub_.report_properties;
    if (!add_properties(hub_.texts.user_properties, names, &report, hub_.properties)) return false;
    publish.properties = codec::mqtt::Properties(hub_.properties);
  } else {
    publish.properties = codec::mqtt::Properties(hub_.report_properties);
  }
  publish.topic = hub_.topic;
  publish.payload = message.body;
  publish.qos = how.qos;
  publish.retain = how.retain;
  return true;
}

Accepted MqttLink::send(const Ticket& ticket, const Message& message) {
  if (!up()) return Accepted::offline;
  Publish publish;
  if (!prepare(message, publish)) {
    settle(ticket, Fate::refused);
    return Accepted::yes;
  }
  const bool must_wait = !queue_.empty() || blocked() || pumping_ || !session_.accepted() ||
                         (publish.qos > 0 && session_.window_full());
  if (must_wait) return enqueue(ticket, publish);
  const TimePoint time = now();
  hub_.scratch.clear();
  if (session_.publish(publish, note_of(ticket), time, hub_.scratch) != ClientSession::Published::sent) {
    ++hub_.mqtt_totals.too_large;
    settle(ticket, Fate::refused);
    return Accepted::yes;
  }
  ++hub_.mqtt_totals.publishes;
  if (publish.qos > 0) look_at_time_by(time + hub_.config.ack_timeout);
  const MqttSent sent{ticket, publish.packet_id};
  commit(hub_.scratch, &sent, &sent + 1);
  return Accepted::yes;
}

Accepted MqttLink::enqueue(const Ticket& ticket, const Publish& publish) {
  Publish waiting = publish;
  waiting.packet_id = 1;  // any: it gets its own when it leaves
  hub_.scratch.clear();
  encode(waiting, hub_.config.version, hub_.scratch);
  const auto offer =
      queue_.offer(ticket, hub_.scratch, hub_.config.queue_max, hub_.config.when_full, hub_.pool);
  if (offer.evicted) {
    ++hub_.mqtt_totals.evicted;
    settle(*offer.evicted, Fate::evicted);
  }
  return offer.accepted;
}

void MqttLink::pump() {
  if (pumping_ || queue_.empty() || blocked() || !session_.accepted()) return;
  const std::uint8_t before = epoch();
  pumping_ = true;
  while (epoch() == before && !queue_.empty() && !blocked() && session_.accepted()) {
    MqttLease lease(hub_);
    const TimePoint time = now();
    bool too_large = false;
    while (!queue_.empty() && lease.bytes.size() < kBatchBytes) {
      const Waiting& first = queue_.front();
      codec::mqtt::Packet packet;
      const auto decoded = codec::mqtt::decode(
          first.bytes, {.from = codec::mqtt::Sender::client, .version = hub_.config.version}, packet);
      too_large = decoded.consumed == 0;  // past what a packet of MQTT can say
      if (too_large) break;
      auto& publish = std::get<Publish>(packet);
      const auto result = session_.publish(publish, note_of(first.ticket), time, lease.bytes);
      too_large = result == ClientSession::Published::too_large;
      if (result != ClientSession::Published::sent) break;
      ++hub_.mqtt_totals.publishes;
      if (publish.qos > 0) look_at_time_by(time + hub_.config.ack_timeout);
      lease.sent.push_back({first.ticket, publish.qos > 0 ? publish.packet_id : std::uint16_t{0}});
      hub_.pool.give_back(queue_.pop());
    }
    if (!lease.sent.empty()) {
      commit(lease.bytes, lease.sent.data(), lease.sent.data() + lease.sent.size());
    } else if (too_large) {
      const Ticket ticket = queue_.front().ticket;
      hub_.pool.give_back(queue_.pop());
      ++hub_.mqtt_totals.too_large;
      settle(ticket, Fate::refused);
    } else {
      break;  // the window is full
    }
  }
  pumping_ = false;
}

void MqttLink::resume() {
  MqttLease lease(hub_);
  hub_.packet_ids.clear();
  session_.resume(now(), lease.bytes, &hub_.packet_ids);
  if (lease.bytes.empty()) return;
  hub_.mqtt_totals.sent_again += hub_.packet_ids.size();
  for (const std::uint16_t id : hub_.packet_ids) lease.sent.push_back({{}, id});
  look_at_time_by(now() + hub_.config.ack_timeout);
  commit(lease.bytes, lease.sent.data(), lease.sent.data() + lease.sent.size());
}

MqttLink::Wrote MqttLink::put(std::string_view bytes) {
  const Wrote wrote = bytes.empty() ? Wrote::all : write(bytes);
  if (wrote == Wrote::lost) return wrote;
  if (session_.cut()) [[unlikely]] {
    fail("cut_on_purpose");
    return Wrote::lost;
  }
  if (wrote == Wrote::kept) {
    kept_bytes_ += static_cast<std::uint32_t>(bytes.size());
    if (kept_bytes_ > kKeptMax && kept_bytes_ != bytes.size()) {
      fail("server_reads_too_slowly");
      return Wrote::lost;
    }
  }
  return wrote;
}

void MqttLink::commit(std::string_view bytes, const MqttSent* begin, const MqttSent* end) {
  // Whoever ends the connection meanwhile finds here what has no fate yet.
  Telling telling{begin, end, telling_};
  telling_ = &telling;
  const Wrote wrote = put(bytes);
  if (wrote == Wrote::kept) {
    if (kept_ == nullptr) kept_ = std::make_unique<std::vector<MqttSent>>();
    kept_->insert(kept_->end(), telling.next, telling.end);
    telling.next = telling.end;
  }
  telling_ = telling.outer;
  if (wrote == Wrote::all) tell(telling.next, telling.end);
}

void MqttLink::tell(const MqttSent* begin, const MqttSent* end) {
  Telling telling{begin, end, telling_};
  telling_ = &telling;
  while (telling.next != telling.end) {
    const MqttSent sent = *telling.next;
    if (sent.packet_id == 0) {
      hub_.owner.report_sent(key(), sent.ticket);
      if (telling.next == telling.end) break;  // the link was closed in there, and has settled it
      ++telling.next;
      settle(sent.ticket, Fate::handed_over);
    } else {
      ++telling.next;
      if (Note* const note = session_.told_sent(sent.packet_id)) {
        Ticket ticket = ticket_of(*note);
        ticket.left(now());
        *note = note_of(ticket);
        hub_.owner.report_sent(key(), ticket);
      }
    }
  }
  telling_ = telling.outer;
}

void MqttLink::flushed() {
  kept_bytes_ = 0;
  if (const auto kept = std::exchange(kept_, nullptr)) {
    const std::uint8_t before = epoch();
    tell(kept->data(), kept->data() + kept->size());
    if (epoch() != before) return;
  }
  pump();
}

// Connecting.

void MqttLink::connected() {
  const codec::text::Names& names = hub_.owner.names(key());
  const MqttTexts& texts = hub_.texts;
  MqttLease lease(hub_);
  // All texts in one buffer; views once it no longer grows.
  std::string& all = hub_.topic;
  all.clear();
  std::array<std::size_t, 6> ends{};
  std::size_t n = 0;
  const auto render = [&](const codec::text::Template* each) {
    if (each != nullptr) each->render(names, all);
    ends[n++] = all.size();
  };
  const auto pointer = [](const std::optional<codec::text::Template>& each) {
    return each ? &*each : nullptr;
  };
  render(&texts.client_id);
  render(pointer(texts.username));
  render(pointer(texts.password));
  render(pointer(texts.will_topic));
  render(&texts.will_payload);
  const auto text = [&](std::size_t i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(all).substr(begin, ends[i] - begin);
  };
  codec::mqtt::ConnectTexts connect{.client_id = text(0), .username = {}, .password = {}, .will = {}};
  // As long as the link lives the device goes by the name that the server gave it.
  if (connect.client_id.empty() && assigned_id_ != nullptr) connect.client_id = *assigned_id_;
  if (texts.username) connect.username = text(1);
  if (texts.password) connect.password = text(2);
  if (texts.will_topic) {
    connect.will = codec::mqtt::Will{.topic = text(3),
                                     .payload = text(4),
                                     .qos = hub_.config.will_qos,
                                     .retain = hub_.config.will_retain,
                                     .properties = codec::mqtt::Properties(hub_.will_properties)};
  }
  hub_.properties.clear();
  if (!add_properties(texts.connect_properties, names, nullptr, hub_.properties)) {
    fail("bad_connect_properties");
    return;
  }
  connect.properties = hub_.properties;
  kept_bytes_ = 0;
  session_.connect(connect, now(), lease.bytes);
  put(lease.bytes);
}

void MqttLink::accepted(const Event& event) {
  const std::uint8_t before = epoch();
  count(hub_.mqtt_totals.connack, ReasonCode::success);
  if (event.session_present) ++hub_.mqtt_totals.sessions_resumed;
  if (!event.session_present && session_.in_flight() > 0) ++hub_.mqtt_totals.sessions_forgotten;
  if (!event.assigned_id.empty()) {
    ++hub_.mqtt_totals.assigned_ids;
    assigned_id_ = std::make_unique<std::string>(event.assigned_id);
  }
  lose_unsendable();
  if (epoch() != before) return;
  if (!hub_.texts.subscribe.empty() || hub_.texts.echo) {
    const codec::text::Names& names = hub_.owner.names(key());
    MqttLease lease(hub_);
    hub_.topic.clear();
    const auto want = [&](const codec::text::Template& each) {
      hub_.scratch.clear();
      each.render(names, hub_.scratch);
      if (codec::mqtt::is_topic_filter(hub_.scratch)) {
        codec::mqtt::Filters::append({.filter = hub_.scratch, .qos = hub_.config.subscribe_qos}, hub_.topic);
      } else {
        ++hub_.mqtt_totals.bad_topics;
      }
    };
    for (const codec::text::Template& each : hub_.texts.subscribe) want(each);
    if (hub_.texts.echo) want(*hub_.texts.echo);
    if (!hub_.topic.empty()) session_.subscribe(hub_.topic, now(), lease.bytes);
    if (put(lease.bytes) == Wrote::lost) return;
  }
  armed_ = kNever;
  ready();
  if (epoch() != before) return;
  look_at_time_by(session_.next_timer());
  resume();
}

void MqttLink::lose_unsendable() {
  const std::uint8_t before = epoch();
  Note note;
  bool was_sent = false;
  ClientSession::Unsendable why{};
  while (epoch() == before && session_.pop_unsendable(note, was_sent, why)) {
    ++hub_.mqtt_totals.unsendable[static_cast<std::size_t>(why)];
    settle(ticket_of(note), Fate::connection_lost);
  }
}

// Receiving.

void MqttLink::received(std::string_view bytes) {
  const std::uint8_t before = epoch();
  MqttLease answers(hub_);
  Event event;
  while (session_.next(bytes, now(), event, answers.bytes)) {
    switch (event.kind) {
      case Event::Kind::accepted:
        accepted(event);
        break;
      case Event::Kind::refused:
        count(hub_.mqtt_totals.connack, event.reason);
        fail(to_string(event.reason));
        return;
      case Event::Kind::settled:
        settled(event);
        break;
      case Event::Kind::message:
        if (!hub_.texts.echo || !echoed(event)) deliver(event.payload);
        break;
      case Event::Kind::subscribed:
        for (const char code : event.codes) {
          count(hub_.mqtt_totals.subscriptions, static_cast<ReasonCode>(static_cast<std::uint8_t>(code)));
        }
        break;
      case Event::Kind::alive:
        forgive();
        break;
      case Event::Kind::disconnected:
        count(hub_.mqtt_totals.disconnects, event.reason);
        fail(is_error(event.reason) ? to_string(event.reason) : "disconnected_by_server");
        return;
      case Event::Kind::broken:
        if (hub_.config.version == Version::v5) {
          session_.disconnect(event.reason, answers.bytes);
          if (put(answers.bytes) == Wrote::lost) return;
        }
        if (event.reason == ReasonCode::bad_authentication_method) {  // the server sent AUTH
          ++hub_.mqtt_totals.auth_not_supported;
          fail("authentication_not_supported");
          return;
        }
        fail(to_string(event.reason));
        return;
    }
    if (epoch() != before) return;
  }
  if (put(answers.bytes) == Wrote::lost || epoch() != before) return;
  if (session_.accepted()) resume();
  if (epoch() == before) pump();
}

void MqttLink::settled(const Event& event) {
  const MqttSent sent{ticket_of(event.note), 0};
  count(hub_.mqtt_totals.answers, event.reason);
  forgive();
  if (!event.was_sent) {
    Telling telling{&sent, &sent + 1, telling_};
    telling_ = &telling;
    hub_.owner.report_sent(key(), sent.ticket);
    telling_ = telling.outer;
    if (telling.next == telling.end) return;  // the link was closed in there, and has settled it
  }
  settle(sent.ticket, is_error(event.reason) ? Fate::refused : Fate::acked);
}

void MqttLink::deliver(std::string_view payload) {
  const std::uint8_t before = epoch();
  const auto found = codec::http::for_each_command(payload, [&](std::string_view message) {
    ++hub_.mqtt_totals.messages;
    hub_.owner.message_received(key(), message);
    return epoch() == before;
  });
  if (found == codec::http::CommandList::malformed) ++hub_.mqtt_totals.malformed_commands;
  if (found != codec::http::CommandList::absent) return;
  ++hub_.mqtt_totals.messages;
  hub_.owner.message_received(key(), payload);
}

namespace {

/// A JSON string without its quotes; other values as they stand. What has an escape in it is none of ours.
std::string_view bare(std::string_view json) {
  return json.size() >= 2 && json.front() == '"' ? json.substr(1, json.size() - 2) : json;
}

}  // namespace

// The report itself says when it was due, so nothing is kept of it meanwhile: no memory, nothing to look up,
// and it does not matter how long it was away or which life sent it.
bool MqttLink::echoed(const Event& event) {
  const codec::text::Names& names = hub_.owner.names(key());
  hub_.scratch.clear();
  hub_.texts.echo->render(names, hub_.scratch);
  if (!codec::mqtt::topic_matches(hub_.scratch, event.topic)) return false;
  std::array<std::string_view, 3> fields;
  hub_.echo_fields.find(event.payload, std::span(fields).first(hub_.echo_fields.size()));
  const std::string_view due = bare(fields[0]);
  const std::string_view type = bare(fields[1]);
  const std::string_view device = bare(fields[2]);
  std::int64_t due_us = 0;
  const auto [end, error] = std::from_chars(due.data(), due.data() + due.size(), due_us);
  if (due.empty() || error != std::errc() || end != due.data() + due.size() || type.empty()) {
    ++hub_.mqtt_totals.echoes_unreadable;
  } else if (!device.empty() && device != names.device_id()) {
    ++hub_.mqtt_totals.echoes_foreign;
  } else {
    ++hub_.mqtt_totals.echoes;
    hub_.owner.report_echoed(key(), type, due_us);
  }
  return true;
}

// Time and ends.

void MqttLink::look_at_time_by(TimePoint deadline) {
  if (deadline >= armed_ || !is_ready()) return;
  armed_ = deadline;
  wake_at(deadline);
}

void MqttLink::woken() {
  armed_ = kNever;
  hub_.scratch.clear();
  switch (session_.on_timer(now(), hub_.scratch)) {
    case ClientSession::Alarm::none:
      break;
    case ClientSession::Alarm::keep_alive_timed_out:
      fail("keep_alive_timed_out", Fate::timed_out);
      return;
    case ClientSession::Alarm::ack_timed_out:
      fail("ack_timed_out", Fate::timed_out);
      return;
  }
  if (put(hub_.scratch) != Wrote::lost) look_at_time_by(session_.next_timer());
}

void MqttLink::parting() {
  hub_.scratch.clear();
  session_.disconnect(ReasonCode::success, hub_.scratch);
  put(hub_.scratch);
}

void MqttLink::settle_unsent(Telling* telling) {
  if (telling == nullptr) return;
  settle_unsent(telling->outer);  // older
  const MqttSent* begin = std::exchange(telling->next, telling->end);
  for (; begin != telling->end; ++begin) {
    if (begin->packet_id == 0) settle(begin->ticket, Fate::connection_lost);
  }
}

void MqttLink::lost(Fate fate, bool closed) {
  session_.lost();
  armed_ = kNever;
  kept_bytes_ = 0;
  if (const auto kept = std::exchange(kept_, nullptr)) {
    for (const MqttSent& each : *kept) {
      if (each.packet_id == 0) settle(each.ticket, Fate::connection_lost);
    }
  }
  settle_unsent(telling_);
  if (closed || !hub_.sessions.options.persistent) {
    const TimePoint time = now();
    while (const auto each = session_.pop()) {
      const bool late = fate == Fate::timed_out && (closed || each->deadline <= time);
      settle(ticket_of(each->note), late ? Fate::timed_out : Fate::connection_lost);
    }
  }
  if (!closed) return;
  while (!queue_.empty()) {
    const auto item = queue_.pop();
    ++hub_.mqtt_totals.evicted;
    settle(item->ticket, Fate::evicted);
  }
}

}  // namespace vfleet::uplink
