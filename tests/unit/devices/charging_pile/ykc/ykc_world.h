#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/frame.h"
#include "tests/unit/devices/charging_pile/pile_world.h"

namespace vfleet::pile::ykc {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A frame of the pile, read.
struct SentFrame {
  TimePoint at;
  std::uint8_t type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t seq = 0;  ///< of the report; 0: an answer
  TimePoint due;
  device::Channel channel = 0;
  codec::ykc::CrcOrder crc_order = codec::ykc::CrcOrder::low_first;
  std::string body;
  std::uint8_t encryption = 0;
  std::string wire;  ///< all of it

  /// As people write it: "373.2", "charging"; empty: there is no such field.
  [[nodiscard]] std::string text(std::string_view field) const;
  /// The order of a frame that begins with it, as a field's value whatever its digits are.
  [[nodiscard]] std::string raw_order() const;
  /// Scaled: 3732.
  [[nodiscard]] std::int64_t number(std::string_view field, std::size_t row = 0) const;
};

/// A pile that speaks YKC on virtual time, and a platform that answers by a script: unless told otherwise as
/// a good one does, at once.
class YkcWorld : public PileWorld {
 public:
  explicit YkcWorld(config::Values values = {}, std::uint64_t seed = 42);

  static constexpr const char* kPile = "32010600000001";
  static constexpr const char* kOrder = "32010600000001012011211200000001";

  /// Connects and comes to the stage ready.
  void log_in();
  /// Lets the model and the platform talk.
  void run(Duration duration);
  bool run_till(const std::function<bool()>& done, Duration limit);

  // The platform.
  /// Frames of the pile that it answers; empty: it says nothing. Called with the frame.
  std::map<std::uint8_t, std::function<void(const SentFrame&)>> answers;
  /// Says a frame; `sequence` -1: its own next one.
  void platform(std::uint8_t type, const Fields& fields, int sequence = -1);
  void platform_bytes(std::string bytes) { inbox_.push_back(std::move(bytes)); }
  [[nodiscard]] static std::string frame(std::uint8_t type, const Fields& fields, std::uint16_t sequence = 0);
  /// 0x34, and what it leads to at once.
  void start_remotely(int gun = 1, const std::string& order = kOrder, const std::string& balance = "0");
  void stop_remotely(int gun = 1);
  [[nodiscard]] static Fields model_fields();

  // What the pile said.
  [[nodiscard]] std::vector<const SentFrame*> all(std::uint8_t type) const;
  [[nodiscard]] std::size_t said(std::uint8_t type) const { return all(type).size(); }
  /// The newest one; fails the test when there is none.
  [[nodiscard]] const SentFrame& newest(std::uint8_t type, device::Channel gun = 0) const;
  void forget_frames() { frames_.clear(); }
  [[nodiscard]] const std::vector<SentFrame>& frames() const { return frames_; }
  [[nodiscard]] std::string verdict(std::uint32_t seq) const;
  [[nodiscard]] std::string verdict_of(std::uint8_t type) const { return verdict(newest(type).seq); }
  [[nodiscard]] std::size_t count_verdicts(std::string_view what) const;

  std::size_t forgone = 0;
  std::size_t reconnects = 0;
  bool wanted = true;  ///< the pile wants its connection
  bool keep = true;    ///< frames are kept; else only their number counts
  std::size_t told_count = 0;

  // DeviceContext
  Result<std::uint32_t> tell(const device::Telling& telling) override;
  void settle(std::uint32_t seq, device::Verdict verdict) override;
  Status say(std::string_view bytes) override;
  void forgo(device::ReportIndex) override { ++forgone; }
  void reconnect(bool drain) override;
  void want_link(bool wanted) override;

  [[nodiscard]] Status trigger_frame(std::string_view report, const Fields& fields, device::Channel gun = 1,
                                     bool unchecked = false);
  [[nodiscard]] Status answer_with(std::string message, std::string with, int times = 1, Duration after = {});

 private:
  void pump();
  void heard(const SentFrame& frame);

  std::deque<std::string> inbox_;
  std::vector<SentFrame> frames_;
  std::map<std::uint32_t, std::string> verdicts_;
  std::uint32_t seq_ = 0;
  std::uint16_t platform_sequence_ = 0;
  bool hang_up_ = false;
  bool come_back_ = false;
  codec::Buffer buffer_;
};

}  // namespace vfleet::pile::ykc
