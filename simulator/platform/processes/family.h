#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "simulator/platform/api.h"
#include "simulator/platform/processes/channel.h"

namespace vfleet::loop {
class AsioLoop;
}

namespace vfleet::platform {

/// The children of the process that speaks for the platform, as that process has them.
///
/// A question goes to all children before the first answer is awaited, and this blocks until all have
/// answered (kPatience at most): the process that speaks has nothing else to do for devices, but for a few on
/// ZeroMQ and on connections that asked for something before they reported.
class Family final : public Siblings {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(10);

  struct Member {
    pid_t pid;
    Channel channel;
  };

  /// `clock` outlives it. The members are running.
  Family(const Clock& clock, std::vector<Member> members);
  /// Waits for the members to end; what they are asked before makes them: ask("POST", "/stop", {}). Those
  /// that were not asked end when they notice that nobody is there.
  ~Family() override;

  [[nodiscard]] Result<std::vector<ApiAnswer>> ask(std::string_view method, std::string_view target,
                                                   std::string_view body) override;

  /// Calls `adopt` with each connection that a member hands over, and `lost` once when a member ends.
  void watch(loop::AsioLoop& loop, std::function<void(Channel::Adopted)> adopt, std::function<void()> lost);
  void stop_watching();

 private:
  struct Watch;
  void wait(std::size_t member);

  const Clock& clock_;
  std::vector<Member> members_;
  std::unique_ptr<Watch> watch_;
};

/// The other end: answers the questions that come from `channel` on `loop`. "POST /stop" calls `stop`, which
/// is answered with `last_words` when it calls back; `orphaned` is called when nobody asks any more.
class Member {
 public:
  /// All outlive it.
  Member(loop::AsioLoop& loop, const Clock& clock, Channel& channel, Api& api);
  ~Member();

  void serve(std::function<void(std::function<void()> done)> stop, std::function<std::string()> last_words,
             std::function<void()> orphaned);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vfleet::platform
