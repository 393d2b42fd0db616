#include "simulator/uplink/mqtt/mqtt_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "simulator/codec/http/command_list.h"
#include "simulator/codec/mqtt/encode.h"
#include "simulator/codec/mqtt/topic.h"
#include "simulator/core/hash.h"
#include "simulator/uplink/mqtt/mqtt_note.h"
#include "simulator/uplink/strange_answer.h"

namespace vfleet::uplink {
namespace {

using codec::mqtt::ClientSession;
using codec::mqtt::Event;
using codec::mqtt::Note;
using codec::mqtt::ReasonCode;
using codec::mqtt::Version;

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

MqttLink::MqttLink(MqttHub& hub, LinkKey key, const LinkIdentity& identity)
    : StreamLink(hub, key),
      hub_(hub),
      session_(hub.sessions, key, first_packet_id(identity.seed, identity.device_id, hub.loop.now())) {}

MqttLink::~MqttLink() {
  if (!hub_.packet_faults.empty()) (void)hub_.set_fault(key(), std::nullopt);
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
  const std::string_view begin = bytes;
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
          const auto reason = static_cast<ReasonCode>(static_cast<std::uint8_t>(code));
          count(hub_.mqtt_totals.subscriptions, reason);
          if (is_error(reason)) hub_.subscription_refused(key(), reason);
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
        if (!is_ready()) tell_strange_answer(hub_, "MQTT", begin);
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
  if (!is_error(event.reason)) return settle(sent.ticket, Fate::acked);
  std::array<char, 64> why;
  const auto end = fmt::format_to_n(why.data(), why.size(), "MQTT {}", to_string(event.reason)).out;
  hub_.owner.report_refused(key(), sent.ticket, {why.data(), end});
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
