#include "simulator/platform/roles/tcp_role.h"

#include <memory>

#include "simulator/platform/roles/ack_text.h"
#include "simulator/platform/roles/answers.h"
#include "simulator/platform/stream/server.h"

namespace vfleet::platform {
namespace {

using stream::Taken;
using Progress = codec::framing::FrameReader::Progress;
using Then = Taken::Then;

}  // namespace

struct TcpRole::Socket final : stream::ClientState {
  codec::framing::FrameReader reader;
  std::size_t held = 0;  // bytes of an unfinished frame that the reader keeps
};

TcpRole::TcpRole(Platform& platform, codec::framing::Kind framing, bool acks)
    : platform_(platform), framing_{.kind = framing, .frame_max = kFrameMax}, acks_(acks) {
  append("\xff\xfe{\"ack\":", garbage_);
}

std::size_t TcpRole::connected(stream::Client&) {
  return platform_.misbehaviour().input_limit();
}

Taken TcpRole::take(stream::Client& client, std::span<char> bytes, std::string& out) {
  const std::string_view data(bytes.data(), bytes.size());
  Taken taken;
  if (!client.state) client.state = std::make_unique<Socket>();
  auto& socket = static_cast<Socket&>(*client.state);
  std::string_view rest = data;
  std::size_t begun_at = 0;  // of the frame that may be unfinished at the end
  while (taken.then == Then::keep) {
    if (!rest.empty() && must_be_written(taken, out)) {
      taken.more = true;
      break;
    }
    std::string_view frame;
    const Progress progress = socket.reader.next(framing_, rest, frame);
    if (progress == Progress::more) break;
    if (progress == Progress::too_long) {
      ++counts_.protocol_errors;
      taken.then = Then::close;
      break;
    }
    ++counts_.frames;
    begun_at = data.size() - rest.size();
    socket.held = 0;
    const Arrival arrival = platform_.take(
        frame, {.way = Way::tcp, .down = this, .link = client.number, .type = {}, .device = {}});
    answer(arrival, out, taken);
    if (taken.then == Then::keep && platform_.commands().anything_waits()) deliver(arrival.device, out);
  }
  taken.used = data.size() - rest.size();
  taken.unfinished = begun_at == 0;
  socket.held = socket.reader.in_frame() ? socket.held + (taken.used - begun_at) : 0;
  taken.held = socket.held;
  return taken;
}

void TcpRole::answer(const Arrival& arrival, std::string& out, Taken& taken) {
  const std::size_t before = out.size();
  if (acks_) {
    ++counts_.acks;
    append(AckText(arrival.checked ? arrival.head.seq : 0).text(), out);
  }
  spoil(arrival.mischief, platform_.misbehaviour().settings(), garbage_, before, out, taken);
}

void TcpRole::append(std::string_view content, std::string& out) {
  // What is too long for the framing cannot be said.
  (void)codec::framing::append_frame(framing_, content, out);
}

void TcpRole::deliver(std::string_view device, std::string& out) {
  for (const std::string& command : platform_.commands().take(device)) {
    ++counts_.commands;
    append(command, out);
  }
}

bool TcpRole::commands_wait(std::uint64_t link, std::string_view device) {
  if (!server_->can_send(link)) return false;
  std::string bytes;
  deliver(device, bytes);
  return bytes.empty() || server_->send(link, bytes);
}

}  // namespace vfleet::platform
