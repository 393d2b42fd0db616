#include "simulator/platform/processes/family.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <utility>

#include "simulator/loop/asio_loop.h"

namespace vfleet::platform {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

constexpr Duration kEndPatience = std::chrono::seconds(3);  // members have a second to end in order
constexpr int kLookMs = 5;

// For waiting: the copy is its own to close.
std::unique_ptr<Descriptor> watcher_of(loop::AsioLoop& loop, int socket) {
  return std::make_unique<Descriptor>(loop.context(), ::dup(socket));
}

}  // namespace

struct Family::Watch {
  loop::AsioLoop& loop;
  std::function<void(Channel::Adopted)> adopt;
  std::function<void()> lost;
  std::vector<std::unique_ptr<Descriptor>> sockets;
};

Family::Family(const Clock& clock, std::vector<Member> members)
    : clock_(clock), members_(std::move(members)) {}

Family::~Family() {
  watch_.reset();
  std::vector<pid_t> pids;
  for (const Member& member : members_) pids.push_back(member.pid);
  members_.clear();
  const TimePoint deadline = clock_.now() + kEndPatience;
  for (const pid_t pid : pids) {
    // One that is stopped, or hangs, hears nothing.
    while (::waitpid(pid, nullptr, WNOHANG) == 0) {
      if (clock_.now() > deadline) ::kill(pid, SIGKILL);
      ::poll(nullptr, 0, kLookMs);
    }
  }
}

Result<std::vector<ApiAnswer>> Family::ask(std::string_view method, std::string_view target,
                                           std::string_view body) {
  const TimePoint deadline = clock_.now() + kPatience;
  const Channel::Question question{std::string(method), std::string(target), std::string(body)};
  for (Member& member : members_) {
    if (Status sent = member.channel.send(question, clock_, deadline); !sent)
      return tl::unexpected(sent.error());
  }
  std::vector<ApiAnswer> out;
  for (Member& member : members_) {
    auto answer = member.channel.receive_answer(clock_, deadline);
    if (!answer) return tl::unexpected(answer.error());
    out.push_back(std::move(*answer));
  }
  return out;
}

void Family::watch(loop::AsioLoop& loop, std::function<void(Channel::Adopted)> adopt,
                   std::function<void()> lost) {
  watch_ = std::make_unique<Watch>(Watch{loop, std::move(adopt), std::move(lost), {}});
  for (const Member& member : members_) {
    watch_->sockets.push_back(watcher_of(loop, member.channel.connections()));
  }
  for (std::size_t i = 0; i < members_.size(); ++i) wait(i);
}

void Family::stop_watching() {
  watch_.reset();
}

void Family::wait(std::size_t member) {
  watch_->sockets[member]->async_wait(Descriptor::wait_read, [this, member](boost::system::error_code ec) {
    if (ec || !watch_) return;
    for (;;) {
      auto adopted = members_[member].channel.adopt();
      if (!adopted && adopted.error().code == Errc::rejected) return wait(member);
      if (!adopted) return watch_->lost();
      if (adopted->socket) watch_->adopt(std::move(*adopted));
    }
  });
}

struct Member::Impl {
  loop::AsioLoop& loop;
  const Clock& clock;
  Channel& channel;
  Api& api;
  std::unique_ptr<Descriptor> socket;
  std::function<void(std::function<void()>)> stop;
  std::function<std::string()> last_words;
  std::function<void()> orphaned;

  void wait() {
    socket->async_wait(Descriptor::wait_read, [this](boost::system::error_code ec) {
      if (!ec) answer();
    });
  }

  void answer() {
    const TimePoint deadline = clock.now() + Family::kPatience;
    const auto question = channel.receive_question(clock, deadline);
    if (!question) return orphaned();
    if (question->target == "/stop") {
      return stop([this] {
        // Nobody may be left to hear it.
        (void)channel.send(ApiAnswer{200, last_words()}, clock, clock.now() + Family::kPatience);
        orphaned();
      });
    }
    // Who asks may have to wait for another member first, as long as it has patience.
    if (!channel.send(api.answer_inside(question->method, question->target, question->body), clock,
                      clock.now() + 3 * Family::kPatience)) {
      return orphaned();
    }
    wait();
  }
};

Member::Member(loop::AsioLoop& loop, const Clock& clock, Channel& channel, Api& api)
    : impl_(std::make_unique<Impl>(
          Impl{loop, clock, channel, api, watcher_of(loop, channel.questions()), {}, {}, {}})) {}

Member::~Member() = default;

void Member::serve(std::function<void(std::function<void()>)> stop, std::function<std::string()> last_words,
                   std::function<void()> orphaned) {
  impl_->stop = std::move(stop);
  impl_->last_words = std::move(last_words);
  impl_->orphaned = std::move(orphaned);
  impl_->wait();
}

}  // namespace vfleet::platform
