#include "control/server/fleet_loader.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "simulator/loop/asio_loop.h"

namespace vfleet::control::server {

struct FleetLoader::Shared {
  struct Job {
    std::string file;
    std::function<void(LoadedFleet)> done;
  };

  Shared(loop::AsioLoop& event_loop, Read read_file) : loop(event_loop), read(std::move(read_file)) {}

  loop::AsioLoop& loop;
  Read read;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job> jobs;
  bool end = false;
  std::thread thread;
};

FleetLoader::FleetLoader(loop::AsioLoop& loop, Read read)
    : shared_(std::make_shared<Shared>(loop, std::move(read))) {
  shared_->thread = std::thread([shared = shared_.get(), weak = std::weak_ptr<Shared>(shared_)] {
    std::unique_lock lock(shared->mutex);
    while (true) {
      shared->wake.wait(lock, [&] { return shared->end || !shared->jobs.empty(); });
      if (shared->end) return;
      Shared::Job job = std::move(shared->jobs.front());
      shared->jobs.pop_front();
      lock.unlock();
      auto loaded = std::make_shared<LoadedFleet>(shared->read(job.file));
      // The loop may get to this after the loader has gone.
      shared->loop.post([weak, loaded, done = std::move(job.done)] {
        if (weak.lock()) done(std::move(*loaded));
      });
      lock.lock();
    }
  });
}

FleetLoader::~FleetLoader() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->end = true;
  }
  shared_->wake.notify_one();
  shared_->thread.join();
}

void FleetLoader::load(std::string file, std::function<void(LoadedFleet)> done) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->jobs.push_back({std::move(file), std::move(done)});
  }
  shared_->wake.notify_one();
}

}  // namespace vfleet::control::server
