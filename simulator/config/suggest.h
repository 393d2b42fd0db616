#pragma once

#include "simulator/core/suggest.h"

namespace vfleet::config {

using vfleet::did_you_mean;
using vfleet::edit_distance;
using vfleet::nearest_word;

}  // namespace vfleet::config
