#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "simulator/core/result.h"
#include "simulator/state/layout.h"
#include "simulator/state/mapped_file.h"

namespace vfleet::state {

/// Where a device's record is, kept by the device's owner. 8 bytes; an index, so the file may grow.
struct Handle {
  std::uint32_t at = 0;          ///< in units of 16 bytes; 0: no record yet
  std::uint32_t generation = 0;  ///< last written
  explicit operator bool() const { return at != 0; }
};

/// A device as the file knows it.
struct Key {
  std::uint64_t identity = 0;  ///< hash of its id, not 0
  std::uint32_t kind = 0;      ///< of its type: another type's bytes are never handed out
};

/// What must survive the worker: some bytes and a sequence number for each device of a shard. A write costs
/// some tens of nanoseconds and no system call, and is there after kill -9. One thread.
class StateFile {
 public:
  /// How a file came to be open.
  struct Opened {
    bool fresh = true;          ///< no record was taken over
    std::size_t records = 0;    ///< taken over
    std::size_t damaged = 0;    ///< of which neither slot was whole: their devices start anew
    std::string moved_because;  ///< why what was there did not fit; empty: it did, or nothing was there
    std::string moved_to;
  };

  /// Opens the file or makes it. What does not fit - another run, another layout, corrupt, truncated - is
  /// moved aside as PATH.old, where the last such file is kept. Errors: unavailable, rejected; as MappedFile.
  [[nodiscard]] static Result<std::unique_ptr<StateFile>> open(const std::string& path, const Owner& owner);

  [[nodiscard]] const Opened& opened() const { return opened_; }
  [[nodiscard]] const Owner& owner() const { return owner_; }
  [[nodiscard]] const std::string& path() const { return file_->path(); }

  /// The file is of another run now: its devices lived on.
  void adopt(const Owner& owner);
  /// The file becomes as long as that many bytes of records need. Errors: unavailable.
  [[nodiscard]] Status reserve(std::uint64_t bytes);
  /// What the record of a device takes that keeps `bytes`.
  [[nodiscard]] static std::uint64_t record_bytes(std::size_t bytes);

  /// The record of a device that joins; no record when it has none yet: write() makes it.
  [[nodiscard]] Handle attach(Key key);
  /// What was written last. Empty without a record; valid until the next write().
  [[nodiscard]] std::span<const std::byte> read(const Handle& handle) const;
  [[nodiscard]] std::uint32_t seq(const Handle& handle) const;
  /// The device leaves; its record waits for it. The oldest of those that wait makes room when they are many.
  void detach(Key key, const Handle& handle);

  /// Keeps `bytes` (at most kBytesMax), in place of what was kept. False when there is no room: then what was
  /// kept before still is.
  [[nodiscard]] bool write(Key key, Handle& handle, std::span<const std::byte> bytes, std::uint32_t seq);
  /// One store. There is a record.
  void set_seq(const Handle& handle, std::uint32_t seq);
  /// The slot that write() will fill.
  void prefetch(const Handle& handle) const {
    const std::byte* record = file_->data() + std::size_t{handle.at} * kUnit;
    __builtin_prefetch(record, 1);
    __builtin_prefetch(record + 64, 1);
    __builtin_prefetch(record + 128, 1);
  }

  // For people and tests.
  [[nodiscard]] std::size_t bytes() const { return file_->size(); }
  /// Of the chunks in which a record is: as much of the file as may be in memory.
  [[nodiscard]] std::size_t used_bytes() const {
    return (slot_bytes_.size() - free_chunks_.size()) * kChunkBytes;
  }
  [[nodiscard]] std::size_t records() const { return records_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] std::uint64_t failed_writes() const { return failed_writes_; }
  /// Records that wait for a device, at most; or as many as there are devices if those are more.
  static constexpr std::size_t kWaitingMax = 4096;

 private:
  StateFile(std::unique_ptr<MappedFile> file, const Owner& owner) : owner_(owner), file_(std::move(file)) {
    roomy_.fill(Places::kNone);
  }
  /// Why the file does not fit; empty when it does.
  [[nodiscard]] std::string misfit() const;
  void format();
  /// Takes over what the file holds, once it fits.
  void scan();
  template <class Visit>
  void visit_records(std::size_t chunk, Visit&& visit);
  void meet(std::size_t at);  // a record of an earlier life
  /// The record of a free place, slots empty; 0 when there is no room.
  [[nodiscard]] std::size_t allocate(std::size_t slot_class);
  /// Its place is free; so is its chunk, for slots of any size, when it was the last one in it.
  void release(std::size_t at);
  [[nodiscard]] bool add_chunk(std::size_t slot_class);
  void give_free(std::size_t chunk);
  void link(std::size_t chunk);                   // it has room
  void unlink(std::size_t chunk);                 // it is full, or free
  [[nodiscard]] Status grow(std::size_t chunks);  // to so many
  void drop_oldest();
  [[nodiscard]] bool room_in(std::size_t& slot_class) const;  // or in a larger one
  void fill(std::size_t at, const RecordHead& head, std::uint32_t generation,
            std::span<const std::byte> bytes);

  [[nodiscard]] FileHeader& header() const { return *reinterpret_cast<FileHeader*>(file_->data()); }
  [[nodiscard]] RecordHead& record(std::size_t at) const {
    return *reinterpret_cast<RecordHead*>(file_->data() + at * kUnit);
  }
  [[nodiscard]] ChunkHead& chunk(std::size_t number) const {
    return *reinterpret_cast<ChunkHead*>(file_->data() + kHeaderBytes + number * kChunkBytes);
  }
  [[nodiscard]] static std::size_t chunk_of(std::size_t at) {
    return (at * kUnit - kHeaderBytes) / kChunkBytes;
  }
  [[nodiscard]] SlotHead& slot(std::size_t at, std::size_t which) const {
    const std::size_t bytes = slot_bytes_[chunk_of(at)];
    return *reinterpret_cast<SlotHead*>(file_->data() + at * kUnit + sizeof(RecordHead) + which * bytes);
  }
  /// The younger whole slot; null when neither is whole.
  [[nodiscard]] const SlotHead* whole_slot(std::size_t at) const;

  Owner owner_;
  std::unique_ptr<MappedFile> file_;
  Opened opened_;
  /// The places of a chunk that is not free.
  struct Places {
    static constexpr std::uint32_t kNone = UINT32_MAX;
    std::array<std::uint64_t, (records_in_chunk(kSlotBytes.front()) + 63) / 64> free{};  // a bit each
    std::uint32_t used = 0;
    // Chunks with room whose slots are as large, the one that got room last first: it is the fuller one.
    std::uint32_t before = kNone;
    std::uint32_t behind = kNone;
  };
  [[nodiscard]] std::size_t first_place(std::size_t chunk) const {
    return (kHeaderBytes + chunk * kChunkBytes + sizeof(ChunkHead)) / kUnit;
  }
  [[nodiscard]] std::uint32_t& roomy(std::size_t chunk) {
    return roomy_[slot_class(slot_bytes_[chunk] - sizeof(SlotHead))];
  }

  std::vector<std::uint16_t> slot_bytes_;  // by chunk; 0: free
  std::vector<Places> places_;             // by chunk
  std::vector<std::uint32_t> free_chunks_;
  std::array<std::uint32_t, kSlotBytes.size()> roomy_;        // the first chunk with room, by slot class
  std::unordered_map<std::uint64_t, std::uint32_t> waiting_;  // by identity: without a device
  std::deque<std::uint64_t> waiting_order_;                   // oldest first; may name some that left
  std::size_t records_ = 0;
  std::uint64_t failed_writes_ = 0;
  std::uint64_t try_growth_at_ = 0;  // failed_writes_ at which a full disk is asked again
  std::uint16_t life_ = 0;
};

}  // namespace vfleet::state
