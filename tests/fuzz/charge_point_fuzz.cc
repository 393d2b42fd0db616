// A charge point and whatever a CSMS, a network and an operator do to it. The deeds of fuzzed_pile.h, and
//   <TEXT   the CSMS sends TEXT; # in it is the id of the charge point's last CALL
// What it sends must be valid, and never two CALLs at once.
#include "devices/charging_pile/config.h"
#include "simulator/codec/ocpp/frame.h"
#include "simulator/codec/ocpp/validate.h"
#include "tests/fuzz/fuzzed_pile.h"

namespace {

using namespace vfleet;
using test::require;
namespace wire = codec::ocpp;

class World final : public test::FuzzedPile {
 public:
  World() : FuzzedPile("cp", {{"dialect", word("ocpp16")}}) {}

  // DeviceContext
  Result<std::uint32_t> tell(const device::Telling& telling) override {
    codec::Buffer out;
    if (auto encoded = encode(telling, out); !encoded) return tl::unexpected(encoded.error());
    const wire::Frame frame = wire::read_frame(out);
    require(frame.kind == wire::Frame::Kind::call);
    const auto action = wire::find_action(frame.action);
    require(action && !wire::validate(wire::message(*action).request, frame.payload));
    const auto& front = static_cast<const pile::PileConfig&>(config()).front;
    require(call_.empty() || now() - called_ >= front.ocpp.calls.timeout);
    call_ = frame.id;
    called_ = now();
    return ++seq_;
  }
  Status say(std::string_view bytes) override {
    require(!off());
    if (!online()) return fail(Errc::link_down, "offline");
    const auto kind = wire::read_frame(bytes, {.id_most = 255}).kind;
    require(kind == wire::Frame::Kind::result || kind == wire::Frame::Kind::error);
    return {};
  }

 private:
  bool dialect_deed(std::string_view line) override {
    if (line[0] != '<') return false;
    if (online()) hear(line.substr(1));
    return true;
  }
  void disconnected() override { call_.clear(); }

  void hear(std::string_view text) {
    std::string message;
    bool answers = false;
    for (const char c : text) {
      if (c == '#') {
        message += call_;
        answers = !call_.empty();
      } else {
        message += c;
      }
    }
    const auto kind = wire::read_frame(message, {.id_most = 255}).kind;
    // A broken answer may end the CALL, too.
    if (answers && kind != wire::Frame::Kind::call) call_.clear();
    device().receive(*this, message);
  }

  TimePoint called_;
  std::string call_;  // the id of the CALL that is outstanding
  std::uint32_t seq_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World().deeds(data, size);
  return 0;
}
