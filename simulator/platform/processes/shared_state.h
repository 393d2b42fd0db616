#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "simulator/core/result.h"
#include "simulator/platform/command_claims.h"
#include "simulator/platform/sequence_checker.h"

namespace vfleet::platform {

/// A lock in memory that processes share. Held for nanoseconds; a process that dies with it held ends the
/// platform (its parent ends all). Until then others go on without it, so that they hear of the end.
class SharedLock {
 public:
  static constexpr int kTriesMax = 1'000'000;  ///< about a second, and far more than a holder ever needs

  void lock();
  void unlock() { held_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> held_{false};
};

/// A charge that a device has begun and not ended: what another process has to know of it.
struct SharedCharge {
  std::int64_t id = 0;  ///< of the transaction; 0: none
  std::uint64_t fingerprint = 0;
  std::int64_t start = 0;  ///< of the register
  std::uint32_t channel = 0;
};

/// A register as it was read last.
struct SharedReading {
  double value = 0;
  std::int64_t at_us = 0;
};

/// The sequence of one device, its registers and its charges, whichever process its reports come to.
class SharedDevice {
 public:
  static constexpr std::size_t kIdMax = 128;
  static constexpr std::size_t kRegistersMax = 4;  ///< of a device; others are not shared
  static constexpr std::size_t kChargesMax = 4;    ///< of a device; the oldest gives way

  Verdict see(const SequenceChecker::Number& number, Outcome outcome, SequenceCounts& counts);
  [[nodiscard]] SequenceChecker sequence();

  /// Keeps a reading of a register, unless a newer one is kept. What it is to be compared with: the reading
  /// before it; nullopt: there is none, or a newer one.
  std::optional<SharedReading> tell_register(std::uint32_t channel, SharedReading now);

  void begin(const SharedCharge& charge);
  void end(std::int64_t id);
  [[nodiscard]] std::optional<SharedCharge> charge(std::int64_t id);
  [[nodiscard]] std::optional<SharedCharge> charge_with(std::uint64_t fingerprint);

 private:
  friend class SharedState;

  SharedLock lock_;
  std::atomic<bool> known_;  // it has reported since everything was forgotten
  std::uint8_t id_size_;
  struct Register {
    std::uint32_t channel = 0;
    bool told = false;
    SharedReading reading;
  };

  std::array<char, kIdMax> id_;
  SequenceChecker sequence_;
  std::array<Register, kRegistersMax> registers_;
  std::array<SharedCharge, kChargesMax> charges_;
};

/// What the processes of one platform share: memory that is mapped before they fork. A device may connect to
/// another process whenever it likes: its sequence goes on here.
class SharedState {
 public:
  /// Room for `devices_max` devices; pages are used as devices come. Errors: unavailable.
  [[nodiscard]] static Result<std::unique_ptr<SharedState>> create(std::size_t devices_max);
  ~SharedState();
  SharedState(const SharedState&) = delete;
  SharedState& operator=(const SharedState&) = delete;

  /// nullptr when there is no room, or the id is empty or too long. Valid for good.
  [[nodiscard]] SharedDevice* find_or_add(std::string_view id);
  /// Devices that have reported since everything was forgotten.
  [[nodiscard]] std::size_t devices() const;
  /// See SequenceChecker::forgive(), for all.
  void forgive();
  /// All sequences begin anew. Their places stay taken.
  void forget();

  [[nodiscard]] CommandClaims& claims() { return head_->claims; }
  /// Of the reports that are kept for look-up, in the order they came to any process.
  [[nodiscard]] std::atomic<std::uint64_t>& report_numbers() { return head_->report_numbers; }
  /// See Misbehaviour.
  [[nodiscard]] std::atomic<std::int64_t>& requests_left() { return head_->requests_left; }

 private:
  struct Head {
    CommandClaims claims;
    std::atomic<std::uint64_t> report_numbers{0};
    std::atomic<std::int64_t> requests_left{0};
    SharedLock adding;
    std::atomic<std::uint32_t> used{0};  // places in devices_
    std::atomic<std::uint64_t> known{0};
  };

  SharedState() = default;
  [[nodiscard]] SharedDevice* find(std::string_view id, std::size_t& at) const;
  SharedDevice* become_known(SharedDevice& device);

  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
  Head* head_ = nullptr;
  std::atomic<std::uint32_t>* index_ = nullptr;  // by hash: a place in devices_ + 1; 0: free
  std::size_t index_mask_ = 0;
  SharedDevice* devices_ = nullptr;
  std::size_t devices_max_ = 0;
};

}  // namespace vfleet::platform
