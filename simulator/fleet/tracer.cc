#include "simulator/fleet/tracer.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "simulator/core/utf8.h"
#include "simulator/fleet/sweep.h"
#include "simulator/fleet/views.h"

namespace vfleet::fleet {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

std::string print(const json& tree) {
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

}  // namespace

struct Tracer::Trace {
  Trace(loop::EventLoop& loop, bus::Selector which, std::function<void()> flush)
      : selector(std::move(which)), flush_timer(loop, std::move(flush)) {}

  [[nodiscard]] bool wants(const Member& member) const {
    return selector.matches_all() || selector.matches(GroupView(*member.group, member.index));
  }

  bus::Selector selector;
  std::uint64_t rate = 0;
  bool settled = false;
  bus::QueryReply reply;
  std::vector<std::string> rows;
  std::size_t bytes = 0;  // of rows
  std::int64_t second = 0;
  std::uint64_t this_second = 0;
  std::uint64_t dropped = 0;
  loop::CallbackTimer flush_timer;
};

/// What happened to a device. Views are valid during the call.
struct Tracer::Event {
  std::string_view direction;  ///< out, in, link
  std::string_view kind;
  std::string_view report = {};
  std::uint32_t seq = 0;
  const std::string_view* bytes = nullptr;
  std::string_view word = {};  ///< why a link went down, what became of a report
  std::string_view why = {};   ///< what was said against a report that is refused
};

Tracer::Tracer(Shard& shard) : shard_(shard) {}

Tracer::~Tracer() {
  shard_.trace(nullptr);
}

void Tracer::begin(std::uint64_t id, bus::Selector selector, std::uint64_t rate, bool settled,
                   bus::QueryReply reply) {
  auto trace = std::make_unique<Trace>(shard_.loop(), selector, [this, id] { flush(id); });
  trace->rate = rate;
  trace->settled = settled;
  trace->reply = std::move(reply);
  traces_.insert_or_assign(id, std::move(trace));
  shard_.trace(this);
  const auto count = std::make_shared<std::uint64_t>(0);  // two callbacks count and read it
  sweep(
      shard_, std::move(selector), 500us,
      [count](Member& member) {
        member.traced = true;
        ++*count;
        return true;
      },
      [this, id, count] {
        const auto at = traces_.find(id);
        if (at == traces_.end()) return;
        const bus::Assignment& assignment = shard_.assignment();
        at->second->rows.push_back(
            print({{"tracing", *count}, {"shard", assignment.shard}, {"shards", assignment.shards}}));
        flush(id);
      });
}

void Tracer::cancel(std::uint64_t id) {
  traces_.erase(id);
  // Members keep their mark: without an observer nobody looks at it.
  if (traces_.empty()) shard_.trace(nullptr);
}

void Tracer::flush(std::uint64_t id) {
  const auto at = traces_.find(id);
  if (at == traces_.end()) return;
  Trace& trace = *at->second;
  if (trace.dropped != 0) trace.rows.push_back(print({{"dropped", std::exchange(trace.dropped, 0)}}));
  trace.bytes = 0;
  trace.reply(std::exchange(trace.rows, {}), false);
}

bool Tracer::traces(const Member& member) const {
  for (const auto& [id, trace] : traces_) {
    if (trace->wants(member)) return true;
  }
  return false;
}

void Tracer::sent(const Member& member, std::string_view report, std::uint32_t seq, std::string_view bytes) {
  tell(member, {.direction = "out", .kind = "report", .report = report, .seq = seq, .bytes = &bytes});
}

void Tracer::said(const Member& member, std::string_view bytes) {
  tell(member, {.direction = "out", .kind = "answer", .bytes = &bytes});
}

void Tracer::heard(const Member& member, std::string_view message) {
  tell(member, {.direction = "in", .kind = "message", .bytes = &message});
}

void Tracer::settled(const Member& member, std::string_view report, std::uint32_t seq, uplink::Fate fate,
                     std::string_view why) {
  tell(member, {.direction = "in",
                .kind = "settled",
                .report = report,
                .seq = seq,
                .word = to_string(fate),
                .why = beginning(why, kWhyBytesMax)});
}

void Tracer::link_up(const Member& member) {
  tell(member, {.direction = "link", .kind = "up"});
}

void Tracer::link_down(const Member& member, std::string_view reason) {
  tell(member, {.direction = "link", .kind = "down", .word = reason});
}

void Tracer::tell(const Member& member, const Event& event) {
  const std::int64_t at_us = to_us(shard_.loop().clock().wall_now());
  std::string row;  // made once, whoever wants it
  for (const auto& [id, trace] : traces_) {
    if (event.kind == "settled" && !trace->settled) continue;
    if (!trace->wants(member)) continue;
    if (at_us / 1'000'000 != trace->second) {
      trace->second = at_us / 1'000'000;
      trace->this_second = 0;
    }
    if (!trace->flush_timer.armed()) trace->flush_timer.arm_in(50ms);
    if (++trace->this_second > trace->rate || trace->bytes > kWaitingBytesMax) {
      ++trace->dropped;
      continue;
    }
    if (row.empty()) {
      Group::IdBuffer buffer;
      json tree = {{"id", member.group->id(member.index, buffer)},
                   {"at_us", at_us},
                   {"direction", event.direction},
                   {"kind", event.kind},
                   {"uplink", member.group->uplink().name}};
      if (!event.report.empty()) tree["report"] = event.report;
      if (event.seq != 0) tree["seq"] = event.seq;
      if (!event.word.empty()) tree["word"] = event.word;
      if (!event.why.empty()) tree["why"] = event.why;
      if (event.bytes != nullptr) {
        std::string_view bytes = *event.bytes;
        tree["size"] = bytes.size();
        const bool text = is_utf8(bytes);
        bytes = text ? beginning(bytes, kMessageBytesMax) : bytes.substr(0, kMessageBytesMax);
        if (text) {
          tree["text"] = bytes;
        } else {
          tree["hex"] = hex(bytes);
        }
      }
      row = print(tree);
    }
    trace->bytes += row.size();
    trace->rows.push_back(row);
  }
}

}  // namespace vfleet::fleet
