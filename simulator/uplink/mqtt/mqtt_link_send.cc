// How reports leave an MqttLink, and who is told.
#include <algorithm>
#include <utility>

#include "simulator/codec/mqtt/decode.h"
#include "simulator/codec/mqtt/encode.h"
#include "simulator/codec/mqtt/topic.h"
#include "simulator/uplink/mqtt/mqtt_link.h"
#include "simulator/uplink/mqtt/mqtt_note.h"

namespace vfleet::uplink {
namespace {

using codec::mqtt::ClientSession;
using codec::mqtt::Note;
using codec::mqtt::Publish;

constexpr std::size_t kBatchBytes = 16 * 1024;
/// A server that does not read, while it makes us answer: the connection ends.
constexpr std::uint32_t kKeptMax = 1024 * 1024;
constexpr std::string_view kTooLarge = "larger than the server's Maximum Packet Size, or than MQTT allows";

}  // namespace

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

std::string_view MqttLink::prepare(const Message& message, Publish& publish) {
  const codec::text::Names& names = hub_.owner.names(key());
  const codec::text::ReportText report{.type = message.type, .json = message.report};
  const MqttReport& how = hub_.texts.report(message.type);
  hub_.topic.clear();
  how.topic.render(names, report, hub_.topic);
  if (!codec::mqtt::is_topic_name(hub_.topic)) {
    ++hub_.mqtt_totals.bad_topics;
    return "its topic is empty, too long or has + or # in it";
  }
  if (!hub_.texts.user_properties.empty()) {
    hub_.properties = hub_.report_properties;
    if (!add_properties(hub_.texts.user_properties, names, &report, hub_.properties)) {
      return "a user property of it is no UTF-8, or too long";
    }
    publish.properties = codec::mqtt::Properties(hub_.properties);
  } else {
    publish.properties = codec::mqtt::Properties(hub_.report_properties);
  }
  publish.topic = hub_.topic;
  publish.payload = message.body;
  publish.qos = how.qos;
  publish.retain = how.retain;
  return {};
}

Accepted MqttLink::send(const Ticket& ticket, const Message& message) {
  if (!up()) return Accepted::offline;
  Publish publish;
  if (const std::string_view wrong = prepare(message, publish); !wrong.empty()) {
    hub_.owner.report_refused(key(), ticket, wrong);
    return Accepted::yes;
  }
  const bool must_wait = !queue_.empty() || blocked() || pumping_ || !session_.accepted() ||
                         (publish.qos > 0 && session_.window_full());
  if (must_wait) return enqueue(ticket, publish);
  const TimePoint time = now();
  hub_.scratch.clear();
  if (session_.publish(publish, note_of(ticket), time, hub_.scratch) != ClientSession::Published::sent) {
    ++hub_.mqtt_totals.too_large;
    hub_.owner.report_refused(key(), ticket, kTooLarge);
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
      hub_.owner.report_refused(key(), ticket, kTooLarge);
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

void MqttLink::settle_unsent(Telling* telling) {
  if (telling == nullptr) return;
  settle_unsent(telling->outer);  // older
  const MqttSent* begin = std::exchange(telling->next, telling->end);
  for (; begin != telling->end; ++begin) {
    if (begin->packet_id == 0) settle(begin->ticket, Fate::connection_lost);
  }
}

}  // namespace vfleet::uplink
