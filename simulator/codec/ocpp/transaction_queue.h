#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "simulator/codec/ocpp/message.h"
#include "simulator/core/time.h"

namespace vfleet::codec::ocpp {

/// What happened to a transaction and shall be told: StartTransaction, MeterValues or StopTransaction. The
/// payload is made of it when it is sent: before, the CSMS's number of the transaction may not be known.
struct TransactionMessage {
  Action action = Action::MeterValues;
  std::uint16_t connector = 0;
  std::uint32_t session = 0;        ///< the charge point's own number of the transaction
  WallTime at;                      ///< when it happened
  TimePoint due;                    ///< the same, to tell how late it is
  std::span<const std::byte> body;  ///< the owner's own: meter readings, the tag, the reason
};

/// The transaction messages of a charge point that the CSMS has not answered, oldest first, and the numbers
/// of the transactions that they are about. One block of bytes that is kept: nothing is allocated per message
/// once it has grown, and it is given back when a long queue has run empty.
class TransactionQueue {
 public:
  static constexpr std::size_t kBodyMax = 4096;

  enum class Added : std::uint8_t {
    yes,
    displacing,  ///< full: the oldest MeterValues that is not in flight gave way
    no,          ///< full of what must not be lost, or a body past kBodyMax
  };
  /// Behind all others. `most`: how many there may be. `front_stays`: the first one is in flight. `ticket`
  /// comes back with the message.
  Added add(const TransactionMessage& message, std::uint32_t ticket, std::size_t most, bool front_stays);

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t size() const { return count_; }
  /// The oldest; there must be one. Its body is valid until the queue changes.
  [[nodiscard]] TransactionMessage front() const;
  [[nodiscard]] std::uint32_t front_ticket() const;
  void pop();

  /// What the CSMS calls a transaction, from the answer to its StartTransaction on until its StopTransaction
  /// leaves the queue, or forget().
  void set_transaction(std::uint32_t session, std::int64_t transaction);
  [[nodiscard]] std::optional<std::int64_t> transaction(std::uint32_t session) const;
  void forget(std::uint32_t session);

  /// How long save() writes, if it may.
  [[nodiscard]] std::size_t saved_size() const;
  /// Writes what restore() needs. Where there is no room for all the oldest MeterValues are left out, and
  /// when that does not do, the oldest starts and stops. 0: not even the numbers of transactions fit. No
  /// allocation. `first_kept` (optional): whether front() is among what was written.
  std::size_t save(std::span<std::byte> out, bool* first_kept = nullptr) const;
  /// In place of what is here: messages are due at `due`, tickets begin at 0. Any bytes; false when save()
  /// did not write them, nothing having changed.
  bool restore(std::span<const std::byte> saved, TimePoint due);

  /// Bytes on the heap.
  [[nodiscard]] std::size_t memory() const;

 private:
  struct Header;
  struct Known {
    std::int64_t transaction;
    std::uint32_t session;
  };
  [[nodiscard]] Header header(std::size_t offset) const;
  void erase(std::size_t offset);
  bool displace(bool front_stays);
  /// That MeterValues take.
  [[nodiscard]] std::size_t meter_bytes() const;

  std::vector<std::byte> bytes_;  // headers and bodies, from begin_ on
  std::size_t begin_ = 0;
  std::size_t count_ = 0;
  std::vector<Known> known_;  // few: transactions that run, or whose end is not told
};

}  // namespace vfleet::codec::ocpp
