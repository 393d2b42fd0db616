#include "tests/bench/worker_in_process.h"

#include <fmt/format.h>
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "devices/all_devices.h"

namespace vfleet::bench {

std::string group_json(const std::string& name, const std::string& type, std::uint32_t count,
                       std::uint32_t first_ordinal, const std::string& values) {
  return fmt::format(R"({{"name":"{}","type":"{}","id":"{}-{{:07}}","first":1,"count":{},)"
                     R"("labels":[["site",["shanghai","hefei"]]],"ordinals":[[0,{},{}]],"uplink":"null",)"
                     R"("profile":"","profile_values":{{}},"values":{}}})",
                     name, type, name, count, count, first_ordinal, values);
}

WorkerInProcess::WorkerInProcess(loop::EventLoop& loop) : loop_(loop), host_(loop, types_, {.loop = loop}) {
  register_all_devices(types_);
}

WorkerInProcess::~WorkerInProcess() {
  if (state_ != nullptr) std::filesystem::remove(state_->path());
}

void WorkerInProcess::keep_state(const std::string& path) {
  std::filesystem::remove(path);
  auto opened = state::StateFile::open(path, {});
  require(opened.has_value(), opened ? "" : opened.error().detail);
  state_ = std::move(*opened);
  host_.shard().keep_state(state_.get());
}

void WorkerInProcess::join(const std::vector<std::string>& groups, std::function<void()> done) {
  host_.snapshot_begin(
      {.fleet = "bench", .seed = 42, .start_us = to_us(loop_.clock().wall_now()), .shards = 1, .boot = 1});
  host_.snapshot_groups(groups);
  if (state_ != nullptr) {
    const Status reserved = state_->reserve(host_.shard().state_bytes());
    require(reserved.has_value(), reserved ? "" : reserved.error().detail);
  }
  host_.snapshot_end([this, done = std::move(done)] {
    for (const std::string& problem : host_.problems()) std::fprintf(stderr, "%s\n", problem.c_str());
    require(host_.problems().empty(), "the fleet cannot be built");
    done();
  });
}

void WorkerInProcess::set(const std::string& selector, const std::string& patch,
                          std::function<void(std::uint64_t applied)> done) {
  execute(bus::Verb::set, selector, fmt::format(R"({{"patch":{}}})", patch), std::move(done));
}

void WorkerInProcess::act(const std::string& selector, const std::string& action, const std::string& args,
                          std::function<void(std::uint64_t applied)> done) {
  execute(bus::Verb::action, selector, fmt::format(R"({{"action":"{}","args":{}}})", action, args),
          std::move(done));
}

void WorkerInProcess::execute(bus::Verb verb, const std::string& selector, std::string args,
                              std::function<void(std::uint64_t applied)> done) {
  bus::Command command;
  command.epoch = 1;
  command.seq = command.revision = ++seq_;
  command.id = "command-" + std::to_string(seq_);
  command.selector = selector;
  command.verb = verb;
  command.args = std::move(args);
  host_.execute(
      command, [done = std::move(done)](const bus::CommandResult& result) { done(result.applied); }, [] {});
}

std::uint64_t WorkerInProcess::bytes_sent() {
  std::uint64_t bytes = 0;
  host_.shard().configs().visit_uplinks([&](const std::string&, const uplink::Uplink& uplink) {
    for (const uplink::Counter& counter : uplink.counters()) {
      if (counter.name == "bytes_sent_total") bytes += counter.value;
    }
  });
  return bytes;
}

std::uint64_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void require(bool good, const std::string& what) {
  if (good) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

}  // namespace vfleet::bench
