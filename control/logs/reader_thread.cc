#include "control/logs/reader_thread.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace vfleet::control::logs {

struct ReaderThread::Shared {
  explicit Shared(std::function<void(Task)> to_loop) : post(std::move(to_loop)) {}

  void work(const std::weak_ptr<Shared>& weak) {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return end || !tasks.empty(); });
      if (end) return;
      auto [task, done] = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      task();
      // The loop may get to this after the thread's owner has gone.
      post([weak, done = std::move(done)] {
        if (weak.lock()) done();
      });
      lock.lock();
    }
  }

  std::function<void(Task)> post;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::pair<Task, Task>> tasks;
  bool end = false;
  std::thread thread;
};

ReaderThread::ReaderThread(std::function<void(Task)> post)
    : shared_(std::make_shared<Shared>(std::move(post))) {
  shared_->thread =
      std::thread([shared = shared_.get(), weak = std::weak_ptr<Shared>(shared_)] { shared->work(weak); });
}

ReaderThread::~ReaderThread() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->end = true;
  }
  shared_->wake.notify_one();
  shared_->thread.join();
}

void ReaderThread::run(Task work, Task done) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->tasks.emplace_back(std::move(work), std::move(done));
  }
  shared_->wake.notify_one();
}

}  // namespace vfleet::control::logs
