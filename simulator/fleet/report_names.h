#pragma once

#include <string>
#include <string_view>

#include "simulator/config/schema.h"
#include "simulator/core/result.h"
#include "simulator/device/type.h"

namespace vfleet::fleet {

/// What is wrong with `name` as the name of a report of `type`, with what was meant; empty: nothing, as of
/// any name where the type is open.
[[nodiscard]] std::string no_such_report(const device::TypeDescription& type, std::string_view name);

/// The reports that settings of an uplink name: open keys go by their names (topics.meter), and a key
/// "report" holds one (login.report). `values`: paths as in `uplink`. Errors: invalid_argument with every
/// mistake.
[[nodiscard]] Status check_report_names(const device::TypeDescription& type, const config::Schema& uplink,
                                        const config::Values& values);

}  // namespace vfleet::fleet
