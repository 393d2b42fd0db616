#include "control/api/reply.h"

#include "simulator/codec/json/writer.h"

namespace vfleet::control::api {

using codec::json::Writer;

namespace {

std::string head(std::string_view id, std::string_view kind) {
  std::string out;
  Writer writer(out);
  writer.begin_object();
  writer.key("id").text(id);
  writer.key("kind").text(kind);
  return out;
}

void number_member(std::string& out, std::string_view name, std::uint64_t value) {
  out.append(",\"").append(name).append("\":").append(std::to_string(value));
}

}  // namespace

void Counts::add(const bus::CommandResult& result) {
  matched += result.matched;
  applied += result.applied;
  rejected += result.rejected;
  failed += result.failed;
  for (const bus::Reason& reason : result.reasons) {
    if (reasons.size() < bus::CommandResult::kReasonsMax) reasons.push_back(reason);
  }
  ++answered;
}

ExitStatus Counts::status() const {
  if (answered == 0 && !silent.empty()) return ExitStatus::failed;
  if (matched == 0) return silent.empty() ? ExitStatus::nothing : ExitStatus::some;
  if (applied == 0) return ExitStatus::failed;
  return applied == matched && silent.empty() ? ExitStatus::done : ExitStatus::some;
}

Failure usage_failure(const Error& error, std::string hint) {
  const bool wrong = error.code == Errc::invalid_argument || error.code == Errc::malformed ||
                     error.code == Errc::too_large || error.code == Errc::not_found;
  std::string code(to_string(error.code));
  for (char& c : code) c = c == ' ' ? '_' : c;
  return {wrong ? ExitStatus::usage : ExitStatus::failed, std::move(code), error.detail, std::move(hint)};
}

void ReplyMembers::key(std::string_view name) {
  json_.append(",\"").append(name).append("\":");
}

ReplyMembers& ReplyMembers::add(std::string_view name, const JsonText& value) {
  key(name);
  json_ += value;
  return *this;
}

ReplyMembers& ReplyMembers::text(std::string_view name, std::string_view value) {
  key(name);
  Writer(json_).text(value);
  return *this;
}

ReplyMembers& ReplyMembers::number(std::string_view name, std::uint64_t value) {
  number_member(json_, name, value);
  return *this;
}

ReplyMembers& ReplyMembers::texts(std::string_view name, const std::vector<std::string>& values) {
  key(name);
  Writer writer(json_);
  writer.begin_array();
  for (const std::string& each : values) writer.text(each);
  writer.end_array();
  return *this;
}

ReplyMembers& ReplyMembers::array(std::string_view name, const std::vector<JsonText>& values) {
  key(name);
  Writer writer(json_);
  writer.begin_array();
  for (const JsonText& each : values) writer.raw(each);
  writer.end_array();
  return *this;
}

ReplyMembers& ReplyMembers::counts(const Counts& counts) {
  number("matched", counts.matched).number("applied", counts.applied);
  number("rejected", counts.rejected).number("failed", counts.failed);
  key("reasons");
  Writer writer(json_);
  writer.begin_array();
  for (const bus::Reason& reason : counts.reasons) {
    writer.begin_object();
    writer.key("device").text(reason.device);
    writer.key("text").text(reason.text);
    writer.end_object();
  }
  writer.end_array();
  key("silent");
  Writer list(json_);
  list.begin_array();
  for (const std::uint32_t shard : counts.silent) list.integer(shard);
  list.end_array();
  return number("shards", counts.shards).number("answered", counts.answered);
}

std::string accepted(std::string_view id, std::uint64_t seq, std::uint64_t revision) {
  std::string out = head(id, "accepted");
  number_member(out, "seq", seq);
  number_member(out, "revision", revision);
  return out += '}';
}

std::string progress(std::string_view id, const Counts& counts) {
  std::string out = head(id, "progress");
  number_member(out, "shards", counts.shards);
  number_member(out, "answered", counts.answered);
  number_member(out, "matched", counts.matched);
  number_member(out, "applied", counts.applied);
  return out += '}';
}

std::string rows(std::string_view id, const std::vector<JsonText>& rows, std::uint64_t dropped) {
  std::string out = head(id, "rows");
  ReplyMembers members;
  members.array("rows", rows);
  if (dropped > 0) members.number("dropped", dropped);
  return out.append(members.json()) += '}';
}

std::string result(std::string_view id, ExitStatus status, const ReplyMembers& members) {
  std::string out = head(id, "result");
  number_member(out, "status", static_cast<std::uint64_t>(status));
  return out.append(members.json()) += '}';
}

std::string error(std::string_view id, const Failure& failure, const ReplyMembers& members) {
  std::string out = head(id, "error");
  number_member(out, "status", static_cast<std::uint64_t>(failure.status));
  ReplyMembers texts;
  texts.text("code", failure.code).text("message", failure.message).text("hint", failure.hint);
  return out.append(texts.json()).append(members.json()) += '}';
}

}  // namespace vfleet::control::api
