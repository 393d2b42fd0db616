#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "simulator/bus/selector.h"
#include "simulator/bus/worker_host.h"
#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

/// Copies reports that leave to operators who watch, a row each.
class ReportWatches final : public ReportObserver {
 public:
  /// `shard` outlives this.
  explicit ReportWatches(Shard& shard);
  ~ReportWatches() override;

  /// Reports of this name (empty: all) of devices that match. At most `rate` rows a second; what does not fit
  /// is dropped and counted in a row {"dropped": N}.
  void begin(std::uint64_t id, bus::Selector selector, std::string report, std::uint64_t rate,
             bus::QueryReply reply);
  /// Nothing when it is not one of these.
  void cancel(std::uint64_t id);

  // ReportObserver
  void report_left(const Member& member, const device::Report& report, std::string_view message) override;

 private:
  struct Watch;

  Shard& shard_;
  std::map<std::uint64_t, std::unique_ptr<Watch>> watches_;
};

}  // namespace vfleet::fleet
