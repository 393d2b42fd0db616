#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/server/command_desk.h"

namespace vfleet::control::server {

/// Answers what operators want to know. Nothing here changes anything; every answer is as of the last command
/// that was taken, so operators read their own writes.
class QueryDesk {
 public:
  static constexpr Duration kLease = std::chrono::seconds(5);

  using Asker = CommandDesk::Asker;
  /// Both must outlive this.
  QueryDesk(Core& core, CommandDesk& commands) : core_(core), commands_(commands) {}

  void handle(const Asker& asker, const api::Ls& request);
  void handle(const Asker& asker, const api::Get& request);
  void handle(const Asker& asker, const api::Jobs& request);
  void handle(const Asker& asker, const api::Describe& request);
  void handle(const Asker& asker, const api::Watch& request);
  void handle(const Asker& asker, const api::Trace& request);
  void handle(const Asker& asker, const api::Renew& request);
  void handle(const Asker& asker, const api::Report& request);

  /// What `status` tells besides, when it is asked for notices after a number.
  void on_notices(std::function<std::vector<api::JsonText>(std::uint64_t after)> notices) {
    notices_ = std::move(notices);
  }

  /// Ends watches whose lease is over.
  void tick();

 private:
  /// A stream of rows to one operator, at a bounded rate.
  struct Watching {
    Asker asker;
    std::uint64_t query = 0;
    TimePoint lease_end;
    double rate = 0;       // rows a second
    double allowance = 0;  // rows that may go now
    TimePoint filled;      // when allowance was last filled up
    std::uint64_t dropped = 0;
  };

  /// Streams rows as they come; with a limit the lowest ordinals, in order.
  void ask(const Asker& asker, const std::string& name, const bus::Selector& selector, api::JsonText args,
           std::optional<std::uint64_t> limit);
  void stream(const Asker& asker, const std::string& name, const std::string& selector, api::JsonText args);
  void ordered(const Asker& asker, const std::string& name, const std::vector<std::string>& ids,
               api::JsonText args);
  [[nodiscard]] api::JsonText journal_state() const;
  /// Rows at up to `rate` a second until the lease ends.
  void lease(const Asker& asker, const std::string& name, const std::string& selector, api::JsonText args,
             std::uint32_t rate);
  void no_device(const Asker& asker, const std::string& selector);
  void finish(const Asker& asker, std::uint64_t count, const std::vector<std::uint32_t>& silent);
  void watched(const std::string& id, std::vector<api::JsonText> rows);

  Core& core_;
  CommandDesk& commands_;
  std::map<std::string, Watching> watches_;  // by request id
  std::function<std::vector<api::JsonText>(std::uint64_t)> notices_;
};

}  // namespace vfleet::control::server
