#include "simulator/bus/command.h"

#include <array>
#include <utility>

#include "simulator/bus/json.h"

namespace vfleet::bus {
namespace {

constexpr std::size_t kIdBytesMax = 128;

constexpr std::array<std::pair<Verb, std::string_view>, 13> kVerbs{{
    {Verb::set, "set"},
    {Verb::unset, "unset"},
    {Verb::pause, "pause"},
    {Verb::resume, "resume"},
    {Verb::connect, "connect"},
    {Verb::disconnect, "disconnect"},
    {Verb::action, "action"},
    {Verb::trigger, "trigger"},
    {Verb::reboot, "reboot"},
    {Verb::cancel, "cancel"},
    {Verb::reload, "reload"},
    {Verb::scale, "scale"},
    {Verb::rollback, "rollback"},
}};

}  // namespace

std::string_view to_string(Verb verb) {
  for (const auto& [each, name] : kVerbs) {
    if (each == verb) return name;
  }
  return "unknown";
}

Result<Verb> verb_from(std::string_view text) {
  for (const auto& [verb, name] : kVerbs) {
    if (name == text) return verb;
  }
  return fail(Errc::malformed, "unknown verb \"" + std::string(text.substr(0, 40)) + "\"");
}

using detail::Composer;
using detail::Members;

std::string encode(const Command& command) {
  return Composer()
      .integer("epoch", command.epoch)
      .integer("seq", command.seq)
      .text("id", command.id)
      .integer("revision", command.revision)
      .integer("issued_us", command.issued_us)
      .integer("expires_us", command.expires_us)
      .text("selector", command.selector)
      .text("verb", to_string(command.verb))
      .object("args", command.args)
      .take();
}

Result<Command> decode_command(std::string_view text) {
  Members in(text);
  Command out;
  out.epoch = in.integer<std::uint64_t>("epoch");
  out.seq = in.integer<std::uint64_t>("seq");
  out.id = in.text("id", kIdBytesMax);
  out.revision = in.integer<std::uint64_t>("revision");
  out.issued_us = in.integer<std::int64_t>("issued_us");
  out.expires_us = in.integer<std::int64_t>("expires_us");
  out.selector = in.text("selector");
  out.args = in.object("args");
  const auto verb = verb_from(in.text("verb"));
  if (!in.ok()) return tl::unexpected(in.error());
  if (!verb) return tl::unexpected(verb.error());
  out.verb = *verb;
  return out;
}

std::string encode(const CommandResult& result) {
  std::vector<std::string> reasons;
  for (const Reason& reason : result.reasons) {
    reasons.push_back(Composer().text("device", reason.device).text("text", reason.text).take());
  }
  return Composer()
      .text("id", result.id)
      .integer("epoch", result.epoch)
      .integer("seq", result.seq)
      .integer("shard", result.shard)
      .integer("matched", result.matched)
      .integer("applied", result.applied)
      .integer("rejected", result.rejected)
      .integer("failed", result.failed)
      .objects("reasons", reasons)
      .take();
}

Result<CommandResult> decode_result(std::string_view text) {
  Members in(text);
  CommandResult out;
  out.id = in.text("id", kIdBytesMax);
  out.epoch = in.integer<std::uint64_t>("epoch");
  out.seq = in.integer<std::uint64_t>("seq");
  out.shard = in.integer<std::uint32_t>("shard");
  out.matched = in.integer<std::uint64_t>("matched");
  out.applied = in.integer<std::uint64_t>("applied");
  out.rejected = in.integer<std::uint64_t>("rejected");
  out.failed = in.integer<std::uint64_t>("failed");
  const auto reasons = in.objects("reasons");
  if (!in.ok()) return tl::unexpected(in.error());
  if (reasons.size() > CommandResult::kReasonsMax) return fail(Errc::too_large, "more than 5 reasons");
  for (const std::string_view each : reasons) {
    Members reason(each);
    Reason read{reason.text("device"), reason.text("text")};
    if (!reason.ok()) return tl::unexpected(reason.error());
    out.reasons.push_back(std::move(read));
  }
  return out;
}

}  // namespace vfleet::bus
