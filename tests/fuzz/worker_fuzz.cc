// A whole worker on virtual time and the commands and queries that reach it, a line each: its first two
// characters say verb (or query) and selector, the rest is the arguments. Every command that is taken is
// answered at most once, every query comes to its end, and the figures are JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "devices/all_devices.h"
#include "simulator/fleet/fleet_host.h"
#include "simulator/loop/virtual_loop.h"

namespace {

using namespace vfleet;

void require(bool holds) {
  if (!holds) std::abort();
}

const device::DeviceRegistry& types() {
  static device::DeviceRegistry registry;
  if (registry.types().empty()) register_all_devices(registry);
  return registry;
}

std::string group(const char* name, const char* type, int first_ordinal) {
  const std::string ordinals = "[[0,2," + std::to_string(first_ordinal) + "]]";
  return std::string(R"({"name":")") + name + R"(","type":")" + type + R"(","id":")" + name +
         R"(-{:05}","first":1,"count":2,"labels":[["site",["a","b"]]],"ordinals":)" + ordinals +
         R"(,"uplink":"null","profile":"","profile_values":{},"values":{}})";
}

class Worker {
 public:
  Worker() : host_(loop_, types(), uplink::UplinkEnvironment{.loop = loop_}) {
    host_.snapshot_begin({.fleet = "fuzz",
                          .seed = 42,
                          .start_us = to_us(loop_.clock().wall_now()),
                          .shard = 0,
                          .shards = 1,
                          .boot = 1});
    host_.snapshot_groups({group("pile", "charging_pile", 0), group("cam", "ip_camera", 2)});
    host_.snapshot_rules({});
    bool done = false;
    host_.snapshot_end([&done] { done = true; });
    require(loop_.run_until([&done] { return done; }, std::chrono::seconds(10)));
    require(host_.problems().empty());
  }

  void take(std::string_view line) {
    constexpr std::string_view kSelectors[] = {"all", "pile-00001", "group=cam", "state.soc>1,site=a"};
    constexpr unsigned kVerbs = static_cast<unsigned>(bus::Verb::rollback) + 1;
    constexpr std::string_view kQueries[] = {"match", "ls", "get", "diff", "jobs", "watch", "no such query"};
    const unsigned what = static_cast<unsigned char>(line[0]) % (kVerbs + std::size(kQueries));
    const std::string_view selector = kSelectors[static_cast<unsigned char>(line[1]) % std::size(kSelectors)];
    const std::string args = line.size() > 2 ? std::string(line.substr(2)) : "{}";
    ++seq_;
    if (what >= kVerbs) {
      const std::string_view query = kQueries[what - kVerbs];
      const bool traces = query == "watch" && (static_cast<unsigned char>(line[1]) & 4U) != 0;
      return ask(traces ? "trace" : query, selector, args);
    }
    bus::Command command;
    command.epoch = 1;
    command.seq = seq_;
    command.id = "c" + std::to_string(seq_);
    command.verb = static_cast<bus::Verb>(what);
    command.selector = selector;
    command.args = args;
    if (bus::is_rule(command.verb) || command.verb > bus::Verb::cancel) command.revision = seq_;
    // Only what the decoder lets through comes so far.
    const auto decoded = bus::decode_command(bus::encode(command));
    if (decoded) order(*decoded);
  }

  void end() {
    loop_.run_for(kTurn);
    require(nlohmann::json::accept(host_.statistics()));
    bool stopped = false;
    host_.stop([&stopped] { stopped = true; });
    require(loop_.run_until([&stopped] { return stopped; }, std::chrono::seconds(60)));
  }

 private:
  // Short: a trigger may be told to repeat each microsecond.
  static constexpr Duration kTurn = std::chrono::milliseconds(5);

  void order(const bus::Command& command) {
    bool done = false;
    auto answers = std::make_shared<int>(0);  // one may come when the worker stops
    host_.execute(
        command, [answers](const bus::CommandResult&) { require(++*answers == 1); },
        [&done] { done = true; });
    require(loop_.run_until([&done] { return done; }, std::chrono::seconds(1)));
    loop_.run_for(kTurn);
  }

  void ask(std::string_view name, std::string_view selector, const std::string& args) {
    auto ended = std::make_shared<bool>(false);
    host_.query(seq_, name, selector, args, [ended](const std::vector<std::string>& rows, bool last) {
      for (const std::string& row : rows) require(nlohmann::json::accept(row));
      require(!*ended);
      *ended = last;
    });
    const bool over = loop_.run_until([&ended] { return *ended; }, kTurn);
    host_.cancel_query(seq_);
    require(over || name == "watch" || name == "trace");
  }

  loop::VirtualLoop loop_;
  fleet::FleetHost host_;
  std::uint64_t seq_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Worker worker;
  for (int lines = 0; !text.empty() && lines < 16; ++lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end >= 2) worker.take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  worker.end();
  return 0;
}
