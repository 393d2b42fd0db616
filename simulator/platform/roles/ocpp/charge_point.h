#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulator/codec/ocpp/message.h"
#include "simulator/core/time.h"

namespace vfleet::platform::ocpp {

using codec::ocpp::Action;

/// Where a charge point is connected.
class Line {
 public:
  virtual ~Line() = default;
  /// A CALL may be sent on connection `link` now: asks Csms::next_call() for it.
  virtual void call_waits(std::uint64_t link) = 0;
  /// Ends a connection, for another one of the same charge point has come.
  virtual void end(std::uint64_t link) = 0;
};

/// Energies are in thousandths of a Wh.
struct Transaction {
  std::int32_t id = 0;
  std::uint32_t connector = 0;
  std::uint64_t fingerprint = 0;  ///< of its StartTransaction, which may come again
  std::int64_t start_mwh = 0;
  std::optional<std::int64_t> begin_mwh;  ///< of the sample with context Transaction.Begin
  std::optional<std::int64_t> end_mwh;    ///< Transaction.End
  std::int64_t lowest_mwh = 0;
  std::int64_t highest_mwh = 0;
  std::int64_t step_mwh = 0;  ///< how finely its registers were told
  double limit = 0;           ///< that it was told; 0: none
  char limit_unit = 'W';
  bool limit_accepted = false;
  std::int64_t limit_us = 0;  ///< from when on its samples must obey, by its own clock; 0: none came yet
};

struct Connector {
  bool idle = false;                  ///< Available or Preparing, as far as it told
  bool plugged = false;               ///< Preparing
  bool told = false;                  ///< a register was told
  std::int64_t mwh = 0;               ///< the newest register
  std::int64_t mwh_us = 0;            ///< when it was read
  std::int64_t transaction_us = 0;    ///< the newest time in messages of transactions
  TimePoint asked{TimePoint::min()};  ///< when a session was asked for
};

/// A CALL of our own that waits for its turn.
struct OwnCall {
  Action action = Action::RemoteStartTransaction;
  std::int32_t transaction = 0;  ///< that it is about; 0: none
  std::string payload;
};

/// A CALL of ours that is not answered.
struct Outstanding {
  std::string id;       ///< empty: none
  std::string command;  ///< of the command book; empty: of our own
  std::string action;
  std::string key;               ///< an AuthorizationKey that it sets
  std::int32_t transaction = 0;  ///< that it is about; 0: none, or not of our own
};

/// What the CSMS knows of one charge point, whichever connection it is on.
struct ChargePoint {
  static constexpr std::size_t kConnectorsMax = 64;
  static constexpr std::size_t kIdsKept = 16;
  static constexpr std::size_t kEndedKept = 8;
  static constexpr std::size_t kOpenMax = 256;
  static constexpr std::size_t kOwnMax = 8;

  enum class Boot : std::uint8_t { unknown, accepted, pending, rejected };

  std::string id;
  Line* line = nullptr;  ///< nullptr: not connected
  std::uint64_t link = 0;
  std::size_t place = 0;              ///< among those that are connected
  Boot boot = Boot::unknown;          ///< what it was told
  std::uint32_t forgotten = 0;        ///< Platform::forgotten() when what follows was learnt
  bool spoke = false;                 ///< it sent a CALL to this stand-in: it may be called
  std::uint32_t triggers = 0;         ///< messages that it was asked for and may send while it is pending
  std::vector<Connector> connectors;  ///< by number; 0 is the charge point itself
  std::vector<Transaction> open;
  std::vector<Transaction> ended;             ///< the last kEndedKept
  std::array<std::uint64_t, kIdsKept> ids{};  ///< hashes of its last message ids
  std::size_t ids_at = 0;
  std::uint64_t calls = 0;  ///< of ours, that were sent
  Outstanding outstanding;
  std::vector<OwnCall> own;  ///< that wait, at most kOwnMax
  std::string password;      ///< that it was given by ChangeConfiguration; empty: that of all

  /// Of another fleet with the same ids nothing is known.
  void forget() {
    boot = Boot::unknown;
    spoke = false;
    connectors.clear();
    open.clear();
    ended.clear();
    ids = {};
    password.clear();
  }
  /// nullptr: there is no such number.
  Connector* connector(std::int64_t number) {
    if (number < 0 || number > static_cast<std::int64_t>(kConnectorsMax)) return nullptr;
    const auto index = static_cast<std::size_t>(number);
    if (connectors.size() <= index) connectors.resize(index + 1);
    return &connectors[index];
  }
  /// nullptr: there is none.
  Transaction* find_open(std::int64_t transaction) {
    for (Transaction& each : open)
      if (each.id == transaction) return &each;
    return nullptr;
  }
};

}  // namespace vfleet::platform::ocpp
