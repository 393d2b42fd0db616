#pragma once

#include <cstdint>
#include <vector>

#include "devices/charging_pile/dialect.h"
#include "simulator/device/type.h"

namespace vfleet::pile {

/// YKC (云快充) V1.5 and V1.6, the pile's side.
[[nodiscard]] const Dialect& ykc_dialect();

namespace ykc {
/// A report for each frame that a pile may send, named ykc_ and the frame's name.
[[nodiscard]] std::vector<device::ReportDescription> ykc_reports();
/// States that only its piles have.
[[nodiscard]] std::vector<device::StateDescription> ykc_states();
/// The report of a frame; 0 when there is none.
[[nodiscard]] device::ReportIndex report_of(std::uint8_t frame);
/// And the frame of a report; 0 when it is of another dialect.
[[nodiscard]] std::uint8_t frame_of(device::ReportIndex report);
}  // namespace ykc

}  // namespace vfleet::pile
