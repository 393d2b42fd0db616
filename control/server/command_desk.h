#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/api/reply.h"
#include "control/api/request.h"
#include "control/server/core.h"
#include "simulator/bus/selector.h"

namespace vfleet::control::server {

/// Turns what operators ask into commands: checks it, resolves what workers must be asked about first, and
/// publishes it.
class CommandDesk {
 public:
  /// `core` must outlive this.
  explicit CommandDesk(Core& core) : core_(core) {}

  /// Who asks, and under which id.
  struct Asker {
    std::string identity;
    std::string id;
  };

  /// Calls `handle` unless the id is known: then it is being worked on, or its answer was sent again, or it
  /// is what became of it in an earlier life of control. That one is asked of the journal, so `handle` may
  /// be called later.
  void unless_repeated(const Asker& asker, std::function<void()> handle);

  void handle(const Asker& asker, const api::Set& request);
  void handle(const Asker& asker, const api::Unset& request);
  void handle(const Asker& asker, const api::Switch& request);
  void handle(const Asker& asker, const api::Reboot& request);
  void handle(const Asker& asker, const api::Do& request);
  void handle(const Asker& asker, const api::Trigger& request);
  void handle(const Asker& asker, const api::Cancel& request);

  /// A command that is ready but for its devices.
  struct Draft {
    bus::Verb verb = bus::Verb::set;
    std::string selector;
    api::JsonText args = "{}";
    bool durable = true;
    Duration expires{};  ///< 0: never
    std::optional<Duration> timeout;
    bool wait_for_all = false;
    bool unmatched_is_fine = false;
    std::string drop_by{};  ///< how to drop the rule it makes, told when no device takes it
    api::ReplyMembers members{};
    std::shared_ptr<PreparedFleet> fleet{};                ///< what it makes of the fleet; null: nothing
    std::function<void(const bus::Command&)> committed{};  ///< it is in the history, and published
  };
  /// Brings it to the journal, then publishes it and waits for the answers. The asker gets them, or an error:
  /// busy, too large, the journal failed.
  void publish(const Asker& asker, Draft draft);

  /// The ids that `selector` matches now, lowest ordinals first, limit() applied; and how many of them `verb`
  /// with `args` would change (empty verb: not asked).
  struct Matches {
    std::vector<std::string> ids;
    std::uint64_t would_change = 0;
    std::vector<std::uint32_t> silent;
  };
  void resolve(const bus::Selector& selector, std::optional<std::uint64_t> limit, std::string_view verb,
               const api::JsonText& args, std::function<void(Matches)> done);

  /// Errors: rejected, when the request names a revision that is not the fleet's.
  [[nodiscard]] Status check_revision(const api::Target& target) const;

  void refuse(const Asker& asker, const Error& error, std::string hint = {});
  /// The last frame for `asker.id`, also to whoever asked again before it was committed.
  void answer(const Asker& asker, const std::string& frame);

 private:
  /// True when the id is of a command of this life: the asker gets what the first one gets.
  [[nodiscard]] bool in_hand(const Asker& asker);
  using Check = std::function<Status(const Types&)>;
  void change(const Asker& asker, const api::Target& target, const Check& check, Draft draft);
  void publish_resolved(const Asker& asker, Draft draft, const Matches& matches);
  void ask_matches(const bus::Selector& selector, std::optional<std::uint64_t> limit, std::string_view verb,
                   const api::JsonText& args, std::function<void(Matches)> done);
  void wait_for_answers(const Asker& asker, const Draft& draft, const bus::Command& command);
  void refuse_uncommitted(const Asker& asker, const Error& error);
  void answer_from_journal(const Asker& asker, const Result<journal::Entry>& entry,
                           const std::function<void()>& handle);

  Core& core_;
  std::map<std::string, std::vector<std::string>> entering_;  // not committed yet: id -> who asked again
};

}  // namespace vfleet::control::server
