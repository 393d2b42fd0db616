// What operators make links do wrong; see StreamFault.
#include <algorithm>
#include <utility>

#include "simulator/uplink/stream_link.h"

namespace vfleet::uplink {
namespace {

using Kind = StreamFault::Kind;

template <class T>
const T& argument(const LinkCall& call, std::string_view name) {
  return std::get<T>(call.args.find(name)->second.data);
}

}  // namespace

StreamLink::~StreamLink() {
  if (faulty_) hub_.faults.disarm(key_);
}

Status StreamLink::act(const LinkCall& call) {
  if (!call.action.ends_with(".misbehave")) return Link::act(call);
  StreamFault fault;
  fault.kind = stream_fault(argument<std::string>(call, "kind")).value_or(Kind::none);
  fault.after_bytes = static_cast<std::uint64_t>(argument<std::int64_t>(call, "after_bytes"));
  fault.times = static_cast<std::uint32_t>(argument<std::int64_t>(call, "times"));
  auto bytes = bytes_of_hex(argument<std::string>(call, "bytes"));
  if (!bytes) return tl::unexpected(bytes.error());
  fault.bytes = std::move(*bytes);
  const bool anew = argument<bool>(call, "reconnect");
  if (Status status = misbehave(std::move(fault)); !status) return status;
  if (anew) connect_anew();
  return {};
}

Status StreamLink::misbehave(StreamFault fault) {
  const bool now = fault.kind == Kind::raw || fault.kind == Kind::hang_up || fault.kind == Kind::deaf;
  if (now && !is_ready()) return vfleet::fail(Errc::rejected, "is not connected");
  if (fault.kind == Kind::raw) {
    if (fault.bytes.empty()) return vfleet::fail(Errc::invalid_argument, "raw needs bytes=HEX");
    hub_.faults.count(Kind::raw);
    (void)write_plainly(fault.bytes);
    return {};
  }
  if (fault.kind == Kind::hang_up) {
    hub_.faults.count(Kind::hang_up);
    fail("hung_up_on_purpose");
    return {};
  }
  const bool was_deaf = faulty_ && deaf();
  faulty_ = fault.kind != Kind::none;
  if (fault.kind == Kind::deaf) hub_.faults.count(Kind::deaf);
  if (faulty_) {
    hub_.faults.arm(key_, std::move(fault));
  } else {
    hub_.faults.disarm(key_);
  }
  if (was_deaf && !deaf() && has_connection()) stream_->wait_readable();
  return {};
}

void StreamLink::connect_anew() {
  if (has_connection()) fail("connects_anew_on_purpose");
}

bool StreamLink::deaf() const {
  const StreamFault* const fault = hub_.faults.find(key_);
  return fault != nullptr && fault->kind == Kind::deaf;
}

StreamLink::Wrote StreamLink::write_as_faulty(std::string_view bytes) {
  StreamFault* const fault = hub_.faults.find(key_);
  const auto over = [&] {
    faulty_ = false;
    hub_.faults.disarm(key_);
  };
  switch (fault->kind) {
    case Kind::cut: {
      if (bytes.size() < fault->after_bytes) {
        fault->after_bytes -= bytes.size();
        return write_plainly(bytes);
      }
      const std::string_view part = bytes.substr(0, fault->after_bytes);
      over();
      if (!part.empty() && write_plainly(part) == Wrote::lost) return Wrote::lost;
      hub_.faults.count(Kind::cut);
      fail("cut_on_purpose");
      return Wrote::lost;
    }
    case Kind::flip: {
      if (bytes.size() <= fault->after_bytes) {
        fault->after_bytes -= bytes.size();
        return write_plainly(bytes);
      }
      std::string wrong(bytes);
      std::size_t n = wrong.size() - fault->after_bytes;
      if (fault->times != 0) n = std::min<std::size_t>(n, fault->times);
      for (std::size_t i = 0; i < n; ++i) {
        char& byte = wrong[fault->after_bytes + i];
        byte = static_cast<char>(~byte);
      }
      fault->after_bytes = 0;
      hub_.faults.count(Kind::flip);
      if (fault->times != 0 && (fault->times -= static_cast<std::uint32_t>(n)) == 0) over();
      return write_plainly(wrong);
    }
    case Kind::drop:
      hub_.faults.count(Kind::drop);
      if (fault->times != 0 && --fault->times == 0) over();
      return blocked() ? Wrote::kept : Wrote::all;
    case Kind::deaf:
    case Kind::none:
    case Kind::raw:
    case Kind::hang_up:
      break;
  }
  return write_plainly(bytes);
}

}  // namespace vfleet::uplink
