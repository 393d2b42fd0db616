#include "simulator/platform/roles/tcp_role.h"

#include "simulator/platform/roles/ack_text.h"
#include "simulator/platform/stream/server.h"

namespace vfleet::platform {
namespace {

using stream::Taken;
using Then = Taken::Then;

constexpr std::size_t kAnswersMax = 256U * 1024;  // of a connection before they must be written

}  // namespace

std::size_t TcpRole::connected(stream::Client&) {
  const std::size_t limit = platform_.misbehaviour().input_limit();
  return limit == 0 ? kNoLimit : limit;
}

Taken TcpRole::take(stream::Client& client, std::span<char> bytes, std::string& out) {
  const std::string_view data(bytes.data(), bytes.size());
  Taken taken;
  while (taken.used < data.size()) {
    if (taken.delay > Duration::zero() || out.size() > kAnswersMax) {
      taken.more = true;
      break;
    }
    const auto frame = next_frame(data.substr(taken.used), framing_, kFrameMax);
    if (!frame) {
      ++counts_.protocol_errors;
      taken.then = Then::close;
      break;
    }
    if (frame->consumed == 0) {
      taken.needed = frame->needed;
      break;
    }
    taken.used += frame->consumed;
    ++counts_.frames;
    const Arrival arrival = platform_.take(
        frame->content, {.way = Way::tcp, .down = this, .link = client.number, .type = {}, .device = {}});
    answer(arrival, out, taken);
    if (taken.then != Then::keep) break;
    if (platform_.commands().anything_waits()) deliver(arrival.device, out);
  }
  return taken;
}

void TcpRole::answer(const Arrival& arrival, std::string& out, Taken& taken) {
  const std::size_t before = out.size();
  taken.delay = arrival.mischief.delay;
  if (acks_) {
    ++counts_.acks;
    append_frame(AckText(arrival.checked ? arrival.head.seq : 0).text(), framing_, out);
  }
  switch (arrival.mischief.kind) {
    case Mischief::Kind::none:
      return;
    case Mischief::Kind::refuse:
      out.resize(before);
      taken.then = Then::cut;
      return;
    case Mischief::Kind::cut: {
      const std::string_view answer = std::string_view(out).substr(before);
      out.resize(before + platform_.misbehaviour().settings().cut_part(answer).size());
      taken.then = Then::cut;
      return;
    }
    case Mischief::Kind::garbage:
      out.resize(before);
      append_frame("\xff\xfe{\"ack\":", framing_, out);
      return;
  }
}

void TcpRole::deliver(std::string_view device, std::string& out) {
  for (const std::string& command : platform_.commands().take(device)) {
    ++counts_.commands;
    append_frame(command, framing_, out);
  }
}

bool TcpRole::commands_wait(std::uint64_t link, std::string_view device) {
  if (!server_->is_open(link)) return false;
  std::string bytes;
  deliver(device, bytes);
  return bytes.empty() || server_->send(link, bytes);
}

}  // namespace vfleet::platform
