#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "devices/charging_pile/dialects/ykc/facts.h"
#include "devices/charging_pile/dialects/ykc/ykc_config.h"
#include "simulator/codec/envelope/envelope.h"
#include "simulator/codec/ykc/cipher.h"
#include "simulator/codec/ykc/layout.h"
#include "simulator/core/result.h"

namespace vfleet::pile::ykc {

/// How piles of one configuration write frames: a layout, and for each of its fields the fact that it says.
/// The same for all of them, made once and never ended.
class Speech {
 public:
  struct Choice {
    std::string layout;  ///< as text (codec/ykc/layout_text.h), or the name of one that is built in
    CrcFirst crc_order = CrcFirst::layout;
    FaultBitBase fault_bit_base = FaultBitBase::layout;
    CardOrder card_order = CardOrder::layout;
    Weekday weekday = Weekday::layout;
    friend auto operator<=>(const Choice&, const Choice&) = default;
  };
  /// Null when `choice.layout` is no layout.
  [[nodiscard]] static const Speech* of(const Choice& choice);

  explicit Speech(codec::ykc::Layout layout);
  Speech(const Speech&) = delete;
  Speech& operator=(const Speech&) = delete;

  [[nodiscard]] const codec::ykc::Layout& layout() const { return layout_; }
  /// Null when this version has no such frame.
  [[nodiscard]] const codec::ykc::FrameLayout* frame(std::uint8_t type) const { return layout_.find(type); }

  /// Appends the body. A number that a field cannot hold becomes the nearest that it can. `overrides`: fields
  /// as an operator gives them; `unchecked`: numbers need not mean anything. Allocates nothing without
  /// overrides, once `out` has grown. Errors: invalid_argument.
  [[nodiscard]] Status write(const codec::ykc::FrameLayout& frame, const Picture& picture,
                             std::span<const codec::envelope::Override> overrides, bool unchecked,
                             std::string& out) const;
  /// Puts head and CRC around a body. `sequence`, `encryption` and `crc` (low, high or bad) may be
  /// overridden, as $.sequence and so on. `cipher`: encrypts it, unless an override has another encryption;
  /// null: does not, whatever the head says.
  [[nodiscard]] Status enclose(std::uint8_t type, std::uint16_t sequence, std::string_view body,
                               std::span<const codec::envelope::Override> overrides,
                               const codec::ykc::Cipher* cipher, std::string& out) const;

 private:
  struct Line {
    int field = -1;
    const Fact* fact = nullptr;
  };

  codec::ykc::Layout layout_;
  std::vector<std::vector<Line>> lines_;  // of each frame of the layout
  // The bill's fields of each rate: price, energy, adjusted energy, amount.
  struct Rates {
    std::array<std::array<int, 4>, kPeriods> fields;
  };
  std::vector<Rates> rates_;
  // The answers' rows of cards: number, and verdict under either name.
  struct CardFields {
    int card = -1;
    int verdict = -1;
  };
  std::vector<CardFields> cards_;
};

}  // namespace vfleet::pile::ykc
