#include "simulator/fleet/keeper.h"

#include <array>
#include <cstring>

#include "simulator/config/catalogue.h"
#include "simulator/fleet/member.h"
#include "simulator/state/packed.h"

namespace vfleet::fleet {
namespace {

constexpr std::uint8_t kPlain = 1;
constexpr std::uint8_t kPacked = 2;

// In front of what the device saved; after that the platform's changes, each as two lengths and two texts.
// All behind the section is packed where that makes it shorter.
struct Section {
  std::uint8_t form = kPlain;
  std::uint8_t spare = 0;
  std::uint16_t device_bytes = 0;
  std::uint32_t change_bytes = 0;
};
static_assert(sizeof(Section) == 8);

using Room = std::array<std::byte, state::kBytesMax>;

struct Lengths {
  std::uint16_t path = 0;
  std::uint16_t value = 0;
};

state::Key key_of(const Member& member) {
  const std::uint64_t kind = hash(member.group->type_name());
  return {member.identity != 0 ? member.identity : 1, static_cast<std::uint32_t>(kind)};
}

// The parts of a record; both empty when it makes no sense.
struct Parts {
  std::span<const std::byte> device;
  std::span<const std::byte> changes;
};

/// `room`: where they are unpacked to.
Parts parts_of(std::span<const std::byte> bytes, Room& room) {
  Section section;
  if (bytes.size() < sizeof section) return {};
  std::memcpy(&section, bytes.data(), sizeof section);
  bytes = bytes.subspan(sizeof section);
  const std::size_t size = std::size_t{section.device_bytes} + section.change_bytes;
  if (section.form == kPacked && size <= room.size()) {
    const std::span<std::byte> plain = std::span(room).first(size);
    if (!state::unpack(bytes, plain)) return {};
    bytes = plain;
  } else if (section.form != kPlain || bytes.size() != size) {
    return {};
  }
  return {bytes.first(section.device_bytes), bytes.subspan(section.device_bytes)};
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::uint64_t Keeper::record_bytes(std::size_t bytes) {
  return state::StateFile::record_bytes(bytes + sizeof(Section));
}

bool Keeper::join(Member& member) {
  member.kept = file_ != nullptr && member.group->type().state_bytes(member.config->typed()) > 0;
  member.unsaved = true;
  if (!member.kept) return false;
  member.state = file_->attach(key_of(member));
  Room room;
  std::span<const std::byte> rest = parts_of(file_->read(member.state), room).changes;
  if (rest.empty()) return false;
  Changes changes;
  Lengths lengths;
  while (rest.size() >= sizeof lengths) {
    std::memcpy(&lengths, rest.data(), sizeof lengths);
    rest = rest.subspan(sizeof lengths);
    if (rest.size() < std::size_t{lengths.path} + lengths.value) break;
    changes.emplace(text_of(rest.first(lengths.path)), text_of(rest.subspan(lengths.path, lengths.value)));
    rest = rest.subspan(std::size_t{lengths.path} + lengths.value);
  }
  platform_[member.key] = std::move(changes);
  return true;
}

std::uint32_t Keeper::seq(const Member& member) const {
  return file_ != nullptr ? file_->seq(member.state) : 0;
}

bool Keeper::resume(Member& member, device::DeviceContext& context) {
  Room room;
  const auto saved = parts_of(file_->read(member.state), room).device;
  if (!saved.empty() && member.device->restore(context, saved)) {
    ++resumed_;
    return true;
  }
  ++not_understood_;
  return false;
}

void Keeper::leave(Member& member) {
  platform_.erase(member.key);
  if (!member.kept) return;
  file_->detach(key_of(member), member.state);
  member.state = {};
  member.kept = false;
}

void Keeper::before_report(Member& member, const device::DeviceContext& context, std::uint32_t seq) {
  if (!member.unsaved && member.state && member.device->unsaved() == device::Unsaved::no) {
    file_->set_seq(member.state, seq);
    return;
  }
  Room bytes;
  const std::span<std::byte> room = std::span(bytes).subspan(sizeof(Section));
  const std::size_t length = member.device->save(context, room.first(room.size() - kPlatformBytesMax));
  std::byte* at = room.data() + length;
  if (const auto changes = platform_.empty() ? platform_.end() : platform_.find(member.key);
      changes != platform_.end()) {
    const auto put = [&](const void* from, std::size_t size) {
      std::memcpy(at, from, size);
      at += size;
    };
    for (const auto& [path, value] : changes->second) {
      const Lengths lengths{static_cast<std::uint16_t>(path.size()),
                            static_cast<std::uint16_t>(value.size())};
      put(&lengths, sizeof lengths);
      put(path.data(), path.size());
      put(value.data(), value.size());
    }
  }
  const auto size = static_cast<std::size_t>(at - room.data());
  Section section{.device_bytes = static_cast<std::uint16_t>(length),
                  .change_bytes = static_cast<std::uint32_t>(size - length)};
  std::array<std::byte, sizeof section + state::packed_most(state::kBytesMax)> packed;
  std::span<std::byte> record(bytes.data(), sizeof section + size);
  const std::size_t packed_size = state::pack(room.first(size), std::span(packed).subspan(sizeof section));
  if (packed_size < size) {
    section.form = kPacked;
    record = std::span(packed).first(sizeof section + packed_size);
  }
  std::memcpy(record.data(), &section, sizeof section);
  // A device whose state finds no room lives on; the file counts it and the worker says so.
  member.unsaved = !file_->write(key_of(member), member.state, record, seq);
}

void Keeper::took_back(const Member& member, std::uint32_t seq) {
  if (member.state) file_->set_seq(member.state, seq);
}

void Keeper::platform_set(Member& member, std::string_view path, std::string_view value) {
  Changes& changes = platform_[member.key];
  std::size_t size = sizeof(Lengths) + path.size() + value.size();
  for (const auto& [other, text] : changes) {
    if (other != path) size += sizeof(Lengths) + other.size() + text.size();
  }
  if (size > kPlatformBytesMax) {
    ++changes_dropped_;
    if (changes.empty()) platform_.erase(member.key);
    return;
  }
  changes.insert_or_assign(std::string(path), std::string(value));
  member.unsaved = true;
}

void Keeper::add_platform(const Member& member, config::Values& overlay) const {
  const auto changes = platform_.find(member.key);
  if (changes == platform_.end()) return;
  for (const auto& [path, text] : changes->second) {
    const config::Key* key = member.group->schema().find(path);
    if (key == nullptr) continue;
    if (auto value = config::parse_value(*key, text)) overlay.insert_or_assign(path, std::move(*value));
  }
}

void Keeper::reconfigured(Member& member) {
  if (platform_.empty()) return;
  const auto changes = platform_.find(member.key);
  if (changes == platform_.end()) return;
  const config::Values& platform = member.config->platform();
  std::erase_if(changes->second, [&](const auto& change) {
    const config::Key* key = member.group->schema().find(change.first);
    const auto now = platform.find(change.first);
    if (key == nullptr || now == platform.end()) return true;
    const auto value = config::parse_value(*key, change.second);
    return !value || !(*value == now->second);
  });
  if (changes->second.empty()) platform_.erase(changes);
  member.unsaved = true;
}

void Keeper::prefetch(const Member& member) const {
  if (member.state) file_->prefetch(member.state);
}

}  // namespace vfleet::fleet
