#include "control/server/commit_line.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace vfleet::control::server {

void CommitLine::submit(Submission submission) {
  bus::Command& command = submission.change.command;
  command.epoch = epoch_;
  command.seq = seq_ + waiting_.size() + 1;
  command.revision = submission.durable ? ++next_revision_ : 0;
  waiting_.push_back(std::move(submission));
  ++entered_;
  journal_.commit(waiting_.back().change,
                  [this, alive = std::weak_ptr<bool>(alive_), round = round_](const Status& status) {
                    if (!alive.expired()) decided(round, status);
                  });
}

void CommitLine::decided(std::uint64_t round, const Status& status) {
  if (round != round_) return;
  if (!status) return refuse_all(status.error());
  if (failure_) {
    spdlog::info("the journal takes commands again");
    failure_.reset();
  }
  Submission submission = std::move(waiting_.front());
  waiting_.pop_front();
  ++left_;
  seq_ = submission.change.command.seq;
  if (submission.durable) revision_ = submission.change.command.revision;
  if (submission.committed) submission.committed(submission.change);
  run_ready();
}

void CommitLine::refuse_all(const Error& error) {
  ++round_;
  if (!failure_) spdlog::error("commands are refused reason=\"{}\"", error.detail);
  failure_ = error;
  std::deque<Submission> refused;
  refused.swap(waiting_);
  left_ += refused.size();
  next_revision_ = revision_;
  journal_.recover();
  for (const Submission& submission : refused) {
    if (submission.refused) submission.refused(submission.change, error);
  }
  run_ready();
}

void CommitLine::when_decided(std::function<void()> then) {
  if (waiting_.empty() && ready_at_.empty()) return then();
  ready_at_.emplace(entered_, std::move(then));
}

void CommitLine::run_ready() {
  while (!ready_at_.empty() && ready_at_.begin()->first <= left_) {
    const auto then = std::move(ready_at_.extract(ready_at_.begin()).mapped());
    then();
  }
}

}  // namespace vfleet::control::server
