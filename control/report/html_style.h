#pragma once

/// What every report page has: its style, and the script that shows values below the mouse.
namespace vfleet::control::report {

extern const char* const kStyle;
extern const char* const kScript;

}  // namespace vfleet::control::report
