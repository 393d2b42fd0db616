#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "simulator/bus/selector.h"
#include "simulator/bus/worker_host.h"
#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

/// Copies what chosen devices say and hear to who asked for it (docs/control-protocol.md, the query `trace`).
/// Rows wait 50 ms at most; a trace that gets more than its rate, or than kWaitingBytesMax at once, loses
/// rows and says how many.
class Tracer final : public TrafficObserver {
 public:
  static constexpr std::size_t kMessageBytesMax = 64 * 1024;  ///< of one message; the rest is cut off
  static constexpr std::size_t kWaitingBytesMax = 1024 * 1024;

  /// `shard` outlives this.
  explicit Tracer(Shard& shard);
  ~Tracer() override;

  /// `selector` asks for identity only. `settled`: also what became of reports. `reply` gets the rows until
  /// the trace is cancelled.
  void begin(std::uint64_t id, bus::Selector selector, std::uint64_t rate, bool settled,
             bus::QueryReply reply);
  void cancel(std::uint64_t id);

  // TrafficObserver
  [[nodiscard]] bool traces(const Member& member) const override;
  void sent(const Member& member, std::string_view report, std::uint32_t seq,
            std::string_view bytes) override;
  void said(const Member& member, std::string_view bytes) override;
  void heard(const Member& member, std::string_view message) override;
  void settled(const Member& member, std::string_view report, std::uint32_t seq, uplink::Fate fate,
               std::string_view why) override;
  void link_up(const Member& member) override;
  void link_down(const Member& member, std::string_view reason) override;

 private:
  struct Trace;
  struct Event;
  void tell(const Member& member, const Event& event);
  void flush(std::uint64_t id);

  Shard& shard_;
  std::map<std::uint64_t, std::unique_ptr<Trace>> traces_;
};

}  // namespace vfleet::fleet
