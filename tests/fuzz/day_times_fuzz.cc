// Any lines as times of day and as the curve of a day: refused with a reason, or a rule that comes and a
// curve that never runs backwards. The first four bytes choose the clock.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/schedule/day_curve.h"
#include "simulator/schedule/times_of_day.h"

namespace {

using namespace vfleet;
using namespace std::chrono;

constexpr std::size_t kLinesMax = 32;

void require(bool holds) {
  if (!holds) std::abort();
}

schedule::DayClock clock_of(const std::uint8_t* bytes) {
  constexpr double kScales[] = {1, 60, 0.5, 86'400};
  const sys_seconds start = sys_days(2026y / 1 / 1) + hours(bytes[0] * 36);
  const seconds offset = minutes(15 * (bytes[1] % 96 - 48));
  std::vector<ZoneSpan> spans{{sys_seconds{}, offset}};
  // The clock is set forward, and back again.
  if (bytes[2] != 0) {
    const seconds by = minutes(30 * (bytes[2] % 5 - 2));
    spans.push_back({start + hours(bytes[2]), offset + by});
    spans.push_back({start + hours(24 * bytes[2] + 1), offset});
  }
  return {WallTime(start), kScales[bytes[3] % 4], std::move(spans)};
}

void try_rules(const std::vector<std::string>& lines, const schedule::DayClock& clock) {
  std::vector<schedule::TimeRule> rules;
  for (const std::string& line : lines) {
    if (const auto rule = schedule::TimeRule::parse(line)) {
      rules.push_back(*rule);
    } else {
      require(!rule.error().detail.empty());
    }
  }
  const auto wall = floor<seconds>(sys_time<nanoseconds>(nanoseconds(clock.at_start())));
  sys_seconds after = wall;
  for (int i = 0; i < 4; ++i) {
    const auto next = schedule::next_time(rules, clock, after);
    require(next.has_value() == !rules.empty());
    if (!next) return;
    require(*next > after);
    after = *next;
  }
}

void try_curve(const std::vector<std::string>& lines, const schedule::DayClock& clock) {
  const auto curve = schedule::DayCurve::parse(lines);
  if (!curve) return require(!curve.error().detail.empty());
  if (curve->empty()) return;
  Duration last{};
  for (const Duration even : {Duration(1), Duration(1s), Duration(7h), Duration(24h), Duration(24h * 40)}) {
    const Duration real = curve->real_of(clock, even);
    require(real >= last);
    // Where the grid ends, in 2250 by the local clock, nothing more passes.
    constexpr std::int64_t kLastDay = schedule::DayClock::kEnd - nanoseconds(24h).count();
    if (clock.wall_of(real) < kLastDay && clock.time_scale() == 1)
      require(curve->even_of(clock, real) >= even);
    last = real;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const schedule::DayClock clock = clock_of(data);
  std::string_view text(reinterpret_cast<const char*>(data) + 4, size - 4);
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < kLinesMax) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  try_rules(lines, clock);
  try_curve(lines, clock);
  return 0;
}
