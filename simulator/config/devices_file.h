#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/fleet_spec.h"
#include "simulator/config/load_context.h"

namespace vfleet::config {

/// A listed device and where its file names it.
struct PlacedRow {
  DeviceRow row;
  Place place;
};

/// Reads a devices file: the columns `id`, `label.NAME`, any path of `schema`, and for secrets
/// PATH.secret_file (a file beside this one). An empty cell sets nothing. Mistakes go to the context; rows
/// with one are left out. `from`, `place`, `key`: who named the file.
[[nodiscard]] std::vector<PlacedRow> read_devices(const std::string& path, const Schema& schema,
                                                  LoadContext& context, std::string_view from, Place place,
                                                  const std::string& key);

}  // namespace vfleet::config
