#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/api/request.h"
#include "simulator/bus/messages.h"
#include "simulator/core/time.h"

namespace vfleet::control::server {

/// Asks several workers one question and gathers what they answer.
class FanOut {
 public:
  static constexpr Duration kTimeout = std::chrono::seconds(5);

  using Send = std::function<void(std::uint32_t shard, const bus::ToWorker&)>;
  /// Queries are numbered from `before` + 1: what a worker says to an earlier control's queries must not be
  /// taken for an answer to one of these.
  explicit FanOut(Send send, std::uint64_t before = 0) : send_(std::move(send)), last_(before) {}

  struct Ask {
    std::string name;
    std::string selector;
    api::JsonText args = "{}";
    std::uint64_t after_seq = 0;
    std::vector<std::uint32_t> shards;
    /// Without a sign of life from anyone for so long, who has not answered is silent; nullopt: it streams
    /// on.
    std::optional<Duration> timeout = kTimeout;
    std::function<void(std::vector<api::JsonText> rows)> rows;
    /// Once, when all have answered or are silent. Not after cancel().
    std::function<void(std::vector<std::uint32_t> silent)> done;
  };

  /// Returns the query's number. `done` may be called before this returns, when there is nobody to ask.
  std::uint64_t ask(Ask ask, TimePoint now);
  /// Rows of an unknown query, or from a worker that was not asked, are ignored.
  void answered(std::uint32_t shard, bus::QueryRows rows, TimePoint now);
  /// Ends a query early; the workers are told.
  void cancel(std::uint64_t query);
  /// `shard` will not answer what it was asked before.
  void restarted(std::uint32_t shard);
  /// `shard` is live now: what streams is asked of it too.
  void joined(std::uint32_t shard);
  void tick(TimePoint now);

  [[nodiscard]] std::size_t size() const { return asks_.size(); }

 private:
  struct Open {
    Ask ask;
    std::set<std::uint32_t> waiting;
    std::vector<std::uint32_t> silent;
    TimePoint deadline;
  };
  void finish(std::uint64_t query);

  Send send_;
  std::map<std::uint64_t, Open> asks_;
  std::uint64_t last_;
};

}  // namespace vfleet::control::server
