#include "tests/unit/control/journal/mailbox.h"

#include <optional>

namespace vfleet::control::journal {

std::function<void(std::function<void()>)> Mailbox::post() {
  return [this](std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    came_.notify_one();
  };
}

void Mailbox::run_until(const std::function<bool()>& done) {
  while (!done()) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return !tasks_.empty(); });
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }
}

Change change(std::uint64_t seq, std::uint64_t revision, const std::string& id) {
  Change out;
  out.command.epoch = 7;
  out.command.seq = seq;
  out.command.revision = revision;
  out.command.id = id;
  out.command.issued_us = 1'000'000 + static_cast<std::int64_t>(seq);
  out.command.selector = "pile-*";
  out.command.verb = revision > 0 ? bus::Verb::set : bus::Verb::trigger;
  out.command.args = R"({"patch":{"a":1}})";
  return out;
}

namespace {

template <class T, class Ask>
T wait_for(Mailbox& mailbox, Ask&& ask) {
  std::optional<T> got;
  ask([&got](const T& answer) { got = answer; });
  mailbox.run_until([&] { return got.has_value(); });
  return *got;
}

}  // namespace

Status commit(Journal& journal, Mailbox& mailbox, Change change) {
  return wait_for<Status>(mailbox, [&](auto done) { journal.commit(std::move(change), done); });
}

Result<std::vector<Entry>> history(Journal& journal, Mailbox& mailbox, Filter filter) {
  return wait_for<Result<std::vector<Entry>>>(mailbox, [&](auto done) { journal.history(filter, done); });
}

Result<Entry> entry(Journal& journal, Mailbox& mailbox, const std::string& id) {
  return wait_for<Result<Entry>>(mailbox, [&](auto done) { journal.entry(id, done); });
}

Result<Past> desired_at(Journal& journal, Mailbox& mailbox, std::uint64_t revision) {
  return wait_for<Result<Past>>(mailbox, [&](auto done) { journal.desired_at(revision, done); });
}

}  // namespace vfleet::control::journal
