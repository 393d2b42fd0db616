#include "devices/external/config.h"

namespace vfleet::devices::external {
namespace {

using namespace std::chrono_literals;

config::Struct<ExternalConfig> make_keys() {
  config::Struct<ExternalConfig> keys;
  keys.list(
          "external.command", config::Kind::text, Unit::none,
          [](auto& c) -> auto& { return c.program.command; })
      .doc(
          "The program and its arguments, started without a shell. A program without a slash is looked for "
          "in PATH; "
          "relative paths are relative to external.directory.")
      .required();
  keys.text(
          "external.directory", [](auto& c) -> auto& { return c.program.directory; })
      .folder_of("external.command")
      .doc(
          "Where the program runs, relative to the file that says so. Not given: the folder of the file that "
          "gives "
          "external.command.");
  keys.choice("external.per", [](auto& c) -> auto& { return c.program.per; },
              {{"device", Per::device}, {"group", Per::group}})
      .doc(
          "device: a process for each device; group: one process for all devices of the group that a worker "
          "hosts, "
          "each line then names its device.");
  keys.duration(
          "external.restart.first", [](auto& c) -> auto& { return c.program.restart_first; })
      .range(10ms, 1h)
      .doc("How long to wait before a program that ended is started again; doubles each time, with jitter.");
  keys.duration(
          "external.restart.max", [](auto& c) -> auto& { return c.program.restart_max; })
      .range(10ms, 24h)
      .doc("The longest wait before a program is started again. One that ran that long begins anew.");
  keys.duration(
          "external.answer_timeout", [](auto& c) -> auto& { return c.answer_timeout; })
      .range(10ms, 4s)
      .doc("How long an operator's trigger or action waits for the program's answer.");
  keys.duration(
          "external.hang_timeout", [](auto& c) -> auto& { return c.program.hang_timeout; })
      .range(Duration::zero(), 1h)
      .doc(
          "A program that answers no ping for so long hangs: it gets SIGTERM, 5s later SIGKILL, and is "
          "started again. "
          "0: it is never asked.");
  keys.duration(
          "external.quit_timeout", [](auto& c) -> auto& { return c.program.quit_timeout; })
      .range(Duration::zero(), 1min)
      .doc("How long a program may take to end after `quit`; then it is killed.");
  keys.number(
          "external.memory_max", Unit::size, [](auto& c) -> auto& { return c.program.memory_max_bytes; })
      .range(0, 1e15)
      .decimals(0)
      .doc("A program whose resident memory grows past this is ended and started again. 0: no limit.");
  keys.open_texts(
          "settings", [](auto& c) -> auto& { return c.settings; })
      .doc(
          "Settings of the program itself, any names: settings.limit=5. It gets them as texts when it starts "
          "and when "
          "they change.");
  keys.check([](const ExternalConfig& c, std::vector<std::string>& mistakes) {
    if (c.program.restart_first > c.program.restart_max)
      mistakes.emplace_back("external.restart.first is longer than external.restart.max");
  });
  return keys;
}

}  // namespace

const config::Struct<ExternalConfig>& external_keys() {
  static const config::Struct<ExternalConfig> kKeys = make_keys();
  return kKeys;
}

device::TypeDescription describe_external() {
  device::TypeDescription type;
  type.name = "external";
  type.doc =
      "A device whose behaviour is a program in any language: JSON lines on its standard input and output, "
      "see "
      "docs/external-devices.md. Its reports, actions and states are the program's own.";
  type.open = true;
  type.states = {{"program", "What its process does.", {"running", "waiting", "ending", "stopped"}},
                 {"pid", "Its process; 0 when there is none.", {}},
                 {"restarts", "How often its process was started again.", {}},
                 {"malformed", "Lines of it that could not be used.", {}}};
  type.schema = external_keys().schema();
  return type;
}

}  // namespace vfleet::devices::external
