#include "simulator/platform/platform.h"

#include "simulator/core/id_stem.h"
#include "simulator/platform/down_link.h"
#include "simulator/platform/processes/shared_state.h"

namespace vfleet::platform {

using codec::envelope::Head;

namespace {

Result<Head> report_in(std::string_view text) {
  Result<Head> head = codec::envelope::read_head(text);
  if (head &&
      (head->seq == 0 || head->seq > Platform::kSeqMax || head->type.empty() || head->device.empty())) {
    return fail(Errc::malformed);
  }
  return head;
}

}  // namespace

Platform::Platform(const Clock& clock, std::uint64_t seed, StoreLimits limits)
    : Platform(clock, Options{.seed = seed, .limits = limits}) {}

Platform::Platform(const Clock& clock, const Options& options)
    : clock_(clock),
      any_payload_(options.any_payload),
      shared_(options.shared),
      devices_(options.limits),
      recent_(shared_ == nullptr ? nullptr : &shared_->report_numbers()),
      commands_(shared_ == nullptr ? nullptr : &shared_->claims()),
      misbehaviour_(Random(options.seed, 0, "misbehaviour"),
                    shared_ == nullptr ? nullptr : &shared_->requests_left()),
      since_(clock.now()),
      started_(clock.wall_now()) {}

Arrival Platform::take(std::string_view text, const Source& source) {
  Arrival arrival;
  const Result<Head> head = read(text);
  if (head) {
    arrival.taken = arrival.checked = true;
    arrival.head = *head;
    arrival.device = head->device;
    arrival.mischief = misbehaviour_.decide(head->type, head->device);
    if (arrival.mischief.kind == Mischief::Kind::refuse) {
      refuse(*head);
    } else {
      accept(*head, text, source);
    }
  } else if (head.error().code == Errc::not_found) {
    arrival.taken = true;
    arrival.device = source.device;
    arrival.mischief = misbehaviour_.decide(source.type, source.device);
    if (arrival.mischief.kind == Mischief::Kind::refuse) {
      ++figures_.refused;
    } else {
      accept_unchecked(source);
    }
  }
  return arrival;
}

Result<Head> Platform::read(std::string_view text) {
  if (Result<Head> head = report_in(text)) return head;
  if (any_payload_) return fail(Errc::not_found);
  reject(text);
  return fail(Errc::malformed);
}

void Platform::reject(std::string_view text) {
  ++figures_.malformed;
  recent_.add({}, "malformed", to_us(clock_.wall_now()), text);
}

void Platform::accept(const Head& head, std::string_view text, const Source& source) {
  const std::int64_t arrived_us = to_us(clock_.wall_now());
  const std::uint16_t type = types_.intern(head.type);
  Device* const device = device_of(head.device);
  bool again = false;
  if (device != nullptr) {
    device->way = source.way;
    device->down = source.down;
    device->link = source.link;
    ++device->received;
    const Verdict verdict = see(*device, head, Outcome::accepted);
    again = verdict == Verdict::duplicate;
    // A report that comes late tells of earlier readings.
    const bool newest = verdict == Verdict::in_order || verdict == Verdict::after_gap;
    if (newest && device->registers.went_back(head.type, head.channel, text, device->shared, arrived_us))
      ++figures_.regressions;
    devices_.keep(*device, head, type, arrived_us, text);
  } else {
    ++figures_.not_tracked;
  }
  figures_.arrived(source.way, type, clock_.now());
  // One that comes again has arrived before.
  if (!again) figures_.took(source.way, type, stem_of(device), head.due_us, head.sent_us, arrived_us);
  if (!RecentReports::is_routine(head.type)) recent_.add(head.device, head.type, arrived_us, text);
  if (head.type == "answer") commands_.answered(head.device, head.id, text);
}

void Platform::accept_unchecked(const Source& source) {
  const std::string_view type = source.type.empty() ? std::string_view("(any)") : source.type;
  figures_.arrived_unchecked(source.way, types_.intern(type), clock_.now());
}

void Platform::take_spoken(std::string_view device, std::string_view type, std::string_view text,
                           const Source& source, bool refused) {
  const std::int64_t arrived_us = to_us(clock_.wall_now());
  const std::uint16_t number = types_.intern(type);
  if (refused) {
    ++figures_.refused;
  } else {
    figures_.arrived(source.way, number, clock_.now());
  }
  if (Device* known = device_of(device)) {
    known->way = source.way;
    known->down = source.down;
    known->link = source.link;
    if (!refused) ++known->received;
    devices_.keep(*known, Head(), number, arrived_us, text);
  } else {
    ++figures_.not_tracked;
  }
  if (!RecentReports::is_routine(type)) recent_.add(device, type, arrived_us, text);
}

void Platform::complain(std::string_view kind, std::string_view device, std::string_view about,
                        std::string_view what) {
  complaints_.add(kind, device, about, what, to_us(clock_.wall_now()));
}

void Platform::refuse(const Head& head) {
  ++figures_.refused;
  if (Device* device = device_of(head.device)) see(*device, head, Outcome::refused);
}

void Platform::turn_away(std::string_view text) {
  if (const Result<Head> head = report_in(text)) return refuse(*head);
  ++figures_.refused;
}

Device* Platform::device_of(std::string_view id) {
  Device* device = devices_.find_or_add(id);
  if (shared_ != nullptr && device != nullptr && device->shared == nullptr) {
    device->shared = shared_->find_or_add(id);
    if (device->shared == nullptr) return nullptr;
  }
  return device;
}

std::uint16_t Platform::stem_of(Device* device) {
  if (device == nullptr) return TypeTable::kOther;
  if (!device->stem) device->stem = stems_.intern(id_stem(device->id));
  return *device->stem;
}

Verdict Platform::see(Device& device, const Head& head, Outcome outcome) {
  const SequenceChecker::Number number{.boot = head.boot, .seq = head.seq, .sent_us = head.sent_us};
  if (device.shared != nullptr) return device.shared->see(number, outcome, figures_.sequence);
  return device.sequence.see(number, outcome, figures_.sequence);
}

Result<std::string> Platform::send_down(std::string_view device, std::string_view type, std::string data) {
  auto id = commands_.queue(device, type, std::move(data));
  if (id) push(device);
  return id;
}

void Platform::send_down_as(std::uint64_t number, std::string_view device, std::string_view type,
                            std::string data) {
  commands_.queue_as(number, device, type, std::move(data));
  push(device);
}

void Platform::push(std::string_view id) {
  const Device* device = devices_.find(id);
  if (device != nullptr && device->down != nullptr && device->down->commands_wait(device->link, id)) return;
  const auto named = announced_.find(id);
  if (named != announced_.end()) named->second.down->commands_wait(named->second.link, id);
}

void Platform::announce(std::string_view device, DownLink& down, std::uint64_t link) {
  announced_.insert_or_assign(std::string(device), Announced{&down, link});
}

void Platform::withdraw(std::string_view device, std::uint64_t link) {
  const auto named = announced_.find(device);
  if (named != announced_.end() && named->second.link == link) announced_.erase(named);
}

void Platform::reset(bool forget) {
  figures_ = Figures();
  misbehaviour_.reset_counts();
  complaints_.clear();
  since_ = clock_.now();
  if (forget) {
    ++forgotten_;
    devices_.clear();
    recent_.clear();
    return;
  }
  for (Device& device : devices_.devices()) device.sequence.forgive();
}

SharedDevice* Platform::shared_of(std::string_view id) {
  Device* const device = shared_ == nullptr ? nullptr : device_of(id);
  return device == nullptr ? nullptr : device->shared;
}

SequenceChecker Platform::sequence_of(const Device& device) const {
  return device.shared != nullptr ? device.shared->sequence() : device.sequence;
}

std::size_t Platform::device_count() const {
  return shared_ != nullptr ? shared_->devices() : devices_.size();
}

}  // namespace vfleet::platform
