#include "simulator/platform/platform.h"

namespace vfleet::platform {

using codec::envelope::Head;

Platform::Platform(const Clock& clock, std::uint64_t seed, StoreLimits limits)
    : clock_(clock),
      devices_(limits),
      misbehaviour_(Random(seed, 0, "misbehaviour")),
      since_(clock.now()),
      started_(clock.wall_now()) {}

Result<Head> Platform::read(std::string_view text) {
  Result<Head> head = codec::envelope::read_head(text);
  if (head && (head->seq == 0 || head->seq > kSeqMax || head->type.empty() || head->device.empty())) {
    head = fail(Errc::malformed);
  }
  if (!head) reject(text);
  return head;
}

void Platform::reject(std::string_view text) {
  ++figures_.malformed;
  recent_.add({}, "malformed", to_us(clock_.wall_now()), text);
}

void Platform::accept(const Head& head, std::string_view text, Way way) {
  const std::int64_t arrived_us = to_us(clock_.wall_now());
  const std::uint16_t type = types_.intern(head.type);
  figures_.arrived(type, head.due_us, head.sent_us, arrived_us, clock_.now());
  if (Device* device = devices_.find_or_add(head.device)) {
    device->way = way;
    ++device->received;
    const Verdict verdict = device->sequence.see(head.boot, head.seq, figures_.sequence);
    // A report that comes late tells of earlier readings.
    const bool newest = verdict == Verdict::in_order || verdict == Verdict::after_gap;
    if (newest && device->registers.went_back(head.type, head.channel, text)) ++figures_.regressions;
    devices_.keep(*device, head, type, arrived_us, text);
  } else {
    ++figures_.not_tracked;
  }
  if (!RecentReports::is_routine(head.type)) recent_.add(head.device, head.type, arrived_us, text);
  if (head.type == "answer") commands_.answered(head.device, head.id, text);
}

void Platform::refuse(const Head& head) {
  ++figures_.refused;
  if (Device* device = devices_.find_or_add(head.device)) {
    device->sequence.see(head.boot, head.seq, figures_.sequence);
  }
}

void Platform::reset(bool forget) {
  figures_ = Figures();
  misbehaviour_.reset_counts();
  since_ = clock_.now();
  if (forget) {
    devices_.clear();
    recent_.clear();
    return;
  }
  for (Device& device : devices_.devices()) device.sequence.forgive();
}

}  // namespace vfleet::platform
