#include "simulator/uplink/tcp/tcp_link.h"

namespace vfleet::uplink {

bool TcpLink::encode(std::string_view body, std::string& out) {
  return codec::framing::append_frame(hub_.config.framing, body, out);
}

void TcpLink::connected() {
  reader_.reset();
  if (!hub_.target.hello.empty()) {
    codec::Buffer hello;
    hub_.target.hello.render(hub_.owner.names(key()), hello);
    codec::Buffer& framed = hub_.scratch;
    framed.clear();
    if (!encode(hello, framed)) {
      fail("hello_not_encodable");
      return;
    }
    if (write(framed) == Wrote::lost) return;
  }
  agreed();
}

void TcpLink::received(std::string_view bytes) {
  using Progress = codec::framing::FrameReader::Progress;
  const std::uint8_t before = epoch();
  while (true) {
    std::string_view frame;
    switch (reader_.next(hub_.config.framing, bytes, frame)) {
      case Progress::more:
        return;
      case Progress::too_long:
        fail("message_too_big");
        return;
      case Progress::frame:
        if (is_ready() && shows_health(frame))
          forgive();  // a login that is refused again and again is no sign of health
        if (!frame.empty()) take_message(frame);
        break;
    }
    if (epoch() != before) return;
  }
}

}  // namespace vfleet::uplink
