#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/ykc/cipher.h"
#include "simulator/config/bind.h"
#include "simulator/core/time.h"
#include "simulator/schedule/pacing.h"

namespace vfleet::pile::ykc {

class Speech;

/// A pile's number as digits.
using PileNumber = std::array<char, 14>;

/// "32010600{:06}": 14 digits, of which some are the number at the end of the device's id.
struct NumberTemplate {
  std::string before;
  std::string after;
  int digits = 0;  ///< of the device's number; 0: all piles have the same

  [[nodiscard]] static bool parse(std::string_view text, NumberTemplate& out);
  [[nodiscard]] PileNumber of(std::string_view device) const;
};

enum class Version : std::uint8_t { v1_5, v1_6 };
// What sources disagree about: as the layout says, or one of them.
enum class CrcFirst : std::uint8_t { layout, low, high };
enum class FaultBitBase : std::uint8_t { layout, zero, one };
enum class CardOrder : std::uint8_t { layout, printed, reversed };
enum class Weekday : std::uint8_t { layout, off, on };
enum class BeatOf : std::uint8_t { pile, gun };
enum class Network : std::uint8_t { sim, lan, wan, other };
enum class Operator : std::uint8_t { mobile = 0, telecom = 2, unicom = 3, other = 4 };
enum class UpdateTransport : std::uint8_t { ftp, http, none };
enum class UpdateResult : std::uint8_t { ok, wrong_pile, wrong_model, timed_out };

/// How a pile speaks YKC: the keys ykc.*, with what the sources disagree about.
struct YkcConfig {
  std::string pile_number = "32010600{:06}";
  Version version = Version::v1_6;
  std::string layout;         ///< empty: by the version
  std::string layout_folder;  ///< that a file is looked for in
  CrcFirst crc_order = CrcFirst::layout;
  FaultBitBase fault_bit_base = FaultBitBase::layout;
  CardOrder card_order = CardOrder::layout;
  Weekday weekday = Weekday::layout;
  bool strict = false;

  codec::ykc::CipherSettings encryption;  ///< without a key: none

  std::string program_version;
  Network network = Network::sim;
  std::string sim = "0";
  Operator operator_code = Operator::mobile;

  schedule::Pacing heartbeat{.period = std::chrono::seconds(10)};
  schedule::Pacing realtime{.period = std::chrono::seconds(15)};
  schedule::Pacing realtime_idle{.period = std::chrono::minutes(5)};
  schedule::Pacing bms{.period = std::chrono::seconds(15)};
  BeatOf heartbeat_of = BeatOf::pile;
  std::int32_t heartbeat_misses = 3;
  Duration answer_timeout = std::chrono::seconds(15);
  Duration login_retry = std::chrono::seconds(30);
  Duration model_retry = std::chrono::seconds(30);
  Duration plug_timeout = std::chrono::seconds(60);
  Duration pair_timeout = std::chrono::seconds(30);
  Duration bill_delay = std::chrono::seconds(1);
  Duration bill_retry = std::chrono::seconds(30);
  std::int32_t bill_retries = 3;
  Duration bill_last_retry = std::chrono::minutes(5);
  std::int32_t bills_max = 16;
  std::int32_t offline_realtime_max = 4;
  std::int32_t offline_cards_max = 64;
  bool balance_limits = true;
  bool ask_by_vin = false;
  bool parking_lock = false;
  Duration parking_lock_every = std::chrono::minutes(5);
  UpdateTransport update_transport = UpdateTransport::ftp;
  Duration update_limit = std::chrono::minutes(10);
  std::int32_t update_bytes_max = 64 * 1024 * 1024;
  Duration update_time = std::chrono::minutes(1);
  UpdateResult update_result = UpdateResult::ok;

  // Made from the keys.
  NumberTemplate number;
  const Speech* speech = nullptr;                    ///< never ends
  std::shared_ptr<const codec::ykc::Cipher> cipher;  ///< copies of a configuration share it; null: none
  std::string layout_mistake;                        ///< empty: the layout could be read
};

/// The keys ykc.* of a pile.
[[nodiscard]] config::Struct<YkcConfig> ykc_keys();

}  // namespace vfleet::pile::ykc
