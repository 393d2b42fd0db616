#include <utility>

#include "simulator/bus/json.h"
#include "simulator/bus/message_packing.h"
#include "simulator/bus/messages.h"

namespace vfleet::bus {
namespace {

using detail::Composer;
using detail::Members;

std::string commands_text(const std::vector<Command>& commands) {
  std::vector<std::string> texts;
  texts.reserve(commands.size());
  for (const Command& each : commands) texts.push_back(encode(each));
  return detail::list_of(texts);
}

/// Appends the commands of a list; the first that cannot be read is the error.
Status read_commands(const std::vector<std::string_view>& texts, std::vector<Command>& out) {
  out.reserve(texts.size());
  for (const std::string_view each : texts) {
    auto command = decode_command(each);
    if (!command) return tl::unexpected(std::move(command.error()));
    out.push_back(std::move(*command));
  }
  return {};
}

std::string body_of(const Welcome& m) {
  const Assignment& a = m.assignment;
  return Composer()
      .integer("attempt", m.attempt)
      .integer("epoch", m.epoch)
      .text("fleet", a.fleet)
      .integer("seed", a.seed)
      .number("time_scale", a.time_scale)
      .integer("start_us", a.start_us)
      .integer("shard", a.shard)
      .integer("shards", a.shards)
      .integer("boot", a.boot)
      .text("time_zone", a.time_zone)
      .take();
}

Result<ToWorker> read_welcome(std::string_view body) {
  Members in(body);
  Welcome out;
  out.attempt = in.integer<std::uint64_t>("attempt");
  out.epoch = in.integer<std::uint64_t>("epoch");
  out.assignment.fleet = in.text("fleet");
  out.assignment.seed = in.integer<std::uint64_t>("seed");
  out.assignment.time_scale = in.number("time_scale");
  out.assignment.start_us = in.integer<std::int64_t>("start_us");
  out.assignment.shard = in.integer<std::uint32_t>("shard");
  out.assignment.shards = in.integer<std::uint32_t>("shards");
  out.assignment.boot = in.integer<std::uint64_t>("boot");
  out.assignment.time_zone = in.text("time_zone", 64);
  if (out.assignment.shard >= out.assignment.shards) in.refuse("shard", "a number below \"shards\"");
  if (!(out.assignment.time_scale > 0)) in.refuse("time_scale", "a number above 0");
  return in.result<ToWorker>(std::move(out));
}

std::string body_of(const SnapshotPart& m) {
  return Composer()
      .integer("attempt", m.attempt)
      .integer("part", m.part)
      .integer("seq", m.seq)
      .objects("groups", m.groups)
      .raw("rules", commands_text(m.rules))
      .boolean("last", m.last)
      .take();
}

Result<ToWorker> read_part(std::string_view body) {
  Members in(body);
  SnapshotPart out;
  out.attempt = in.integer<std::uint64_t>("attempt");
  out.part = in.integer<std::uint64_t>("part");
  out.seq = in.integer<std::uint64_t>("seq");
  out.groups = detail::owned(in.objects("groups"));
  const auto rules = in.list("rules");
  out.last = in.boolean("last");
  if (!in.ok()) return tl::unexpected(in.error());
  if (auto read = read_commands(rules, out.rules); !read) return tl::unexpected(std::move(read.error()));
  return out;
}

std::string body_of(const TailPart& m) {
  return Composer()
      .integer("epoch", m.epoch)
      .raw("commands", commands_text(m.commands))
      .boolean("too_old", m.too_old)
      .boolean("last", m.last)
      .take();
}

Result<ToWorker> read_tail(std::string_view body) {
  Members in(body);
  TailPart out;
  out.epoch = in.integer<std::uint64_t>("epoch");
  const auto commands = in.list("commands");
  out.too_old = in.boolean("too_old");
  out.last = in.boolean("last");
  if (!in.ok()) return tl::unexpected(in.error());
  if (auto read = read_commands(commands, out.commands); !read)
    return tl::unexpected(std::move(read.error()));
  return out;
}

std::string body_of(const QueryRequest& m) {
  return Composer()
      .integer("query", m.query)
      .text("name", m.name)
      .text("selector", m.selector)
      .object("args", m.args)
      .integer("after_seq", m.after_seq)
      .take();
}

Result<ToWorker> read_query(std::string_view body) {
  Members in(body);
  QueryRequest out;
  out.query = in.integer<std::uint64_t>("query");
  out.name = in.text("name", 100);
  out.selector = in.text("selector");
  out.args = in.object("args");
  out.after_seq = in.integer<std::uint64_t>("after_seq");
  return in.result<ToWorker>(std::move(out));
}

std::string body_of(const CancelQuery& m) {
  return Composer().integer("query", m.query).take();
}

Result<ToWorker> read_cancel(std::string_view body) {
  Members in(body);
  CancelQuery out;
  out.query = in.integer<std::uint64_t>("query");
  return in.result<ToWorker>(out);
}

std::string body_of(const Stop&) {
  return "{}";
}

Result<ToWorker> read_stop(std::string_view body) {
  return Members(body).result<ToWorker>(Stop{});
}

std::string body_of(const Denied& m) {
  return Composer().text("reason", m.reason).take();
}

Result<ToWorker> read_denied(std::string_view body) {
  Members in(body);
  Denied out;
  out.reason = in.text("reason");
  return in.result<ToWorker>(std::move(out));
}

std::string body_of(const LogAck& m) {
  return Composer().integer("boot", m.boot).integer("seq", m.seq).take();
}

Result<ToWorker> read_log_ack(std::string_view body) {
  Members in(body);
  LogAck out;
  out.boot = in.integer<std::uint64_t>("boot");
  out.seq = in.integer<std::uint64_t>("seq");
  return in.result<ToWorker>(out);
}

}  // namespace

Result<Packed> pack(const ToWorker& message) {
  return detail::pack_any(message, [](const auto& m) { return body_of(m); });
}

Result<ToWorker> unpack_to_worker(std::string_view letter, std::string_view body) {
  if (letter.size() != 1) return detail::unknown_letter(letter);
  switch (letter.front()) {
    case Welcome::kLetter:
      return read_welcome(body);
    case SnapshotPart::kLetter:
      return read_part(body);
    case TailPart::kLetter:
      return read_tail(body);
    case QueryRequest::kLetter:
      return read_query(body);
    case CancelQuery::kLetter:
      return read_cancel(body);
    case Stop::kLetter:
      return read_stop(body);
    case Denied::kLetter:
      return read_denied(body);
    case LogAck::kLetter:
      return read_log_ack(body);
    default:
      return detail::unknown_letter(letter);
  }
}

}  // namespace vfleet::bus
