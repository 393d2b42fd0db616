#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/codec/ykc/body_writer.h"
#include "simulator/platform/converse_settings.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/roles/ykc/frames.h"
#include "simulator/platform/roles/ykc/pile.h"
#include "simulator/platform/roles/ykc/ykc_counts.h"

namespace vfleet::platform::ykc {

/// Which of the processes that share a platform this is.
struct Place {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
};

/// Frames to piles: answers, commands of the command book, and our own.
class Outgoing {
 public:
  /// All outlive it.
  Outgoing(Platform& platform, const YkcSettings& settings, const Frames& frames, YkcCounts& counts,
           Place place)
      : platform_(platform), settings_(settings), frames_(frames), counts_(counts), place_(place) {}

  /// Appends a frame; `fill` writes into its body what is not the pile's number.
  template <class Fill>
  void append(Pile& pile, std::uint8_t type, std::uint16_t sequence, std::string& out, Fill fill) {
    const Frames::Known& known = *frames_.find(type);
    body_.clear();
    codec::ykc::BodyWriter body(frames_.layout(), *known.layout, body_);
    body.bytes(known.pile, {pile.number.data(), pile.number.size()});
    fill(body, *known.layout);
    enclose(pile, type, sequence, out);
  }
  /// The answer to a frame with this sequence.
  template <class Fill>
  void answer(Pile& pile, std::uint8_t type, std::uint16_t to, std::string& out, Fill fill) {
    append(pile, type, settings_.swapped_echo ? static_cast<std::uint16_t>(to << 8U | to >> 8U) : to, out,
           fill);
  }
  /// A frame that answers nothing; what the pile says to it is awaited.
  template <class Fill>
  void ask(Pile& pile, std::uint8_t type, std::int64_t gun, std::string& out, Fill fill) {
    append(pile, type, pile.sequence++, out, fill);
    expect(pile, type, gun, {});
  }

  /// An order is allowed: 0x34, or the answer to 0x31. `own`: a session of our own.
  Order& new_order(Pile& pile, std::int64_t gun, bool own);
  void set_clock(Pile& pile, std::string& out);
  void remote_start(Pile& pile, std::int64_t gun, bool own, std::string& out);
  void remote_stop(Pile& pile, std::int64_t gun, std::string& out);

  /// Appends what waits for the pile in the command book.
  void append_commands(Pile& pile, std::string& out);
  /// A frame of a pile that may be an answer: whether one was awaited.
  bool answered(Pile& pile, std::uint8_t type, std::int64_t gun, std::int64_t result, std::string_view bytes);
  /// The connection has gone.
  void lost(Pile& pile);
  /// Gives up answers of the pile that do not come.
  void expire(Pile& pile, TimePoint now);

  /// Milliseconds on the clocks of piles.
  [[nodiscard]] std::int64_t local_ms() const;

 private:
  void enclose(Pile& pile, std::uint8_t type, std::uint16_t sequence, std::string& out);
  void expect(Pile& pile, std::uint8_t type, std::int64_t gun, std::string command);
  void append_command(Pile& pile, const CommandBook::Given& command, std::string& out);
  void refuse_command(const Pile& pile, const std::string& command, std::string_view why);

  Platform& platform_;
  const YkcSettings& settings_;
  const Frames& frames_;
  YkcCounts& counts_;
  Place place_;
  std::string body_;
  std::string encrypted_;
};

}  // namespace vfleet::platform::ykc
