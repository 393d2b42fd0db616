#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <nlohmann/json.hpp>

#include "control/cli/commands/all.h"
#include "control/cli/commands/target.h"
#include "simulator/core/base64.h"

namespace vfleet::cli {
namespace {

// A request must fit a frame of 4 MiB, base64 makes four bytes of three.
constexpr std::size_t kPayloadBytesMax = 2'900'000;

// At most one byte more than is possible, so that what has no end is noticed.
Outcome<std::string> read_some(std::istream& in, const std::string& name) {
  std::string bytes(kPayloadBytesMax + 1, '\0');
  errno = 0;
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const int error = errno;
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (bytes.size() > kPayloadBytesMax) {
    return wrong_usage(
        fmt::format("the payload {} has more than the {} bytes that are possible", name, kPayloadBytesMax));
  }
  if (in.bad() || error == EISDIR || error == EBADF || error == EIO) {
    return wrong_usage(fmt::format("cannot read the payload {}: {}", name, std::strerror(error)));
  }
  return bytes;
}

Outcome<std::string> read_payload(const Environment& env, const std::string& name) {
  if (name == "-") return read_some(env.in, "from stdin");
  const std::string shown = "'" + name + "'";
  std::error_code error;
  const auto kind = std::filesystem::status(name, error).type();
  if (kind == std::filesystem::file_type::not_found || kind == std::filesystem::file_type::none) {
    return wrong_usage(fmt::format("cannot read the payload {}: {}", shown,
                                   error ? error.message() : std::strerror(ENOENT)));
  }
  if (kind != std::filesystem::file_type::regular && kind != std::filesystem::file_type::fifo) {
    return wrong_usage(fmt::format("the payload {} is {}", shown,
                                   kind == std::filesystem::file_type::directory ? "a directory"
                                                                                 : "no regular file or pipe"),
                       "--payload FILE, or --payload - and the bytes on stdin");
  }
  std::ifstream file(name, std::ios::binary);
  if (!file) return wrong_usage(fmt::format("cannot read the payload {}: {}", shown, std::strerror(errno)));
  return read_some(file, shown);
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  auto args = target_args(invocation);
  if (!args) return tl::unexpected<Failure>(args.error());
  nlohmann::json& request = *args;
  request["report"] = invocation.text_or("REPORT", "");

  const auto given =
      assignments(invocation.texts("KEY=VALUE"), "vfleet trigger pile-00042 meter power_w=7200");
  if (!given) return tl::unexpected<Failure>(given.error());
  if (!given->empty()) {
    nlohmann::json fields = nlohmann::json::object();
    // As it was typed: who knows the field knows whether 1E23 is a number or a card.
    for (const Assignment& each : *given) fields[each.key] = each.value;
    request["fields"] = std::move(fields);
  }
  if (const auto payload = invocation.text("payload")) {
    if (!given->empty())
      return wrong_usage("--payload replaces the whole message: fields cannot be given too");
    auto bytes = read_payload(session.env(), *payload);
    if (!bytes) return tl::unexpected<Failure>(bytes.error());
    request["payload"] = base64_encode(*bytes);
  }
  if (const auto channel = invocation.number("channel")) request["channel"] = *channel;
  if (const auto count = invocation.number("count")) {
    if (*count > 1 && !invocation.has("every")) {
      return wrong_usage("--count above 1 needs --every", fmt::format("--count {} --every 1s", *count));
    }
    request["count"] = *count;
  }
  for (const char* name : {"every", "spread", "wait"}) {
    if (const auto text = invocation.text(name)) request[name] = *text;
  }
  if (invocation.has("raw")) request["unchecked"] = true;
  if (invocation.has("queue")) request["queue"] = true;
  return session.command("trigger", request);
}

}  // namespace

CommandSpec trigger_command() {
  return {
      .name = "trigger",
      .group = "Devices",
      .summary = "Make devices send a report now, with any field overridden, or any bytes at all",
      .details =
          "The report takes the device's next seq; it does not move the schedule and does not change the "
          "model.\n"
          "A device that is offline or paused answers `offline` unless --queue is given. A repeating trigger "
          "is a\n"
          "job: `vfleet jobs`, `vfleet cancel JOB`.",
      .positionals = {selector_argument(),
                      {"REPORT", "Which message: heartbeat, meter, status, event, ...", true, false},
                      {"KEY=VALUE", "Fields to override: power_w=7200, objects.0.score=0.9, $.seq=1", false,
                       true}},
      .options =
          {{"payload", Takes::file, "FILE|-", "Send these bytes instead (- reads them from stdin)", {}, 0},
           {"raw",
            Takes::nothing,
            "",
            "Send the fields as they are, also those that the device's protocol forbids",
            {},
            0},
           {"channel", Takes::number, "N", "Which connector or camera channel", {}, 0},
           {"count", Takes::number, "N", "How often (needs --every)", {}, 1},
           {"every", Takes::duration, "D", "Time between two", {}, 0},
           {"spread", Takes::duration, "D", "Spread the devices evenly over this time", {}, 0},
           {"wait",
            Takes::choice,
            "WHAT",
            "Until the uplink has sent it, or the platform acknowledged it",
            {"accepted", "sent", "acked"},
            0},
           {"queue", Takes::nothing, "", "Keep it for devices that are offline", {}, 0},
           dry_run_option()},
      .examples = {{"vfleet trigger pile-00042 meter power_w=7200 --wait acked",
                    "one reading, and the platform has it"},
                   {"vfleet trigger 'cam-*' heartbeat --count 10 --every 1s --spread 1s",
                    "a job: ten each, evenly spread"},
                   {"vfleet trigger pile-00042 status --channel 2", "of the second connector"},
                   {"vfleet trigger pile-00007 StatusNotification connectorId=1 status=Faulted "
                    "errorCode=GroundFailure",
                    "of a charge point of OCPP (docs/ocpp.md)"},
                   {"vfleet trigger pile-00007 ykc_realtime state=9 --raw",
                    "a frame of YKC that means nothing (docs/ykc_pile.md)"},
                   {"echo '{broken' | vfleet trigger pile-00042 meter --payload -",
                    "bytes that are no JSON"}},
      .run = run};
}

}  // namespace vfleet::cli
