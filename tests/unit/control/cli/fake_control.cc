#include "tests/unit/control/cli/fake_control.h"

#include <unistd.h>

#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>
#include <zmq.hpp>

namespace vfleet::cli {

struct FakeControl::Impl {
  zmq::context_t context{1};
  zmq::socket_t router{context, zmq::socket_type::router};
  zmq::socket_t stop_out{context, zmq::socket_type::pair};
  zmq::socket_t stop_in{context, zmq::socket_type::pair};
  Script script;
  mutable std::mutex mutex;
  mutable std::condition_variable more;
  std::vector<json> requests;
  std::thread thread;

  void serve() {
    for (;;) {
      zmq::pollitem_t items[] = {{router.handle(), 0, ZMQ_POLLIN, 0}, {stop_in.handle(), 0, ZMQ_POLLIN, 0}};
      zmq::poll(items, 2, std::chrono::milliseconds(-1));
      if (items[1].revents != 0) return;
      zmq::message_t peer;
      zmq::message_t frame;
      if (!router.recv(peer) || !router.recv(frame)) continue;
      const json request = json::parse(frame.to_string_view(), nullptr, false);
      {
        const std::lock_guard lock(mutex);
        requests.push_back(request);
        more.notify_all();
      }
      for (json answer : script(request)) {
        if (!answer.contains("id")) answer["id"] = request["id"];
        router.send(zmq::buffer(peer.data(), peer.size()), zmq::send_flags::sndmore);
        router.send(zmq::buffer(answer.dump()), zmq::send_flags::none);
      }
    }
  }
};

FakeControl::FakeControl(const std::filesystem::path& run_dir, Script script, const std::string& fleet)
    : impl_(std::make_unique<Impl>()) {
  std::filesystem::create_directories(run_dir);
  impl_->script = std::move(script);
  impl_->router.set(zmq::sockopt::linger, 1000);
  impl_->router.bind("ipc://" + (run_dir / "operator.sock").string());
  impl_->stop_in.bind("inproc://stop");
  impl_->stop_out.connect("inproc://stop");
  std::ofstream(run_dir / "control.json") << json{{"pid", ::getpid()}, {"fleet", fleet}};
  impl_->thread = std::thread([this] { impl_->serve(); });
}

FakeControl::~FakeControl() {
  impl_->stop_out.send(zmq::str_buffer("stop"), zmq::send_flags::none);
  impl_->thread.join();
}

std::vector<FakeControl::json> FakeControl::requests() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

std::vector<FakeControl::json> FakeControl::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(impl_->mutex);
  impl_->more.wait_for(lock, std::chrono::seconds(10), [&] { return impl_->requests.size() >= count; });
  return impl_->requests;
}

FakeControl::Script answer_with(nlohmann::json result) {
  return [result = std::move(result)](const nlohmann::json&) {
    nlohmann::json last = result;
    if (!last.contains("kind")) last["kind"] = "result";
    return std::vector<nlohmann::json>{{{"kind", "accepted"}, {"seq", 1}, {"revision", 0}}, last};
  };
}

}  // namespace vfleet::cli
