#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vfleet::control::journal {

/// A thread that takes what waits all at once.
template <class Item>
class TaskThread {
 public:
  using Take = std::function<void(std::vector<Item> batch)>;
  using Idle = std::function<void()>;

  /// Both are called on the thread; `idle` when nothing waits any more.
  TaskThread(Take take, Idle idle)
      : take_(std::move(take)), idle_(std::move(idle)), thread_([this] { run(); }) {}
  /// As finish().
  ~TaskThread() { finish(); }
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  /// From any thread; dropped after finish().
  void add(Item item) {
    {
      const std::lock_guard lock(mutex_);
      if (ending_) return;
      waiting_.push_back(std::move(item));
    }
    wake_.notify_one();
  }

  /// Takes what waits, then ends the thread.
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      if (waiting_.empty() && !ending_) {
        lock.unlock();
        idle_();
        lock.lock();
        wake_.wait(lock, [this] { return !waiting_.empty() || ending_; });
      }
      if (waiting_.empty()) return;
      std::vector<Item> batch;
      batch.swap(waiting_);
      lock.unlock();
      take_(std::move(batch));
      lock.lock();
    }
  }

  Take take_;
  Idle idle_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Item> waiting_;
  bool ending_ = false;
  std::thread thread_;  // the last: it uses the others
};

}  // namespace vfleet::control::journal
