#include "simulator/core/time_zone.h"

#include <absl/time/time.h>

#include <algorithm>
#include <cctype>
#include <string>

namespace vfleet {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

/// Names only: the library below would also take paths, and the zone of this machine.
bool is_name(std::string_view zone) {
  if (zone.empty() || zone.size() > 64 || zone.front() == '/' || zone == "localtime") return false;
  return std::all_of(zone.begin(), zone.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
  });
}

seconds offset_at(const absl::TimeZone& zone, absl::Time at) {
  return seconds(zone.At(at).offset);
}

}  // namespace

Result<std::vector<ZoneSpan>> zone_spans(std::string_view name, sys_seconds from, sys_seconds to) {
  if (name == "UTC") return std::vector<ZoneSpan>{{from, seconds(0)}};
  absl::TimeZone zone;
  if (!is_name(name) || !absl::LoadTimeZone(absl::string_view(name.data(), name.size()), &zone)) {
    return fail(Errc::not_found, "unknown time zone '" + std::string(name) +
                                     "': expected UTC or a name such as Asia/Shanghai (package tzdata)");
  }
  absl::Time at = absl::FromUnixSeconds(from.time_since_epoch().count());
  const absl::Time end = absl::FromUnixSeconds(to.time_since_epoch().count());
  std::vector<ZoneSpan> spans = {{from, offset_at(zone, at)}};
  absl::TimeZone::CivilTransition change;
  while (zone.NextTransition(at, &change)) {
    at = zone.At(change.to).trans;
    if (at >= end) break;
    const seconds offset = offset_at(zone, at);
    if (offset != spans.back().offset)
      spans.push_back({sys_seconds(seconds(absl::ToUnixSeconds(at))), offset});
  }
  return spans;
}

}  // namespace vfleet
