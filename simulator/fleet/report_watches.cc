#include "simulator/fleet/report_watches.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "simulator/fleet/views.h"

namespace vfleet::fleet {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string row(const json& tree) {
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

/// A stream of reports. A bucket of `rate` rows a second.
struct ReportWatches::Watch {
  Watch(loop::EventLoop& loop, bus::Selector which)
      : selector(std::move(which)), flush_timer(loop, [this] { flush(); }) {}

  void flush() {
    if (dropped != 0) rows.push_back(row({{"dropped", std::exchange(dropped, 0)}}));
    reply(std::exchange(rows, {}), false);
  }

  bus::Selector selector;
  std::string report;  // empty: all
  std::uint64_t rate = 0;
  bus::QueryReply reply;
  std::vector<std::string> rows;
  std::uint64_t second = 0;
  std::uint64_t this_second = 0;
  std::uint64_t dropped = 0;
  loop::CallbackTimer flush_timer;
};

ReportWatches::ReportWatches(Shard& shard) : shard_(shard) {}

ReportWatches::~ReportWatches() {
  shard_.observe(nullptr);
}

void ReportWatches::begin(std::uint64_t id, bus::Selector selector, std::string report, std::uint64_t rate,
                          bus::QueryReply reply) {
  auto watch = std::make_unique<Watch>(shard_.loop(), std::move(selector));
  watch->report = std::move(report);
  watch->rate = rate;
  watch->reply = std::move(reply);
  watches_.insert_or_assign(id, std::move(watch));
  shard_.observe(this);
}

void ReportWatches::cancel(std::uint64_t id) {
  watches_.erase(id);
  if (watches_.empty()) shard_.observe(nullptr);
}

void ReportWatches::report_left(const Member& member, const device::Report& report,
                                std::string_view message) {
  for (const auto& [id, watch] : watches_) {
    if (!watch->report.empty() && watch->report != report.head.type) continue;
    if (!watch->selector.matches_all() && !watch->selector.matches(GroupView(*member.group, member.index)))
      continue;
    const auto second = static_cast<std::uint64_t>(report.head.sent_us / 1'000'000);
    if (second != watch->second) {
      watch->second = second;
      watch->this_second = 0;
    }
    if (++watch->this_second > watch->rate) {
      ++watch->dropped;
    } else {
      watch->rows.push_back(row({{"id", device_id(member)},
                                 {"type", report.head.type},
                                 {"seq", report.head.seq},
                                 {"ch", report.head.channel},
                                 {"at_us", report.head.sent_us},
                                 {"triggered", report.triggered},
                                 {"message", message}}));
    }
    if (!watch->flush_timer.armed()) watch->flush_timer.arm_in(50ms);
  }
}

}  // namespace vfleet::fleet
