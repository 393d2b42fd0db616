#include "simulator/platform/roles/udp_ingest.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <optional>
#include <string>
#include <vector>

#include "simulator/loop/asio_loop.h"
#include "simulator/platform/roles/ack_text.h"

namespace vfleet::platform {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

constexpr std::size_t kDatagramMax = 65'536;
constexpr std::size_t kBatch = 32;  // datagrams a system call
constexpr int kBatchesPerTurn = 8;

}  // namespace

class UdpIngest::Impl {
 public:
  Impl(loop::AsioLoop& loop, Platform& platform, bool acks)
      : loop_(loop), platform_(platform), acks_(acks), bytes_(kBatch * kDatagramMax), resume_(loop, [this] {
          wait();
        }) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts_[i] = {bytes_.data() + i * kDatagramMax, kDatagramMax};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_name = &from_[i];
    }
  }

  void receive_from(stream::Fd socket) {
    socket_ = std::move(socket);
    readable_.emplace(loop_.context(), ::dup(socket_.get()));
    wait();
  }

  void stop() {
    if (!socket_) return;
    receive(1024);
    resume_.cancel();
    readable_.reset();
    socket_.reset();
  }

  UdpCounts counts_;

 private:
  void wait() {
    if (!readable_) return;
    readable_->async_wait(Descriptor::wait_read, [this](boost::system::error_code ec) {
      if (ec) return;
      const TimePoint now = loop_.now();
      const TimePoint until = platform_.misbehaviour().paused_until(now);
      if (until > now) return resume_.arm_at(until);
      receive(kBatchesPerTurn);
      wait();
    });
  }

  void receive(int batches) {
    for (int i = 0; i < batches; ++i) {
      for (mmsghdr& message : messages_) message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
      const int count = ::recvmmsg(socket_.get(), messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
      for (int n = 0; n < count; ++n) take(static_cast<std::size_t>(n));
      if (count < static_cast<int>(kBatch)) return;
    }
  }

  void take(std::size_t n) {
    ++counts_.datagrams;
    const std::string_view text(bytes_.data() + n * kDatagramMax, messages_[n].msg_len);
    const Arrival arrival = platform_.take(text, {.way = Way::udp, .type = {}, .device = {}});
    // A datagram that is refused, cut or garbled is one without an answer.
    if (arrival.mischief.kind != Mischief::Kind::none) return;
    if (acks_) {
      ++counts_.acks;
      send(n, AckText(arrival.checked ? arrival.head.seq : 0).text());
    }
    if (!arrival.checked || !platform_.commands().anything_waits()) return;
    for (const std::string& command : platform_.commands().take(arrival.device)) {
      ++counts_.commands;
      send(n, command);
    }
  }

  void send(std::size_t to, std::string_view text) {
    const msghdr& from = messages_[to].msg_hdr;
    (void)::sendto(socket_.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                   static_cast<const sockaddr*>(from.msg_name), from.msg_namelen);
  }

  loop::AsioLoop& loop_;
  Platform& platform_;
  bool acks_;
  stream::Fd socket_;
  std::optional<Descriptor> readable_;  // of a copy of the descriptor, which it closes
  std::vector<char> bytes_;
  std::array<iovec, kBatch> parts_{};
  std::array<sockaddr_storage, kBatch> from_{};
  std::array<mmsghdr, kBatch> messages_{};
  loop::CallbackTimer resume_;
};

UdpIngest::UdpIngest(loop::AsioLoop& loop, Platform& platform, bool acks)
    : impl_(std::make_unique<Impl>(loop, platform, acks)) {}

UdpIngest::~UdpIngest() = default;

void UdpIngest::receive_from(stream::Fd socket) {
  impl_->receive_from(std::move(socket));
}

void UdpIngest::stop() {
  impl_->stop();
}

const UdpCounts& UdpIngest::counts() const {
  return impl_->counts_;
}

}  // namespace vfleet::platform
