#pragma once

#include <cstdint>
#include <memory>

#include "simulator/device/device.h"
#include "simulator/fleet/effective.h"
#include "simulator/fleet/group.h"
#include "simulator/schedule/timer_wheel.h"
#include "simulator/state/state_file.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::fleet {

class Shard;

/// A device and what the engine keeps for it: one timer, its link, its configuration, its timetable. Lives at
/// one address from the moment it joins the shard until it leaves.
class Member final : public schedule::Timer {
 public:
  Member(Shard& owner, Group& its_group, std::uint32_t its_index, std::uint32_t its_key)
      : shard(owner), group(&its_group), index(its_index), key(its_key) {}
  ~Member() override {
    link.reset();  // before the configuration, which holds the uplink
  }

  Shard& shard;
  Group* group;
  std::unique_ptr<device::Device> device;
  ConfigRef config;
  std::unique_ptr<uplink::Link> link;
  std::unique_ptr<TimePoint[]> due;  // by line: when it is next due; kNever when it is not scheduled
  TimePoint wake = kNever;           // when the model wants to run
  std::uint64_t identity = 0;        // hash of (seed, id): its phases
  std::uint32_t index;               // in the group
  std::uint32_t key;                 // in the shard; the LinkKey
  std::uint32_t seq = 0;             // of the last report that was sent
  state::Handle state;               // its record; Keeper's
  std::uint8_t lines = 0;
  bool online : 1 = false;
  bool paused : 1 = false;        // scheduled reports stop, the rest goes on
  bool disconnected : 1 = false;  // by an operator
  bool down : 1 = false;          // rebooting: `wake` is when it boots
  bool relinking : 1 = false;     // the link is closing to be made anew
  bool started : 1 = false;
  bool unlinked : 1 = false;  // the device itself does not want its link
  bool kept : 1 = false;      // its state survives the worker; Keeper's
  bool unsaved : 1 = false;   // besides what the device says; Keeper's
  bool queued : 1 = false;    // reports of it wait: new ones go behind them
  bool reopening : 1 = false;  // the link closes to be opened again
  bool leaving : 1 = false;   // powered off for good: its link drains
  bool traced : 1 = false;    // if anybody traces: what it says and hears may be asked for

 private:
  void expire() override;
  void expire_soon() override;
};

}  // namespace vfleet::fleet
