#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
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

/// The sequence of one device, whichever process its reports come to.
class SharedDevice {
 public:
  static constexpr std::size_t kIdMax = 128;

  Verdict see(std::uint64_t boot, std::uint64_t seq, SequenceCounts& counts);
  [[nodiscard]] SequenceChecker sequence();

 private:
  friend class SharedState;

  SharedLock lock_;
  std::atomic<bool> known_;  // it has reported since everything was forgotten
  std::uint8_t id_size_;
  std::array<char, kIdMax> id_;
  SequenceChecker sequence_;
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
