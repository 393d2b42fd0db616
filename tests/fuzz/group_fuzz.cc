// A group as control sends it to a worker, and the arguments of a trigger: refused, or every device of it has
// an id that leads back to it, an ordinal and a configuration.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "devices/all_devices.h"
#include "simulator/fleet/group.h"
#include "simulator/fleet/triggers.h"

namespace {

using namespace vfleet;

void require(bool holds) {
  if (!holds) std::abort();
}

const device::DeviceRegistry& types() {
  static const device::DeviceRegistry& all = []() -> const device::DeviceRegistry& {
    static device::DeviceRegistry registry;
    register_all_devices(registry);
    return registry;
  }();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto spec = fleet::TriggerSpec::from_args(text)) require(!spec->report.empty());

  const auto group = fleet::Group::from_json(text, types());
  if (!group) {
    require(!group.error().detail.empty());
    return 0;
  }
  const fleet::Group& g = **group;
  const std::uint32_t last = std::max(g.count(), 1U) - 1;
  for (const std::uint32_t index : {0U, last / 2, last}) {
    if (index >= g.count()) continue;
    fleet::Group::IdBuffer buffer;
    const std::string id(g.id(index, buffer));
    require(!id.empty() && g.index_of(id) == index);
    (void)g.base_values(index);
    (void)g.base_hash(index);
    g.visit_labels(index, [&](std::string_view name, std::string_view value) {
      require(g.label(index, name) == value);
    });
    require(fleet::shard_of(g.ordinal(index), 4) < 4);
  }
  return 0;
}
