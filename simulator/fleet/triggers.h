#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulator/bus/command.h"
#include "simulator/bus/worker_host.h"
#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

/// Which moment of a triggered report its command waits for.
enum class WaitFor : std::uint8_t { accepted, sent, acked };

/// What a trigger sends; read once from the command's arguments.
struct TriggerSpec {
  std::string report;
  device::Channel channel = 0;
  std::vector<codec::envelope::Override> fields;
  std::string payload;
  bool raw = false;        ///< `payload` is sent as it is
  bool unchecked = false;  ///< `fields` are sent as they are, also illegal ones
  std::uint32_t count = 1;
  Duration every{0};
  Duration spread{0};
  WaitFor wait = WaitFor::accepted;
  bool queue = false;   ///< an offline device sends it when it comes online
  Duration timeout{0};  ///< of the wait

  [[nodiscard]] bool repeats() const { return count != 1 || spread.count() > 0; }
  /// Errors: malformed, invalid_argument.
  [[nodiscard]] static Result<TriggerSpec> from_args(const std::string& args);
};

struct JobStatus {
  std::string id;
  std::string report;
  std::string selector;
  std::uint64_t remaining = 0;  ///< reports still to come in this shard
  Duration every{0};
};

/// Sends the reports that operators ask for: at once, spread over time, repeated, waited for, or held until
/// an offline device comes back.
class Triggers final : public ReportWaiter {
 public:
  explicit Triggers(Shard& shard);
  ~Triggers() override;

  /// One device, now or held. Counts into `result`; `waiter` from begin_wait(), or 0.
  /// `then` is asked for who takes the answer of a device that answers later; without it nobody does.
  using Then = std::function<LateAnswer(Member&)>;
  /// Returns whether an answer comes later.
  bool fire(Member& member, const std::shared_ptr<const TriggerSpec>& spec, std::uint32_t waiter,
            bus::CommandResult& result, const Then& then = nullptr);

  /// The replies of reports fired with the returned number go into `result`; finish_wait() when all were
  /// fired.
  [[nodiscard]] std::uint32_t begin_wait(WaitFor wait);
  /// `reply` is called when every report has reached its moment, or failed, or the time is over.
  void finish_wait(std::uint32_t waiter, bus::CommandResult result, Duration timeout, bus::ResultReply reply);

  /// Fires for `members` again and again; the job's id is the command's.
  void start_job(const bus::Command& command, std::shared_ptr<const TriggerSpec> spec,
                 std::vector<std::uint32_t> members);
  [[nodiscard]] bool cancel_job(const std::string& id);
  [[nodiscard]] std::vector<JobStatus> jobs() const;
  void stop();

  // ReportWaiter
  void waited_sent(std::uint32_t waiter, const Member& member) override;
  void waited_settled(std::uint32_t waiter, const Member& member, uplink::Fate fate,
                      std::string_view why) override;
  void came_online(Member& member) override;
  void left(std::uint32_t key) override { held_.erase(key); }

  static constexpr std::size_t kHeldMax = 100;  ///< reports held for one offline device

 private:
  struct Wait;
  class Job;
  struct Held {
    std::shared_ptr<const TriggerSpec> spec;
    std::uint32_t waiter;
  };

  CallOutcome send(Member& member, const TriggerSpec& spec, std::uint32_t waiter, LateAnswer then);
  /// Who takes the late answer of a device whose report is waited for.
  [[nodiscard]] LateAnswer waited_answer(std::uint32_t waiter, const Member& member);
  void check_wait(std::uint32_t waiter);
  void complete(std::uint32_t waiter, const Member& member, std::string failure);

  Shard& shard_;
  std::uint32_t last_waiter_ = 0;
  std::map<std::uint32_t, std::unique_ptr<Wait>> waits_;
  std::map<std::string, std::unique_ptr<Job>> jobs_;
  std::unordered_map<std::uint32_t, std::deque<Held>> held_;  // by device key
};

}  // namespace vfleet::fleet
