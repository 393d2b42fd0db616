#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "simulator/codec/websocket/handshake.h"
#include "simulator/loop/virtual_loop.h"
#include "simulator/uplink/all_uplinks.h"
#include "simulator/uplink/tcp/tcp_link.h"
#include "simulator/uplink/udp/udp_link.h"
#include "simulator/uplink/websocket/websocket_link.h"
#include "tests/bench/counting_new.h"
#include "tests/support/swallowing_network.h"

namespace vfleet::uplink {
namespace {

namespace ws = codec::websocket;

/// How a report is made and read: {"seq":N,...}, 300 bytes.
constexpr std::string_view kSeq = "{\"seq\":";

std::string_view digits_after_seq(std::string_view text) {
  const std::size_t at = text.find(kSeq) + kSeq.size();
  return text.substr(at, text.find(',', at) - at);
}

void answer_line(std::string_view written, std::string& out) {
  out.append("{\"ack\":").append(digits_after_seq(written)).append("}\n");
}

/// Handshakes, and frames of a client that are 126 to 65,535 bytes long and come one by one.
void answer_websocket(std::string_view written, std::string& out) {
  if (written.starts_with("GET ")) {
    ws::append_answer(ws::read_request(written)->key, {}, out);
    return;
  }
  constexpr std::size_t kHead = 8;
  static std::array<char, 1024> text;
  const std::size_t size = std::min(written.size() - kHead, text.size());
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(written[kHead + i] ^ written[4 + i % 4]);
  std::array<char, 32> said;
  const std::string_view digits = digits_after_seq({text.data(), size});
  std::string_view("{\"ack\":").copy(said.data(), 7);
  digits.copy(said.data() + 7, digits.size());
  said[7 + digits.size()] = '}';
  ws::append_frame(ws::Role::server, ws::Opcode::text, {said.data(), digits.size() + 8}, 0, out);
}

class Owner final : public LinkOwner, public codec::text::Names {
 public:
  void link_up(LinkKey) override { ++up; }
  void link_down(LinkKey, std::string_view) override { ++down; }
  void report_sent(LinkKey, const Ticket&) override { ++sent; }
  void report_settled(LinkKey, const Ticket&, Fate fate) override {
    ++(fate == Fate::acked || fate == Fate::handed_over ? done : others);
  }
  void message_received(LinkKey, std::string_view) override { ++messages; }
  const codec::text::Names& names(LinkKey) override { return *this; }
  std::string_view device_id() const override { return "pile-00042"; }
  std::string_view device_type() const override { return "charging_pile"; }
  std::string_view group() const override { return "pile"; }
  std::string_view label(std::string_view) const override { return {}; }

  std::size_t up = 0;
  std::size_t down = 0;
  std::size_t sent = 0;
  std::size_t done = 0;
  std::size_t others = 0;
  std::size_t messages = 0;
};

struct Kind {
  const char* name;
  const char* uplink;
  const char* url;
  const char* ack;
  void (*answer)(std::string_view, std::string&);
};

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.name;
}

class MessageMemory : public testing::TestWithParam<Kind> {
 protected:
  static constexpr std::size_t kLinks = 20;

  MessageMemory() {
    config::Values values;
    values["url"].data = std::string(GetParam().url);
    values["ack.by"].data = std::string(GetParam().ack);
    values["pacing.rate"].data = 1e6;
    if (GetParam().uplink != std::string_view("udp"))
      values["pacing.in_flight"].data = std::int64_t{1'000'000};
    const UplinkEnvironment environment{.loop = loop_, .network = &network_, .seed = 42};
    uplink_ = find_uplink(GetParam().uplink)->make(environment, values, owner_).value();
    for (std::size_t i = 0; i < kLinks; ++i) {
      links_.push_back(
          uplink_->make_link(static_cast<LinkKey>(i), {.device_id = "pile-00042", .type = "pile"}));
      links_.back()->open();
    }
    for (int i = 0; i < 100 && owner_.up < kLinks; ++i) {
      loop_.run_for(std::chrono::milliseconds(10));
      network_.deliver();
    }
  }

  /// A report of each link, and its answer.
  void round() {
    ++seq_;
    const auto [end, error] = std::to_chars(body_.data() + kSeq.size(), body_.data() + body_.size(), seq_);
    *end = ',';
    for (const auto& link : links_) (void)link->send({.seq = seq_}, {.type = "meter", .body = body_});
    network_.deliver();
  }

  loop::VirtualLoop loop_;
  test::SwallowingNetwork network_{loop_, GetParam().answer};
  Owner owner_;
  std::unique_ptr<Uplink> uplink_;
  std::vector<std::unique_ptr<Link>> links_;
  std::uint32_t seq_ = 100'000;
  std::string body_ = std::string(kSeq) + std::string(300 - kSeq.size(), 'x');
};

constexpr auto kSilent = [](std::string_view written, std::string& out) {
  if (written.starts_with("GET ")) answer_websocket(written, out);
};

INSTANTIATE_TEST_SUITE_P(
    Kinds, MessageMemory,
    testing::Values(Kind{"tcp", "tcp", "tcp://127.0.0.1:1", "none", kSilent},
                    Kind{"tcp_any", "tcp", "tcp://127.0.0.1:1", "any", answer_line},
                    Kind{"tcp_member", "tcp", "tcp://127.0.0.1:1", "member", answer_line},
                    Kind{"websocket", "websocket", "ws://127.0.0.1:1/", "none", kSilent},
                    Kind{"websocket_any", "websocket", "ws://127.0.0.1:1/", "any", answer_websocket},
                    Kind{"websocket_member", "websocket", "ws://127.0.0.1:1/", "member", answer_websocket},
                    Kind{"udp", "udp", "udp://127.0.0.1:1", "none", kSilent},
                    Kind{"udp_any", "udp", "udp://127.0.0.1:1", "any", answer_line},
                    Kind{"udp_member", "udp", "udp://127.0.0.1:1", "member", answer_line}),
    [](const auto& each) { return each.param.name; });

TEST_P(MessageMemory, AReportAllocatesNothingInSteadyState) {
  ASSERT_EQ(owner_.up, kLinks);
  for (int i = 0; i < 10; ++i) round();
  const std::uint64_t before = bench::allocations();
  for (int i = 0; i < 200; ++i) round();
  EXPECT_EQ(bench::allocations() - before, 0u);
  EXPECT_EQ(owner_.done, 210u * kLinks);
  EXPECT_EQ(owner_.sent, 210u * kLinks);
  EXPECT_EQ(owner_.others + owner_.messages + owner_.down, 0u);
}

/// What a device costs besides its model and its socket: these objects are all there is of an idle link.
TEST(MessageLinkSize, LeavesRoomForModelAndSocket) {
  EXPECT_LE(sizeof(TcpLink), 256u);
  EXPECT_LE(sizeof(WebSocketLink), 320u);
  EXPECT_LE(sizeof(UdpLink), 256u);
}

}  // namespace
}  // namespace vfleet::uplink
