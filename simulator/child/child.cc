#include "simulator/child/child.h"

#include <cstring>

namespace vfleet::child {

std::string Exit::text() const {
  if (signal == 0) return "exited with status " + std::to_string(code);
  return "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

}  // namespace vfleet::child
