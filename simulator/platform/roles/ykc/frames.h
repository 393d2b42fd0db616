#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/codec/ykc/layout.h"

namespace vfleet::platform::ykc {

/// Frames by type, with the fields that many of them have looked up once.
class Frames {
 public:
  struct Known {
    const codec::ykc::FrameLayout* layout = nullptr;
    int pile = -1;
    int gun = -1;
    int order = -1;
    std::string report;  ///< "ykc_realtime"
  };

  Frames();

  [[nodiscard]] const codec::ykc::Layout& layout() const { return layout_; }
  /// nullptr: there is no such frame.
  [[nodiscard]] const Known* find(std::uint8_t type) const {
    return known_[type].layout == nullptr ? nullptr : &known_[type];
  }
  /// By "remote_start", "ykc_remote_start", "0x34" or "34".
  [[nodiscard]] const Known* find(std::string_view name) const;

 private:
  const codec::ykc::Layout& layout_;
  std::array<Known, 256> known_;
};

/// The type of the frame by which a pile answers a frame of the platform; nullopt: it answers none.
[[nodiscard]] std::optional<std::uint8_t> answer_to(std::uint8_t type);
/// Whether piles send this frame, unasked or as an answer.
[[nodiscard]] bool is_of_piles(std::uint8_t type);

/// A frame as JSON: {"type","name","sequence",..,"data":{fields}}; "hex" where it cannot be read.
[[nodiscard]] std::string frame_json(const codec::ykc::Layout& layout, std::string_view frame);
/// The same of a frame in hexadecimal digits; nullopt: it is none.
[[nodiscard]] std::optional<std::string> json_of_hex(std::string_view digits);

}  // namespace vfleet::platform::ykc
