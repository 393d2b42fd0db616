#include "simulator/platform/roles/ykc/ykc_role.h"

#include <memory>

#include "simulator/platform/roles/answers.h"
#include "simulator/platform/stream/server.h"

namespace vfleet::platform {
namespace {

using stream::Taken;
using Then = Taken::Then;

// A frame whose CRC is wrong in both orders, and a length that nothing follows.
constexpr std::string_view kGarbage("\x68\x04\x00\x00\x00\x04\xff\xff\x68\xff", 10);

}  // namespace

struct YkcRole::Socket final : stream::ClientState {
  codec::ykc::FrameReader reader;
  ykc::YkcPlatform::Connection connection;
};

std::size_t YkcRole::connected(stream::Client& client) {
  auto socket = std::make_unique<Socket>();
  socket->connection.line = this;
  socket->connection.link = client.number;
  client.state = std::move(socket);
  return platform_.misbehaviour().input_limit();
}

Taken YkcRole::take(stream::Client& client, std::span<char> bytes, std::string& out) {
  auto& socket = static_cast<Socket&>(*client.state);
  Taken taken;
  std::string_view rest(bytes.data(), bytes.size());
  codec::ykc::FrameReader::Totals totals;
  while (taken.then == Then::keep) {
    if (must_be_written(taken, out)) {
      taken.more = true;
      break;
    }
    const std::string_view next = socket.reader.next(rest, totals);
    if (next.empty()) break;
    frame(client, next, out, taken);
  }
  counts_.skipped_bytes += totals.skipped_bytes;
  counts_.bad_crcs += totals.bad_crcs;
  if (totals.skipped_bytes != 0) {
    platform_.reject("bytes that are no frame of YKC");
    platform_.complain("not_ykc",
                       socket.connection.piles.empty()
                           ? std::string_view("(unknown)")
                           : std::string_view(socket.connection.piles.front()->id),
                       "(unknown)", "bytes that belong to no frame");
  }
  taken.used = bytes.size() - rest.size();
  return taken;
}

void YkcRole::frame(stream::Client& client, std::string_view bytes, std::string& out, Taken& taken) {
  ++counts_.frames;
  auto& socket = static_cast<Socket&>(*client.state);
  const std::size_t before = out.size();
  const ykc::YkcPlatform::Taken heard =
      ykc_.take(socket.connection, bytes,
                {.way = Way::ykc, .down = this, .link = client.number, .type = {}, .device = {}}, out);
  if (spoil(heard.mischief, platform_.misbehaviour().settings(), kGarbage, before, out, taken)) return;
  if (heard.end) taken.then = Then::close;
  if (heard.logged_in == nullptr || heard.end) return;
  // What waited for it goes down with the answer to its login.
  platform_.announce(heard.logged_in->id, *this, client.number);
  ykc_.append_commands(*heard.logged_in, out);
}

void YkcRole::gone(stream::Client& client) {
  if (client.state) ykc_.gone(static_cast<Socket&>(*client.state).connection);
}

bool YkcRole::commands_wait(std::uint64_t link, std::string_view device) {
  return server_->can_send(link) && ykc_.commands_wait(device);
}

bool YkcRole::send(std::uint64_t link, std::string_view bytes) {
  return server_->send(link, bytes);
}

void YkcRole::end(std::uint64_t link) {
  ++counts_.taken_over;
  server_->end(link, {});
}

}  // namespace vfleet::platform
