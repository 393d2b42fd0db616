#include <array>
#include <utility>

#include "simulator/bus/json.h"
#include "simulator/bus/message_packing.h"
#include "simulator/bus/messages.h"

namespace vfleet::bus {
namespace {

using detail::Composer;
using detail::Members;

constexpr std::array<std::pair<WorkerState, std::string_view>, 4> kStates{{
    {WorkerState::joining, "joining"},
    {WorkerState::live, "live"},
    {WorkerState::catching, "catching"},
    {WorkerState::stopping, "stopping"},
}};

/// A body that is one opaque object.
template <class T>
Result<T> read_figures(std::string_view body) {
  const Members in(body);
  if (!in.ok()) return tl::unexpected(in.error());
  return T{.figures = std::string(body)};
}

/// Our own text, of some ten kilobytes each second: whoever receives it checks its grammar.
std::string figures_text(const std::string& figures) {
  return figures.starts_with('{') && figures.ends_with('}') ? figures : "{}";
}

std::string body_of(const Join& m) {
  // The list is checked as a member of an object: that is the one thing the checker reads.
  const bool is_list = m.describe.starts_with('[') && detail::is_object("{\"d\":" + m.describe + "}");
  return Composer()
      .integer("shard", m.shard)
      .integer("pid", m.pid)
      .text("version", m.version)
      .integer("attempt", m.attempt)
      .integer("boot", m.boot)
      .raw("describe", is_list ? std::string_view(m.describe) : "[]")
      .take();
}

Result<FromWorker> read_join(std::string_view body) {
  Members in(body);
  Join out;
  out.shard = in.integer<std::uint32_t>("shard");
  out.pid = in.integer<std::int64_t>("pid");
  out.version = in.text("version", 200);
  out.attempt = in.integer<std::uint64_t>("attempt");
  out.boot = in.integer<std::uint64_t>("boot");
  out.describe = detail::list_of(in.objects("describe"));
  return in.result<FromWorker>(std::move(out));
}

std::string body_of(const Grant& m) {
  return Composer().integer("attempt", m.attempt).integer("credit", m.credit).take();
}

Result<FromWorker> read_grant(std::string_view body) {
  Members in(body);
  Grant out;
  out.attempt = in.integer<std::uint64_t>("attempt");
  out.credit = in.integer<std::uint32_t>("credit");
  return in.result<FromWorker>(out);
}

std::string body_of(const TailRequest& m) {
  return Composer().integer("epoch", m.epoch).integer("from", m.from).take();
}

Result<FromWorker> read_tail_request(std::string_view body) {
  Members in(body);
  TailRequest out;
  out.epoch = in.integer<std::uint64_t>("epoch");
  out.from = in.integer<std::uint64_t>("from");
  return in.result<FromWorker>(out);
}

std::string body_of(const CommandResult& m) {
  return encode(m);
}

std::string body_of(const Alive& m) {
  return Composer()
      .integer("epoch", m.epoch)
      .integer("applied_seq", m.applied_seq)
      .text("state", to_string(m.state))
      .take();
}

Result<FromWorker> read_alive(std::string_view body) {
  Members in(body);
  Alive out;
  out.epoch = in.integer<std::uint64_t>("epoch");
  out.applied_seq = in.integer<std::uint64_t>("applied_seq");
  const std::string state = in.text("state", 40);
  bool known = false;
  for (const auto& [each, name] : kStates) {
    if (name != state) continue;
    out.state = each;
    known = true;
  }
  if (!known) in.refuse("state", "joining, live, catching or stopping");
  return in.result<FromWorker>(out);
}

std::string body_of(const Statistics& m) {
  return figures_text(m.figures);
}

std::string body_of(const QueryRows& m) {
  return Composer().integer("query", m.query).objects("rows", m.rows).boolean("last", m.last).take();
}

Result<FromWorker> read_rows(std::string_view body) {
  Members in(body);
  QueryRows out;
  out.query = in.integer<std::uint64_t>("query");
  out.rows = detail::owned(in.objects("rows"));
  out.last = in.boolean("last");
  return in.result<FromWorker>(std::move(out));
}

std::string body_of(const LogLines& m) {
  std::vector<std::string> lines;
  lines.reserve(m.lines.size());
  for (const log::Line& line : m.lines) {
    Composer one;
    one.integer("seq", line.seq).integer("at_us", line.at_us).text("level", log::to_string(line.level));
    if (!line.device.empty()) one.text("device", line.device);
    lines.push_back(one.text("text", line.text).take());
  }
  return Composer().integer("boot", m.boot).raw("lines", detail::list_of(lines)).take();
}

Result<FromWorker> read_log(std::string_view body) {
  Members in(body);
  LogLines out;
  out.boot = in.integer<std::uint64_t>("boot");
  const auto lines = in.objects("lines");
  if (!in.ok()) return tl::unexpected(in.error());
  if (lines.size() > LogLines::kLinesMax) return fail(Errc::too_large, "more than 1000 lines in one message");
  std::uint64_t before = 0;
  for (const std::string_view each : lines) {
    Members one(each);
    log::Line& line = out.lines.emplace_back();
    line.seq = one.integer<std::uint64_t>("seq");
    line.at_us = one.integer<std::int64_t>("at_us");
    const auto level = log::parse_level(one.text("level", 40));
    if (!level) one.refuse("level", "trace, debug, info, warn or error");
    line.level = level.value_or(log::Level::info);
    if (one.has("device")) line.device = one.text("device", log::kDeviceBytesMax);
    line.text = one.text("text", log::kTextBytesMax);
    if (line.seq <= before) one.refuse("seq", "a number above the line before");
    before = line.seq;
    if (!one.ok()) return tl::unexpected(one.error());
  }
  return out;
}

std::string body_of(const End& m) {
  return figures_text(m.figures);
}

}  // namespace

std::string_view to_string(WorkerState state) {
  for (const auto& [each, name] : kStates) {
    if (each == state) return name;
  }
  return "unknown";
}

Result<Packed> pack(const FromWorker& message) {
  return detail::pack_any(message, [](const auto& m) { return body_of(m); });
}

Result<FromWorker> unpack_from_worker(std::string_view letter, std::string_view body) {
  if (letter.size() != 1) return detail::unknown_letter(letter);
  switch (letter.front()) {
    case Join::kLetter:
      return read_join(body);
    case Grant::kLetter:
      return read_grant(body);
    case TailRequest::kLetter:
      return read_tail_request(body);
    case 'R':
      return decode_result(body);
    case Alive::kLetter:
      return read_alive(body);
    case Statistics::kLetter:
      return read_figures<Statistics>(body);
    case QueryRows::kLetter:
      return read_rows(body);
    case LogLines::kLetter:
      return read_log(body);
    case End::kLetter:
      return read_figures<End>(body);
    default:
      return detail::unknown_letter(letter);
  }
}

}  // namespace vfleet::bus
