// A pile that speaks YKC and whatever a platform, a network and an operator do to it. The deeds of
// fuzzed_pile.h, and, in hexadecimal digits, in which P is the pile's number and O the order of its last bill
// or start:
//   <TYPE BODY    the platform answers with a frame, in the sequence of the last frame of the pile
//   >TYPE BODY    it says one in a sequence of its own
//   !BYTES        these bytes come, a frame or not
// What the pile sends must be frames of a pile by the tables, counted from 0 on each connection, and bills
// must add up; of a question it is told once how it ended.
#include <algorithm>
#include <set>

#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/frame.h"
#include "simulator/codec/ykc/text.h"
#include "tests/fuzz/fuzzed_pile.h"

namespace {

using namespace vfleet;
using test::require;
namespace wire = codec::ykc;

constexpr std::string_view kPile = "32010600000001";
constexpr std::uint8_t kRealtime = 0x13;
constexpr std::uint8_t kStartAnswer = 0x33;
constexpr std::uint8_t kBill = 0x3B;

// Fields that the platform chose: what it says is said back to it, whatever it is.
bool is_echo(std::string_view field) {
  static constexpr std::string_view kEchoes[] = {"order", "gun", "card", "pair", "model", "cards"};
  return std::any_of(std::begin(kEchoes), std::end(kEchoes),
                     [&](std::string_view each) { return field.find(each) != std::string_view::npos; });
}

class World final : public test::FuzzedPile {
 public:
  World() : FuzzedPile("pile-00001", {{"dialect", word("ykc")}}) {}

  // DeviceContext
  Result<std::uint32_t> tell(const device::Telling& telling) override {
    codec::Buffer out;
    if (auto encoded = encode(telling, out); !encoded) return tl::unexpected(encoded.error());
    const auto frame = wire::parse_frame(out);
    require(frame.has_value());
    count(*frame);
    check(*frame, asked_by_operator_);
    open_.insert(++seq_);
    return seq_;
  }
  Status say(std::string_view bytes) override {
    require(!off());
    if (!online()) return fail(Errc::link_down, "offline");
    const auto frame = wire::parse_frame(bytes);
    require(frame.has_value());
    check(*frame, spoiled_);
    return {};
  }
  void settle(std::uint32_t seq, device::Verdict) override { require(open_.erase(seq) == 1); }
  void want_link(bool wanted) override { wanted_ = wanted; }
  void reconnect(bool) override { wanted_again_ = true; }

 private:
  bool dialect_deed(std::string_view line) override {
    const char kind = line[0];
    asked_by_operator_ = kind == 't';
    spoiled_ = spoiled_ || kind == 'a';
    if (kind != '<' && kind != '>' && kind != '!') return false;
    if (!online()) return true;
    const std::string bytes = bytes_of(line.substr(1));
    if (kind == '!') {
      const auto frame = wire::parse_frame(bytes);
      heard_ = frame ? frame->sequence : heard_;
      device().receive(*this, bytes);
    } else if (!bytes.empty()) {
      std::string message;
      const auto type = static_cast<std::uint8_t>(bytes[0]);
      const std::uint16_t sequence = kind == '<' ? asked_ : platform_sequence_++;
      heard_ = sequence;
      if (wire::append_frame({.sequence = sequence, .type = type, .body = std::string_view(bytes).substr(1)},
                             message))
        device().receive(*this, message);
    }
    return true;
  }

  // A connection that the pile does not want any more ends, one that it wants comes.
  void passed() override {
    asked_by_operator_ = false;
    if (std::exchange(wanted_again_, false) && online()) set_link(false);
    if (!wanted_ && online()) set_link(false);
  }
  void disconnected() override {
    open_.clear();
    next_ = unsure_ = 0;
    asked_ = 0;
  }

  [[nodiscard]] std::string bytes_of(std::string_view text) const {
    std::string digits;
    for (const char c : text) {
      if (c == 'P') {
        digits += kPile;
      } else if (c == 'O') {
        wire::append_hex(order_, digits);
      } else if (wire::hex_value(c) >= 0) {
        digits += c;
      }
    }
    if (digits.size() % 2 != 0) digits.pop_back();
    std::string out;
    (void)wire::append_bytes(digits, out);
    return out;
  }

  // The pile counts its own frames; 0x13 may answer 0x12, in the platform's count.
  void count(const wire::Frame& frame) {
    const bool answers = frame.type == kRealtime && frame.sequence == heard_;
    const auto ahead = static_cast<std::uint16_t>(frame.sequence - next_);
    if (asked_by_operator_) {
      ++unsure_;  // he may have said which number it has
    } else if (!answers) {
      require(ahead <= unsure_);
      next_ = static_cast<std::uint16_t>(frame.sequence + 1);
      unsure_ = 0;
    } else if (ahead <= unsure_) {
      ++unsure_;  // both could be
    }
  }

  void check(const wire::Frame& frame, bool anything) {
    require(frame.type % 2 == 1 && frame.encryption == 0);
    const wire::Layout& layout = *wire::built_in("ykc-1.6");
    const wire::FrameLayout* known = layout.find(frame.type);
    require(known != nullptr);
    const wire::BodyReader body(layout, *known, frame.body);
    if (!anything) {
      for (const wire::Deviation& each : body.check()) require(!each.field.empty() && is_echo(each.field));
      if (frame.type == kBill) check_bill(body);
    }
    if (frame.type == kBill || frame.type == kStartAnswer) order_ = body.bytes(known->find("order"));
    asked_ = frame.sequence;
  }

  static void check_bill(const wire::BodyReader& body) {
    const auto number = [&](std::string_view field) {
      const auto value = body.number(body.frame().find(field));
      require(value.has_value());
      return *value;
    };
    std::int64_t energy = 0;
    std::int64_t amount = 0;
    for (const std::string period : {"sharp", "peak", "flat", "valley"}) {
      energy += number(period + "_energy");
      amount += number(period + "_amount");
    }
    require(energy == number("energy") && amount == number("cost"));
    require(number("meter_end") - number("meter_start") == energy);
    require(number("end_time") >= number("start_time"));
  }

  std::set<std::uint32_t> open_;  // reports that nobody has settled
  std::string order_ = std::string(16, '\x11');
  std::uint32_t seq_ = 0;
  std::uint16_t next_ = 0;  // of its own frames, or up to so many more:
  std::uint16_t unsure_ = 0;
  std::uint16_t asked_ = 0;  // sequence of the pile's last frame
  std::uint16_t heard_ = 0;  // of the platform's
  std::uint16_t platform_sequence_ = 0;
  bool wanted_ = true;
  bool wanted_again_ = false;
  // What an operator asks for may be wrong: he wants it so.
  bool asked_by_operator_ = false;
  bool spoiled_ = false;  // he has changed the answers
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World().deeds(data, size);
  return 0;
}
