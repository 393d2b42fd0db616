#include "simulator/bus/messages.h"

#include <array>
#include <utility>

#include "simulator/bus/json.h"

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

/// Lists of JSON made here or checked before.
template <class Texts>
std::string list_of(const Texts& texts) {
  std::string out = "[";
  for (const auto& each : texts) {
    if (out.size() > 1) out += ',';
    out += each;
  }
  return out += ']';
}

std::string commands_text(const std::vector<Command>& commands) {
  std::vector<std::string> texts;
  texts.reserve(commands.size());
  for (const Command& each : commands) texts.push_back(encode(each));
  return list_of(texts);
}

std::vector<std::string> owned(const std::vector<std::string_view>& texts) {
  return {texts.begin(), texts.end()};
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

// ---- bodies from workers ----

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
  out.describe = list_of(in.objects("describe"));
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
  out.rows = owned(in.objects("rows"));
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
  return Composer().integer("boot", m.boot).raw("lines", list_of(lines)).take();
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

// ---- bodies to workers ----

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
  out.groups = owned(in.objects("groups"));
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

// ---- letters ----

template <class M>
constexpr char letter_of(const M&) {
  return M::kLetter;
}
constexpr char letter_of(const CommandResult&) {
  return 'R';
}

template <class Variant>
Result<Packed> pack_any(const Variant& message) {
  Packed out = std::visit(
      [](const auto& m) {
        return Packed{std::string(1, letter_of(m)), body_of(m)};
      },
      message);
  if (out.body.size() > kFrameBytesMax) {
    return fail(Errc::too_large, "message '" + out.letter + "' is over 4 MiB");
  }
  return out;
}

tl::unexpected<Error> unknown_letter(std::string_view letter) {
  return fail(Errc::malformed, "unknown letter \"" + std::string(letter.substr(0, 8)) + "\"");
}

}  // namespace

std::string_view to_string(WorkerState state) {
  for (const auto& [each, name] : kStates) {
    if (each == state) return name;
  }
  return "unknown";
}

Result<Packed> pack(const FromWorker& message) {
  return pack_any(message);
}
Result<Packed> pack(const ToWorker& message) {
  return pack_any(message);
}

Result<FromWorker> unpack_from_worker(std::string_view letter, std::string_view body) {
  if (letter.size() != 1) return unknown_letter(letter);
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
      return unknown_letter(letter);
  }
}

Result<ToWorker> unpack_to_worker(std::string_view letter, std::string_view body) {
  if (letter.size() != 1) return unknown_letter(letter);
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
      return unknown_letter(letter);
  }
}

std::string encode(const Beat& beat) {
  return Composer().integer("epoch", beat.epoch).integer("seq", beat.seq).take();
}

Result<Beat> decode_beat(std::string_view text) {
  Members in(text);
  Beat out;
  out.epoch = in.integer<std::uint64_t>("epoch");
  out.seq = in.integer<std::uint64_t>("seq");
  return in.result(out);
}

std::string xpub_welcome(std::uint64_t epoch) {
  return std::string(kTopicWelcome) + Composer().integer("epoch", epoch).take();
}

Result<std::uint64_t> decode_xpub_welcome(std::string_view frame) {
  if (!frame.starts_with(kTopicWelcome)) return fail(Errc::malformed, "not a welcome");
  Members in(frame.substr(kTopicWelcome.size()));
  const auto epoch = in.integer<std::uint64_t>("epoch");
  return in.result(epoch);
}

namespace {
constexpr std::string_view kIdentityPrefix = "worker-";
}  // namespace

namespace {

/// ".0123456789abcdef": tells the lives of a shard apart, and nobody else can guess it.
bool is_life(std::string_view text) {
  constexpr std::size_t kDigits = 16;
  return text.size() == kDigits + 1 && text.front() == '.' &&
         text.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
}

}  // namespace

std::string worker_identity(std::uint32_t shard) {
  return std::string(kIdentityPrefix) + std::to_string(shard);
}

Result<std::uint32_t> shard_of_identity(std::string_view identity) {
  std::uint32_t shard = 0;
  if (identity.starts_with(kIdentityPrefix)) {
    identity.remove_prefix(kIdentityPrefix.size());
    const auto [end, error] = std::from_chars(identity.data(), identity.data() + identity.size(), shard);
    const std::string_view rest(end, static_cast<std::size_t>(identity.data() + identity.size() - end));
    if (error == std::errc{} && (rest.empty() || is_life(rest))) return shard;
  }
  return fail(Errc::malformed, "not a worker's identity");
}

}  // namespace vfleet::bus
