// Requests to the platform's stand-in: the first line is METHOD TARGET, the rest the body, which comes as a
// report too. Every answer is JSON.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "simulator/core/clock.h"
#include "simulator/platform/api.h"

namespace {

using namespace vfleet;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  const std::string_view body = text.substr(std::min(end + 1, text.size()));
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view target = line.substr(std::min(space + 1, line.size()));

  // One for all inputs: it is large. Forgetting everything is part of what is tried.
  static const ManualClock clock;
  static platform::Platform platform(clock, 1);
  platform.reset(true);
  platform.misbehaviour().clear();
  platform::Api api(platform, [] { return platform::Counters(); });
  std::string device = "none";
  if (const auto report = platform.read(body)) {
    platform.accept(*report, body, platform::Way::http);
    device = report->device;
  }
  const auto answer = api.answer(line.substr(0, space), target, body);
  require(answer.status >= 200 && answer.status < 600 && nlohmann::json::accept(answer.body));
  for (const char* path : {"/devices/none", "/reports?data.a=1"}) {
    require(nlohmann::json::accept(api.answer("GET", path, {}).body));
  }
  if (device.find_first_of("%?#/") == std::string::npos)
    require(nlohmann::json::accept(api.answer("GET", "/devices/" + device, {}).body));
  (void)platform.misbehaviour().decide("meter", device);
  std::string down;
  platform.commands().deliver(device, down);
  return 0;
}
