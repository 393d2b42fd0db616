#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "simulator/codec/ykc/frame.h"
#include "simulator/core/time.h"
#include "simulator/platform/roles/ykc/tariff.h"

namespace vfleet::platform::ykc {

/// An order number as on the wire: pile, gun, time, counter.
using OrderId = std::array<char, 16>;

/// Where piles are connected.
class Line {
 public:
  virtual ~Line() = default;
  /// Writes to a connection, outside of an answer to it. False: it has gone, or has too much to read.
  virtual bool send(std::uint64_t link, std::string_view bytes) = 0;
  /// Ends a connection, for its pile has come on another one.
  virtual void end(std::uint64_t link) = 0;
};

/// A charge that was allowed, until its bill comes.
struct Order {
  OrderId id{};
  std::uint8_t gun = 0;
  bool own = false;          ///< a session of our own
  bool accepted = false;     ///< the pile said that it begins
  bool charging = false;     ///< the pile told that it charges
  bool over = false;         ///< and then that it does not any more
  std::int64_t energy = 0;   ///< told last, in 0.0001 kWh
  std::int64_t cost = 0;     ///< told last, in 0.0001 yuan
  std::int64_t minutes = 0;  ///< how long it had charged then
  bool told = false;
};

struct Billed {
  OrderId id{};
  bool good = true;
};

struct Gun {
  enum class State : std::uint8_t { offline = 0, fault = 1, idle = 2, charging = 3, untold = 255 };

  State state = State::untold;
  bool plugged = false;
  TimePoint asked{TimePoint::min()};  ///< when a session of our own was asked for
};

/// A frame of ours that is not answered.
struct Asked {
  std::uint8_t answer = 0;               ///< type of the frame that answers it
  std::uint8_t gun = 0;                  ///< 0: of no gun
  std::string command;                   ///< of the command book; empty: of our own
  std::shared_ptr<const Tariff> tariff;  ///< that the pile has once it says yes
  TimePoint until;
};

/// What the platform knows of one pile, whichever connection it is on.
struct Pile {
  static constexpr std::size_t kGunsMax = 99;
  static constexpr std::size_t kOrdersMax = 64;
  static constexpr std::size_t kBilledKept = 16;
  static constexpr std::size_t kAskedMax = 64;

  std::string id;              ///< 14 digits
  std::array<char, 7> number;  ///< the same as on the wire
  Line* line = nullptr;        ///< nullptr: not logged in
  std::uint64_t link = 0;
  std::size_t place = 0;        ///< among those that are logged in
  std::uint32_t forgotten = 0;  ///< Platform::forgotten() when what follows was learnt
  std::uint16_t sequence = 0;   ///< of the next frame that answers nothing
  codec::ykc::CrcOrder crc_order = codec::ykc::CrcOrder::low_first;  ///< of the last frame that came
  bool encrypted = false;                                            ///< as that frame was
  std::vector<Gun> guns;                                             ///< by number, from 1; 0 is not used
  std::vector<Order> orders;
  std::vector<Billed> billed;  ///< the last kBilledKept
  std::vector<Asked> asked;
  /// Shared with all piles that were given the same; null: it was given none by this platform.
  std::shared_ptr<const Tariff> tariff;

  /// Of another fleet with the same numbers nothing is known.
  void forget() {
    guns.clear();
    orders.clear();
    billed.clear();
    tariff = nullptr;
  }
  /// nullptr: there is no such number.
  Gun* gun(std::int64_t number_of) {
    if (number_of < 1 || number_of > static_cast<std::int64_t>(kGunsMax)) return nullptr;
    const auto index = static_cast<std::size_t>(number_of);
    if (guns.size() <= index) guns.resize(index + 1);
    return &guns[index];
  }
  /// nullptr: there is none.
  Order* order(std::string_view id_bytes) {
    for (Order& each : orders)
      if (std::string_view(each.id.data(), each.id.size()) == id_bytes) return &each;
    return nullptr;
  }
};

}  // namespace vfleet::platform::ykc
