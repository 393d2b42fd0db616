#pragma once

#include <map>
#include <memory>
#include <unordered_map>

#include "control/journal/journal.h"

namespace vfleet::control::journal {

/// A journal without a file, for tests and for what need not be kept. It can be told to fail.
class MemoryJournal final : public Journal {
 public:
  using Post = std::function<void(std::function<void()>)>;

  /// `post` runs a task in a later turn of the loop.
  explicit MemoryJournal(Post post, Meta meta = {});

  /// What a next life gets: everything that was committed.
  [[nodiscard]] Restored restored() const;

  /// From now on changes and boots fail with `error`; nullopt: they are committed again.
  void fail_with(std::optional<Error> error) { error_ = std::move(error); }
  /// While held, nothing is decided; letting go decides what waits.
  void hold(bool held);

  [[nodiscard]] Status begin(FleetText fleet, std::vector<OrdinalPiece> ordinals) override;
  void commit(Change change, Done done) override;
  void recover() override;
  void commit_boot(std::uint32_t shard, std::uint64_t boot, Done done) override;
  void settle(std::uint64_t epoch, std::uint64_t seq, Outcome outcome) override;
  void history(Filter filter, std::function<void(Result<std::vector<Entry>>)> done) override;
  void entry(std::string id, std::function<void(Result<Entry>)> done) override;
  void entry_at(std::uint64_t revision, std::function<void(Result<Entry>)> done) override;
  void desired_at(std::uint64_t revision, std::function<void(Result<Past>)> done) override;
  void close() override { hold(false); }

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  void write(std::function<void()> task);
  [[nodiscard]] Result<Entry> find(const std::function<bool(const Entry&)>& is_it) const;

  Post post_;
  Meta meta_;
  std::map<std::uint64_t, FleetText> fleets_;  // by revision
  std::vector<Entry> entries_;
  std::vector<OrdinalPiece> ordinals_;
  std::vector<std::uint64_t> boots_;
  std::optional<Error> error_;
  bool failed_ = false;  // until recover()
  bool held_ = false;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace vfleet::control::journal
