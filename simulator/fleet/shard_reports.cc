#include "simulator/fleet/shard.h"

#include "simulator/fleet/shard_context.h"

namespace vfleet::fleet {

Status Shard::deliver(Member& member, Context& context, device::Report& report, TimePoint due,
                      const ReportOrder* order) {
  if (member.down) return not_sent(member, NotSent::offline), fail(Errc::link_down, "rebooting");
  const bool converses = member.device->converses();
  // Who converses keeps what has to wait by the rules of its protocol.
  const bool can_wait = !converses && (order == nullptr || !order->direct) && may_wait(member, report);
  bool wait = (!member.online || member.queued) && can_wait;
  if (!member.online && !wait) return not_sent(member, NotSent::offline), fail(Errc::link_down, "offline");
  const bool raw = order != nullptr && order->payload != nullptr;
  const device::TypeDescription& type = member.group->type().description();
  const std::string_view name =
      report.name.empty() ? std::string_view(type.reports[report.kind].name) : report.name;
  // Encoding it is most of the work: asked first. Nothing is counted yet that would have to be taken back.
  if (!wait && member.link->refuses(name)) {
    not_sent(member, NotSent::queue_full);
    return fail(Errc::rejected, "queue full");
  }
  // By value: a callback of the link may send for this device again.
  codec::Buffer body = std::move(scratch_);
  body.clear();
  report.head.device = context.id();
  report.head.boot = assignment_.boot;
  report.head.seq = member.seq + 1;
  report.head.sent_us = to_us(loop_.clock().wall_now());
  report.head.due_us = report.head.sent_us - to_us(context.real_now() - due);
  report.head.type = name;
  report.head.channel = report.channel;
  Status status;
  if (raw) {
    body = *order->payload;
  } else {
    status = member.device->encode(
        context, report, order != nullptr ? order->overrides : std::span<const codec::envelope::Override>{},
        body);
    if (!status) not_sent(member, NotSent::encode_failed);
  }
  if (status) {
    const uplink::Ticket ticket{.seq = static_cast<std::uint32_t>(report.head.seq),
                                .waiter = order != nullptr ? order->waiter : 0,
                                .report = report.kind,
                                .due = due};
    // Before send(): the link may settle the report at once. Raw bytes carry no number, so they take none.
    if (!raw) ++member.seq;
    // The group as it is now: what send() calls may change it.
    const GroupFigures its = member.group->figures;
    const ReportFigures reports = member.group->reports;
    // Counted before the number is kept: who is killed in between is one too many lost, never one missing
    // that nobody knows of.
    ++figures_.sent;
    ++its.sent();
    ++reports.sent(report.kind);
    if (member.kept) keeper_.before_report(member, context, member.seq);
    uplink::Accepted accepted = uplink::Accepted::yes;
    if (!wait)
      accepted =
          pass(member, ticket, {.type = report.head.type, .body = body, .report = body}, report.name, raw);
    if (accepted == uplink::Accepted::offline && can_wait) {
      accepted = uplink::Accepted::yes;
      wait = true;
    }
    if (wait) keep(member, {ticket, std::string(report.name), body, raw});
    if (accepted == uplink::Accepted::yes) {
      if (observer_ != nullptr) observer_->report_left(member, report, body);
    } else {
      if (!raw) {
        --member.seq;
        // The next life goes on from here, too: a number that was not used is no report that was lost.
        if (member.kept) keeper_.took_back(member, member.seq);
      }
      --figures_.sent;
      --its.sent();
      --reports.sent(report.kind);
      const bool full = accepted == uplink::Accepted::queue_full;
      not_sent(member, full ? NotSent::queue_full : NotSent::offline);
      status = full ? fail(Errc::rejected, "queue full") : fail(Errc::link_down, "offline");
    }
  }
  scratch_ = std::move(body);
  return status;
}

uplink::Accepted Shard::pass(Member& member, const uplink::Ticket& ticket, uplink::Message message,
                             std::string_view open_name, bool raw) {
  if (raw) message.report = {};
  const Delivery* const delivery = member.config->delivery();
  const codec::text::Template* const made =
      delivery != nullptr && !raw ? delivery->payload(ticket.report, open_name) : nullptr;
  if (made == nullptr) return hand_over(member, ticket, message, raw);
  // By value, as the body: send() may call for this again.
  codec::Buffer payload = std::move(payload_);
  payload.clear();
  MemberNames names;
  names.of(member);
  made->render(names, {.type = message.type, .json = message.report}, payload);
  message.body = payload;
  const uplink::Accepted accepted = hand_over(member, ticket, message, raw);
  payload_ = std::move(payload);
  return accepted;
}

uplink::Accepted Shard::hand_over(Member& member, const uplink::Ticket& ticket,
                                  const uplink::Message& message, bool raw) {
  const uplink::Accepted accepted = member.link->send(ticket, message);
  if (accepted != uplink::Accepted::yes) return accepted;
  if (auto* traffic = traced(member)) traffic->sent(member, message.type, raw ? 0 : ticket.seq, message.body);
  return accepted;
}

Status Shard::send(Member& member, const ReportOrder& order) {
  if (member.down || !member.online) return fail(Errc::link_down, member.down ? "rebooting" : "offline");
  const TimePoint now = loop_.now();
  Context context(*this, member, now);
  member.device->advance(context);
  device::Report report{.kind = order.kind, .channel = order.channel, .triggered = true, .name = order.name};
  if (!order.name.empty()) report.kind = open_slot(member, order.name);
  Status status = deliver(member, context, report, now, &order);
  settle(member);
  return status;
}

CallOutcome Shard::trigger(Member& member, const device::TriggerCall& call, std::uint32_t waiter,
                           LateAnswer then) {
  if (member.down || !member.online) return {fail(Errc::link_down, member.down ? "rebooting" : "offline")};
  Context context(*this, member, loop_.now(), waiter, std::move(then));
  member.device->advance(context);
  Status status = member.device->trigger(context, call);
  settle(member);
  return {std::move(status), context.deferred()};
}

Result<std::uint32_t> Shard::tell(Member& member, Context& context, const device::Telling& telling) {
  const bool asked = answers_.is_open(telling.answers, member.key);
  device::Report report{
      .kind = telling.kind, .channel = telling.channel, .detail = telling.detail, .triggered = asked};
  const ReportOrder order{.overrides = telling.overrides,
                          .waiter = answers_.waiter_of(telling.answers, member.key)};
  // Before it is sent: it may be settled at once.
  if (asked) answers_.reported(telling.answers, member.key, true);
  const TimePoint due = telling.due ? real_time(*telling.due) : context.real_now();
  Status status = deliver(member, context, report, due, &order);
  if (asked && !status) answers_.reported(telling.answers, member.key, false);
  if (!status) return tl::unexpected<Error>(std::move(status.error()));
  return static_cast<std::uint32_t>(report.head.seq);
}

Status Shard::say(Member& member, std::string_view bytes) {
  if (member.down || !member.online) return fail(Errc::link_down, member.down ? "rebooting" : "offline");
  if (!member.link->converses()) return fail(Errc::unavailable, "the uplink carries reports only");
  switch (member.link->speak(bytes)) {
    case uplink::Accepted::yes:
      if (auto* traffic = traced(member)) traffic->said(member, bytes);
      return {};
    case uplink::Accepted::offline:
      return fail(Errc::link_down, "offline");
    case uplink::Accepted::queue_full:
      break;
  }
  return fail(Errc::rejected, "the platform reads too slowly");
}

void Shard::settle_report(Member& member, std::uint32_t seq, device::Verdict verdict) {
  if (member.link == nullptr) return;
  switch (verdict) {
    case device::Verdict::acked:
      return member.link->conclude(seq, uplink::Fate::acked);
    case device::Verdict::refused:
      return member.link->conclude(seq, uplink::Fate::refused);
    case device::Verdict::timed_out:
      return member.link->conclude(seq, uplink::Fate::timed_out);
  }
}

void Shard::refuse_report(Member& member, std::uint32_t seq, std::string_view why) {
  refusal_ = why;
  settle_report(member, seq, device::Verdict::refused);
  refusal_ = {};  // it was not in flight any more
}

device::ReportIndex Shard::open_slot(const Member& member, std::string_view report) {
  const std::size_t described = member.group->type().description().reports.size();
  return static_cast<device::ReportIndex>(
      described + figures_.open_report(member.group->kind, member.group->reports, described, report));
}

Status Shard::emit_open(Member& member, Context& context, device::Report& report, device::AnswerId answers) {
  if (!member.group->type().description().open)
    return fail(Errc::unavailable, "the type has no open reports");
  if (!device::valid_open_name(report.name)) {
    return fail(Errc::invalid_argument, "a report's name is 1 to 64 of a-z A-Z 0-9 - _ .");
  }
  const bool asked = answers_.is_open(answers, member.key);
  if (member.paused && !asked) {
    not_sent(member, NotSent::paused);
    return fail(Errc::rejected, "paused");
  }
  report.kind = open_slot(member, report.name);
  report.triggered = asked;
  const ReportOrder order{.waiter = answers_.waiter_of(answers, member.key)};
  // Before it is sent: it may be settled at once.
  if (asked) answers_.reported(answers, member.key, true);
  Status status = deliver(member, context, report, context.real_now(), &order);
  if (asked && !status) answers_.reported(answers, member.key, false);
  return status;
}

}  // namespace vfleet::fleet
