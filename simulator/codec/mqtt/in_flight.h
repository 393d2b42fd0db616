#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "simulator/core/time.h"

namespace vfleet::codec::mqtt {

/// What the user of a session wants back with the fate of a publication.
struct Note {
  std::array<std::uint64_t, 3> words{};
};

/// The publications of a session that are in flight with QoS 1 and 2, and their packet identifiers. A ring
/// that grows as they need it; at rest it owns no memory.
class InFlight {
 public:
  enum class Stage : std::uint8_t { free, awaiting_puback, awaiting_pubrec, awaiting_pubcomp };
  struct Entry {
    Note note;
    TimePoint deadline;
    std::unique_ptr<std::string> packet;  ///< to send again; null: not persistent, or PUBREC came
    std::uint16_t id = 0;
    Stage stage = Stage::free;
    bool on_wire : 1 = false;   ///< of this connection
    bool was_sent : 1 = false;  ///< its user was told so
    bool anew : 1 = false;      ///< the server has forgotten the session: not a duplicate for it
  };

  explicit InFlight(std::uint16_t first_id) : next_id_(first_id) {}

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::size_t on_wire() const { return on_wire_; }
  [[nodiscard]] bool all_on_wire() const { return on_wire_ == count_; }
  /// Those of the ring, in no order; a place that is Stage::free holds none.
  [[nodiscard]] std::span<Entry> places() { return {ring_.get(), capacity_}; }
  [[nodiscard]] std::span<const Entry> places() const { return {ring_.get(), capacity_}; }

  /// Null: there is none. Entries stay where they are until the next add().
  [[nodiscard]] Entry* find(std::uint16_t id);
  [[nodiscard]] Entry* oldest();
  [[nodiscard]] Entry* oldest_off_wire();

  /// An identifier that nothing in flight has, and that is not `taken`.
  [[nodiscard]] std::uint16_t next_id(std::uint16_t taken);
  /// A place with such an identifier; its stage is the caller's to set.
  [[nodiscard]] Entry& add(std::uint16_t taken);
  void put_on_wire(Entry& entry);
  void remove(Entry& entry);
  /// The connection is gone: nothing is on the wire.
  void lost();

 private:
  [[nodiscard]] std::uint16_t age(std::uint16_t id) const {
    return static_cast<std::uint16_t>(id - next_id_);
  }
  void grow();

  std::unique_ptr<Entry[]> ring_;  // by packet identifier, modulo its size, a power of two
  std::uint16_t capacity_ = 0;
  std::uint16_t count_ = 0;
  std::uint16_t on_wire_ = 0;
  std::uint16_t next_id_;
};

}  // namespace vfleet::codec::mqtt
