#include "simulator/bus/command.h"

#include <array>
#include <utility>

#include "simulator/bus/wire.h"

namespace vfleet::bus {
namespace {

constexpr std::array<std::pair<Verb, std::string_view>, 11> kVerbs{{
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

namespace detail {

using nlohmann::json;

json to_json(const Command& command) {
  return json{{"epoch", command.epoch},
              {"seq", command.seq},
              {"id", command.id},
              {"revision", command.revision},
              {"issued_us", command.issued_us},
              {"expires_us", command.expires_us},
              {"selector", command.selector},
              {"verb", to_string(command.verb)},
              {"args", object_or_empty(command.args)}};
}

Result<Command> command_from(const json& tree) {
  Members in(tree);
  Command out;
  out.epoch = in.integer<std::uint64_t>("epoch");
  out.seq = in.integer<std::uint64_t>("seq");
  out.id = in.text("id", kIdBytesMax);
  out.revision = in.integer<std::uint64_t>("revision");
  out.issued_us = in.integer<std::int64_t>("issued_us");
  out.expires_us = in.integer<std::int64_t>("expires_us");
  out.selector = in.text("selector");
  const std::string verb = in.text("verb", 40);
  const json& args = in.object("args");
  if (!in.ok()) return tl::unexpected(in.error());
  const auto known = verb_from(verb);
  if (!known) return tl::unexpected(known.error());
  out.verb = *known;
  out.args = print(args);
  return out;
}

json to_json(const CommandResult& result) {
  json reasons = json::array();
  for (const Reason& reason : result.reasons) {
    reasons.push_back(json{{"device", reason.device}, {"text", reason.text}});
  }
  return json{{"id", result.id},
              {"epoch", result.epoch},
              {"seq", result.seq},
              {"shard", result.shard},
              {"matched", result.matched},
              {"applied", result.applied},
              {"rejected", result.rejected},
              {"failed", result.failed},
              {"reasons", std::move(reasons)}};
}

Result<CommandResult> result_from(const json& tree) {
  Members in(tree);
  CommandResult out;
  out.id = in.text("id", kIdBytesMax);
  out.epoch = in.integer<std::uint64_t>("epoch");
  out.seq = in.integer<std::uint64_t>("seq");
  out.shard = in.integer<std::uint32_t>("shard");
  out.matched = in.integer<std::uint64_t>("matched");
  out.applied = in.integer<std::uint64_t>("applied");
  out.rejected = in.integer<std::uint64_t>("rejected");
  out.failed = in.integer<std::uint64_t>("failed");
  const json& reasons = in.list("reasons");
  if (!in.ok()) return tl::unexpected(in.error());
  if (reasons.size() > CommandResult::kReasonsMax) return fail(Errc::too_large, "more than 5 reasons");
  for (const json& each : reasons) {
    Members reason(each);
    Reason read{reason.text("device"), reason.text("text")};
    if (!reason.ok()) return tl::unexpected(reason.error());
    out.reasons.push_back(std::move(read));
  }
  return out;
}

}  // namespace detail

std::string encode(const Command& command) {
  return detail::print(detail::to_json(command));
}

Result<Command> decode_command(std::string_view text) {
  return detail::parse(text).and_then([](const nlohmann::json& tree) { return detail::command_from(tree); });
}

std::string encode(const CommandResult& result) {
  return detail::print(detail::to_json(result));
}

Result<CommandResult> decode_result(std::string_view text) {
  return detail::parse(text).and_then([](const nlohmann::json& tree) { return detail::result_from(tree); });
}

}  // namespace vfleet::bus
