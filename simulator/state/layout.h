#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

/// The bytes of a state file. Native byte order: a file never leaves its machine.
///
///   header, one page | chunk 0 | chunk 1 | ...
///   chunk:  ChunkHead | record | record | ...     all records of a chunk have slots of one size
///   record: RecordHead | slot A | slot B          slot: SlotHead | bytes | rest unused
///
/// A write fills the slot that is older and publishes it by its generation; a slot that was cut short is told
/// by its checksum, and the other one holds. A device whose bytes outgrow its slots moves to a chunk with
/// larger ones: the new record is complete before the old one is given free, and if both are found the
/// younger wins.
namespace vfleet::state {

inline constexpr std::uint64_t kMagic = 0x0a65746174734656;  // "VFstate\n"
inline constexpr std::uint32_t kLayoutVersion = 1;
inline constexpr std::size_t kHeaderBytes = 4096;
inline constexpr std::size_t kChunkBytes = 64 * 1024;
inline constexpr std::size_t kUnit = 16;  // of addresses and sizes

/// Whose state it is: a file of another run, fleet, seed or sharding does not fit.
struct Owner {
  std::uint64_t fleet = 0;  ///< hash of the fleet's name
  std::uint64_t seed = 0;
  std::int64_t start_us = 0;  ///< when the run began: a `--fresh` run has its own
  std::uint32_t shard = 0;
  std::uint32_t shards = 1;

  friend bool operator==(const Owner&, const Owner&) = default;
};

struct FileHeader {
  std::uint64_t magic = kMagic;
  std::uint32_t version = kLayoutVersion;
  std::uint32_t chunk_bytes = kChunkBytes;
  Owner owner;
  std::uint64_t checksum = 0;  // of all above
  // What changes, each a single store.
  std::uint32_t chunks = 0;  // in use or free; the file is at least as long
  std::uint32_t lives = 0;   // how often it was opened
};

struct ChunkHead {
  std::uint32_t slot_bytes = 0;  // 0: the chunk is free
  std::uint32_t spare[3]{};
};

struct RecordHead {
  std::uint64_t identity = 0;  // 0: free
  std::uint32_t kind = 0;      // of the device's type
  std::uint32_t seq = 0;       // the number of the device's last report
};

struct SlotHead {
  std::uint32_t generation = 0;  // 0: never written, or being written
  std::uint16_t length = 0;
  std::uint16_t life = 0;  // the file's, when this was written
  std::uint64_t checksum = 0;
};

static_assert(sizeof(FileHeader) <= kHeaderBytes);
static_assert(sizeof(ChunkHead) == kUnit && sizeof(RecordHead) == kUnit && sizeof(SlotHead) == kUnit);

/// Sizes of slots, SlotHead included.
inline constexpr std::array<std::uint16_t, 36> kSlotBytes{
    48,   64,   80,   96,   112,  128,  144,  160,   192,   224,   256,   320,
    384,  448,  512,  640,  768,  896,  1024, 1280,  1536,  1792,  2048,  2560,
    3072, 3584, 4096, 5120, 6144, 7168, 8192, 10240, 12288, 16384, 24576, 32736};
/// The most bytes that a device can keep.
inline constexpr std::size_t kBytesMax = kSlotBytes.back() - sizeof(SlotHead);

/// The index of the smallest slot that takes `bytes`; kSlotBytes.size() when none does.
[[nodiscard]] constexpr std::size_t slot_class(std::size_t bytes) {
  return static_cast<std::size_t>(
      std::lower_bound(kSlotBytes.begin(), kSlotBytes.end(), bytes + sizeof(SlotHead)) - kSlotBytes.begin());
}
[[nodiscard]] constexpr std::size_t record_size(std::size_t slot_bytes) {
  return sizeof(RecordHead) + 2 * slot_bytes;
}
[[nodiscard]] constexpr std::size_t records_in_chunk(std::size_t slot_bytes) {
  return (kChunkBytes - sizeof(ChunkHead)) / record_size(slot_bytes);
}

/// Over any bytes; four lanes, so that a few hundred bytes cost some nanoseconds. Tells damage, not forgery.
[[nodiscard]] inline std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed) {
  constexpr std::uint64_t kPrime = 0x9fb21c651e98df25ULL;
  std::array<std::uint64_t, 4> lane{seed ^ 0x243f6a8885a308d3ULL, seed + 0x13198a2e03707344ULL,
                                    ~seed ^ 0xa4093822299f31d0ULL, seed * kPrime + bytes.size()};
  const auto add = [&](std::size_t i, std::uint64_t word) {
    lane[i] = std::rotl((lane[i] ^ word) * kPrime, 31);
  };
  std::size_t at = 0;
  std::uint64_t word = 0;
  for (std::size_t i = 0; at + 8 <= bytes.size(); at += 8, i = (i + 1) % 4) {
    std::memcpy(&word, bytes.data() + at, 8);
    add(i, word);
  }
  if (at < bytes.size()) {
    word = 0;
    std::memcpy(&word, bytes.data() + at, bytes.size() - at);
    add(0, word);
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t each : lane) sum = std::rotl((sum ^ each) * kPrime, 29) ^ (each >> 32);
  return sum;
}

/// Of a slot of `record`: a slot of another device, or one that another generation left behind, does not
/// pass.
[[nodiscard]] inline std::uint64_t slot_checksum(const RecordHead& record, const SlotHead& slot,
                                                 std::span<const std::byte> bytes) {
  const std::uint64_t seed = record.identity ^ (std::uint64_t{record.kind} << 32) ^
                             (std::uint64_t{slot.generation} * 0x9e3779b97f4a7c15ULL) ^
                             (std::uint64_t{slot.life} << 16);
  return checksum(bytes, seed);
}

/// Whether generation `a` is younger than `b`, also when the count went round.
[[nodiscard]] constexpr bool younger(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) > 0;
}

}  // namespace vfleet::state
