#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/ykc/cipher.h"
#include "simulator/core/result.h"

namespace vfleet::platform {

/// What the CSMS of OCPP 1.6J answers and does.
struct OcppSettings {
  enum class Boot : std::uint8_t { accepted, pending, rejected };

  Boot boot = Boot::accepted;             ///< to BootNotification
  std::uint32_t interval_s = 300;         ///< told with it
  std::vector<std::string> tags = {"*"};  ///< patterns of idTags that are accepted; others are Invalid
  std::vector<std::string> invalid_tags;  ///< patterns of those that are not, whatever `tags` says
  std::string invalid_as = "Invalid";     ///< their status: Invalid, Blocked, Expired, ConcurrentTx
  double call_timeout_s = 30;             ///< how long an answer to a CALL is waited for
  double sessions_per_s = 0;              ///< started by itself on idle connectors, of all processes
  double session_s = 60;                  ///< how long each of them lasts
  std::string password;                   ///< of every charge point; empty: none is asked for; not shown
  bool no_subprotocol = false;            ///< handshakes are answered without one, whatever is offered
  bool strict = true;                     ///< payloads that break the rules are answered with a CALLERROR
  double limit = 0;                       ///< set for every transaction that begins; 0: none
  char limit_unit = 'W';                  ///< or 'A'
};

/// What the YKC platform answers.
struct YkcSettings {
  enum class Bills : std::uint8_t { checked, accepted, refused, unanswered };
  enum class Crc : std::uint8_t { as_received, low, high };

  bool login = true;  ///< false: logins are answered with 1, and the connection ends
  std::vector<std::string> cards = {
      "*"};  ///< patterns of cards, accounts and VINs (hexadecimal digits) that may charge
  std::vector<std::string> refused_cards;  ///< those that may not, whatever `cards` says
  std::uint32_t balance_cents = 10'000;    ///< told with every start
  Bills bills = Bills::checked;            ///< checked: result 1 for a bill that is wrong
  std::string model_code = "0100";         ///< of the billing model: four digits
  std::array<std::uint32_t, 4> energy_prices = {100'000, 90'000, 70'000, 40'000};  ///< 0.00001 a kWh
  std::array<std::uint32_t, 4> service_prices = {40'000, 40'000, 40'000, 40'000};
  /// The rate of each half hour from 00:00: 0 sharp, 1 peak, 2 flat, 3 valley.
  std::string periods = "333333333333332211111122222222222211110000222233";
  std::int32_t utc_offset_min = 480;  ///< of the piles' clocks
  bool set_clock = true;              ///< 0x56 after each login
  Crc crc = Crc::as_received;         ///< which byte of the CRC goes first; as in the pile's last frame
  bool swapped_echo = false;     ///< answers repeat the sequence with its bytes swapped, as some platforms do
  double answer_timeout_s = 30;  ///< how long an answer to a frame is waited for
  double sessions_per_s = 0;     ///< started by itself on idle guns, of all processes
  double session_s = 60;         ///< how long each of them lasts
  codec::ykc::CipherSettings encryption;  ///< of piles that encrypt their frames; its key is not shown
  std::shared_ptr<const codec::ykc::Cipher> cipher;  ///< made of it; null: there is no key
};

/// Settings of the roles that converse, changed while they run.
struct ConverseSettings {
  OcppSettings ocpp;
  YkcSettings ykc;

  /// {"ocpp":{"boot":"pending"},"ykc":{...}}: what is named changes, or nothing at all. Errors:
  /// invalid_argument naming the key.
  [[nodiscard]] Status merge(std::string_view text);
  [[nodiscard]] std::string to_json() const;
};

/// Whether one of the patterns fits.
[[nodiscard]] bool fits_any(const std::vector<std::string>& patterns, std::string_view text);

}  // namespace vfleet::platform
