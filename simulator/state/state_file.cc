#include "simulator/state/state_file.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstring>

namespace vfleet::state {
namespace {

constexpr std::size_t kGrowChunks = 16;  // 1 MiB
constexpr std::uint64_t kFailuresBetweenGrowth = 1000;

std::uint64_t header_checksum(const FileHeader& header) {
  return checksum({reinterpret_cast<const std::byte*>(&header), offsetof(FileHeader, checksum)}, kMagic);
}

template <class T>
void publish(T& place, T value) {
  std::atomic_ref<T>(place).store(value, std::memory_order_release);
}

std::span<const std::byte> bytes_of(const SlotHead& slot) {
  return {reinterpret_cast<const std::byte*>(&slot + 1), slot.length};
}

}  // namespace

Result<std::unique_ptr<StateFile>> StateFile::open(const std::string& path, const Owner& owner) {
  Opened opened;
  for (;;) {
    auto mapped = MappedFile::open(path, kHeaderBytes);
    if (!mapped) return tl::unexpected<Error>(std::move(mapped.error()));
    auto file = std::unique_ptr<StateFile>(new StateFile(std::move(*mapped), owner));
    file->opened_ = opened;
    if (file->file_->found_bytes() == 0) {
      file->format();
    } else if (std::string why = file->misfit(); !why.empty()) {
      opened.moved_because = std::move(why);
      opened.moved_to = path + ".old";
      if (auto moved = file->file_->rename(opened.moved_to); !moved)
        return tl::unexpected<Error>(moved.error());
      continue;  // in a new file; the lock goes with the old one
    }
    file->scan();
    return file;
  }
}

std::string StateFile::misfit() const {
  const std::size_t found = file_->found_bytes();
  if (found < kHeaderBytes) return "it is truncated: not even its header is there";
  const FileHeader& it = header();
  if (it.magic != kMagic) return "it is no state file";
  if (it.version != kLayoutVersion || it.chunk_bytes != kChunkBytes)
    return "it has layout " + std::to_string(it.version) + ", this worker writes layout " +
           std::to_string(kLayoutVersion);
  if (it.checksum != header_checksum(it)) return "its header is damaged";
  if (it.owner.fleet != owner_.fleet) return "it belongs to another fleet";
  if (it.owner.shards != owner_.shards)
    return "it was written for " + std::to_string(it.owner.shards) + " shards, now there are " +
           std::to_string(owner_.shards);
  if (it.owner.shard != owner_.shard) return "it is the state of shard " + std::to_string(it.owner.shard);
  if (it.owner.seed != owner_.seed) return "the fleet has another seed now";
  if (it.owner.start_us != owner_.start_us) return "it belongs to an earlier run of the fleet";
  if ((found - kHeaderBytes) / kChunkBytes < it.chunks) return "it is truncated";
  for (std::size_t i = 0; i < it.chunks; ++i) {
    const std::uint32_t slot = chunk(i).slot_bytes;
    if (slot != 0 && std::find(kSlotBytes.begin(), kSlotBytes.end(), slot) == kSlotBytes.end())
      return "it is damaged: part " + std::to_string(i) + " makes no sense";
  }
  return {};
}

void StateFile::format() {
  FileHeader fresh;
  fresh.owner = owner_;
  fresh.checksum = header_checksum(fresh);
  // The magic is last: without it nothing of this is believed.
  FileHeader unmarked = fresh;
  unmarked.magic = 0;
  std::memcpy(file_->data(), &unmarked, sizeof unmarked);
  publish(header().magic, fresh.magic);
}

void StateFile::adopt(const Owner& owner) {
  if (owner == owner_) return;
  owner_ = owner;
  header().owner = owner;
  header().checksum = header_checksum(header());
}

void StateFile::scan() {
  life_ = static_cast<std::uint16_t>(++header().lives);
  for (std::size_t i = 0; i < header().chunks; ++i)
    slot_bytes_.push_back(static_cast<std::uint16_t>(chunk(i).slot_bytes));
  places_.resize(slot_bytes_.size());
  for (std::size_t i = 0; i < slot_bytes_.size(); ++i)
    visit_records(i, [this](std::size_t, std::size_t at) { meet(at); });
  // Only now is known which of two records of one device counts.
  std::vector<std::pair<std::uint16_t, std::uint64_t>> ages;
  for (std::size_t i = 0; i < slot_bytes_.size(); ++i) {
    Places& places = places_[i];
    std::size_t count = 0;
    visit_records(i, [&](std::size_t n, std::size_t at) {
      ++count;
      const std::uint64_t identity = record(at).identity;
      const auto known = identity == 0 ? waiting_.end() : waiting_.find(identity);
      if (known != waiting_.end() && known->second == at) {
        ++places.used;
        ages.emplace_back(static_cast<std::uint16_t>(life_ - whole_slot(at)->life), identity);
      } else {
        if (identity != 0) publish(record(at).identity, std::uint64_t{0});
        places.free[n / 64] |= std::uint64_t{1} << (n % 64);
      }
    });
    if (places.used == 0) {
      give_free(i);
    } else if (places.used < count) {
      link(i);
    }
  }
  std::sort(ages.begin(), ages.end(), std::greater<>());
  for (const auto& [age, identity] : ages) waiting_order_.push_back(identity);
  opened_.records = records_ = waiting_.size();
  opened_.fresh = records_ == 0;
}

template <class Visit>
void StateFile::visit_records(std::size_t chunk, Visit&& visit) {
  const std::size_t slot = slot_bytes_[chunk];
  if (slot == 0) return;
  std::size_t at = first_place(chunk);
  for (std::size_t n = 0; n < records_in_chunk(slot); ++n, at += record_size(slot) / kUnit) visit(n, at);
}

void StateFile::meet(std::size_t at) {
  const RecordHead& head = record(at);
  if (head.identity == 0) return;
  const SlotHead* mine = whole_slot(at);
  if (mine == nullptr) {
    ++opened_.damaged;
    return;
  }
  const auto [known, added] = waiting_.try_emplace(head.identity, static_cast<std::uint32_t>(at));
  // It died while the device moved to another record: both are whole, the younger one counts.
  if (!added && younger(mine->generation, whole_slot(known->second)->generation))
    known->second = static_cast<std::uint32_t>(at);
}

const SlotHead* StateFile::whole_slot(std::size_t at) const {
  const RecordHead& head = record(at);
  const SlotHead* best = nullptr;
  const std::size_t room = slot_bytes_[chunk_of(at)] - sizeof(SlotHead);
  for (std::size_t which = 0; which < 2; ++which) {
    const SlotHead& it = slot(at, which);
    if (it.generation == 0 || (it.generation & 1) != which || it.length > room) continue;
    if (slot_checksum(head, it, bytes_of(it)) != it.checksum) continue;
    if (best == nullptr || younger(it.generation, best->generation)) best = &it;
  }
  return best;
}

std::uint64_t StateFile::record_bytes(std::size_t bytes) {
  const std::size_t kind = std::min(slot_class(bytes), kSlotBytes.size() - 1);
  return record_size(kSlotBytes[kind]);
}

Status StateFile::reserve(std::uint64_t bytes) {
  // A part of every chunk is cut off, and each size of slots has a chunk that is not full.
  const std::uint64_t chunks = bytes / (kChunkBytes - 2 * kSlotBytes.back() / 8) + kGrowChunks;
  return chunks <= slot_bytes_.size() ? Status{} : grow(chunks);
}

Status StateFile::grow(std::size_t chunks) {
  const std::size_t old = slot_bytes_.size();
  if (kHeaderBytes + chunks * kChunkBytes > std::size_t{UINT32_MAX} * kUnit)
    return fail(Errc::unavailable, "state file " + path() + " would be longer than 64 GiB");
  if (auto grown = file_->grow(kHeaderBytes + chunks * kChunkBytes); !grown) return grown;
  for (std::size_t i = chunks; i-- > old;) {
    chunk(i) = {};  // an earlier life may have died before it counted this one
    free_chunks_.push_back(static_cast<std::uint32_t>(i));
  }
  slot_bytes_.resize(chunks, 0);
  places_.resize(chunks);
  publish(header().chunks, static_cast<std::uint32_t>(chunks));
  return {};
}

bool StateFile::add_chunk(std::size_t slot_class) {
  if (free_chunks_.empty()) {
    if (failed_writes_ < try_growth_at_) return false;
    const std::size_t had = slot_bytes_.size();
    if (!grow(had + std::max(kGrowChunks, had / 8)) && !grow(had + 1)) {
      try_growth_at_ = failed_writes_ + kFailuresBetweenGrowth;
      return false;
    }
  }
  const std::size_t number = free_chunks_.back();
  free_chunks_.pop_back();
  const std::size_t slot = kSlotBytes[slot_class];
  const std::size_t first = first_place(number);
  const std::size_t step = record_size(slot) / kUnit;
  Places& places = places_[number] = {};
  // What another use left behind must not look like records.
  for (std::size_t n = 0; n < records_in_chunk(slot); ++n) {
    record(first + n * step).identity = 0;
    places.free[n / 64] |= std::uint64_t{1} << (n % 64);
  }
  slot_bytes_[number] = static_cast<std::uint16_t>(slot);
  publish(chunk(number).slot_bytes, static_cast<std::uint32_t>(slot));
  link(number);
  return true;
}

void StateFile::link(std::size_t chunk) {
  const auto number = static_cast<std::uint32_t>(chunk);
  std::uint32_t& first = roomy(chunk);
  places_[chunk].before = Places::kNone;
  places_[chunk].behind = first;
  if (first != Places::kNone) places_[first].before = number;
  first = number;
}

void StateFile::unlink(std::size_t chunk) {
  const Places& places = places_[chunk];
  (places.before == Places::kNone ? roomy(chunk) : places_[places.before].behind) = places.behind;
  if (places.behind != Places::kNone) places_[places.behind].before = places.before;
}

void StateFile::give_free(std::size_t number) {
  publish(chunk(number).slot_bytes, 0U);
  slot_bytes_[number] = 0;
  free_chunks_.push_back(static_cast<std::uint32_t>(number));
}

bool StateFile::room_in(std::size_t& slot_class) const {
  for (std::size_t i = slot_class; i < roomy_.size(); ++i) {
    if (roomy_[i] == Places::kNone) continue;
    slot_class = i;
    return true;
  }
  return false;
}

std::size_t StateFile::allocate(std::size_t slot_class) {
  while (roomy_[slot_class] == Places::kNone && !add_chunk(slot_class) && !room_in(slot_class)) {
    if (waiting_.empty()) return 0;
    drop_oldest();
  }
  const std::size_t chunk = roomy_[slot_class];
  Places& places = places_[chunk];
  std::size_t word = 0;
  while (places.free[word] == 0) ++word;
  const std::size_t n = word * 64 + static_cast<std::size_t>(std::countr_zero(places.free[word]));
  places.free[word] &= places.free[word] - 1;
  if (++places.used == records_in_chunk(slot_bytes_[chunk])) unlink(chunk);
  const std::size_t at = first_place(chunk) + n * record_size(slot_bytes_[chunk]) / kUnit;
  slot(at, 0).generation = slot(at, 1).generation = 0;
  ++records_;
  return at;
}

void StateFile::release(std::size_t at) {
  publish(record(at).identity, std::uint64_t{0});
  --records_;
  const std::size_t chunk = chunk_of(at);
  const std::size_t slot = slot_bytes_[chunk];
  const std::size_t n = (at - first_place(chunk)) / (record_size(slot) / kUnit);
  Places& places = places_[chunk];
  places.free[n / 64] |= std::uint64_t{1} << (n % 64);
  if (places.used-- == records_in_chunk(slot)) link(chunk);
  if (places.used > 0) return;
  unlink(chunk);
  give_free(chunk);
}

void StateFile::drop_oldest() {
  while (!waiting_order_.empty()) {
    const auto oldest = waiting_.find(waiting_order_.front());
    waiting_order_.pop_front();
    if (oldest == waiting_.end()) continue;
    release(oldest->second);
    waiting_.erase(oldest);
    return;
  }
  waiting_.clear();
}

Handle StateFile::attach(Key key) {
  assert(key.identity != 0);
  const auto found = waiting_.find(key.identity);
  if (found == waiting_.end()) return {};
  const std::uint32_t at = found->second;
  waiting_.erase(found);
  if (waiting_.empty()) {
    // Everybody is back: what the search took is given back.
    waiting_ = {};
    waiting_order_ = {};
  }
  if (record(at).kind != key.kind) {
    release(at);
    return {};
  }
  const SlotHead* whole = whole_slot(at);
  if (whole == nullptr) {
    release(at);
    return {};
  }
  return {at, whole->generation};
}

std::span<const std::byte> StateFile::read(const Handle& handle) const {
  if (!handle) return {};
  return bytes_of(slot(handle.at, handle.generation & 1));
}

std::uint32_t StateFile::seq(const Handle& handle) const {
  return handle ? record(handle.at).seq : 0;
}

void StateFile::set_seq(const Handle& handle, std::uint32_t seq) {
  publish(record(handle.at).seq, seq);
}

void StateFile::detach(Key key, const Handle& handle) {
  if (!handle) return;
  const auto [known, added] = waiting_.try_emplace(key.identity, handle.at);
  if (!added) release(std::exchange(known->second, handle.at));  // two devices of one id: the later one
  // Names of devices that came back add up; they are swept out when they are most of it.
  if (waiting_order_.size() > 2 * waiting_.size() + 16) {
    std::erase_if(waiting_order_, [&](std::uint64_t each) { return !waiting_.contains(each); });
  }
  waiting_order_.push_back(key.identity);
  while (waiting_.size() > std::max(kWaitingMax, records_ - waiting_.size())) drop_oldest();
}

void StateFile::fill(std::size_t at, const RecordHead& head, std::uint32_t generation,
                     std::span<const std::byte> bytes) {
  SlotHead& place = slot(at, generation & 1);
  std::atomic_ref<std::uint32_t>(place.generation).store(0, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_release);
  std::memcpy(static_cast<void*>(&place + 1), bytes.data(), bytes.size());
  const SlotHead fresh{generation, static_cast<std::uint16_t>(bytes.size()), life_, 0};
  place.length = fresh.length;
  place.life = fresh.life;
  place.checksum = slot_checksum(head, fresh, bytes);
  publish(place.generation, generation);
}

bool StateFile::write(Key key, Handle& handle, std::span<const std::byte> bytes, std::uint32_t seq) {
  assert(bytes.size() <= kBytesMax);
  // 0 says "never written"; after it the slots go on in turn.
  const std::uint32_t next = handle.generation == UINT32_MAX ? 2 : handle.generation + 1;
  if (handle) {
    const std::size_t room = slot_bytes_[chunk_of(handle.at)] - sizeof(SlotHead);
    // Into a smaller place only when that is worth the way.
    if (bytes.size() <= room && (bytes.size() * 2 > room || slot_class(bytes.size()) == slot_class(room))) {
      RecordHead& head = record(handle.at);
      fill(handle.at, head, next, bytes);
      publish(head.seq, seq);
      handle.generation = next;
      return true;
    }
  }
  const std::size_t at = allocate(slot_class(bytes.size()));
  if (at == 0) {
    // Too large a place is better than none.
    if (handle && bytes.size() <= slot_bytes_[chunk_of(handle.at)] - sizeof(SlotHead)) {
      fill(handle.at, record(handle.at), next, bytes);
      publish(record(handle.at).seq, seq);
      handle.generation = next;
      return true;
    }
    ++failed_writes_;
    if (handle) publish(record(handle.at).seq, seq);
    return false;
  }
  const RecordHead head{key.identity, key.kind, seq};
  fill(at, head, next, bytes);
  record(at).kind = head.kind;
  record(at).seq = head.seq;
  publish(record(at).identity, head.identity);
  if (handle) release(handle.at);
  handle = {static_cast<std::uint32_t>(at), next};
  return true;
}

}  // namespace vfleet::state
