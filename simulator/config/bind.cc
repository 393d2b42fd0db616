#include "simulator/config/bind.h"

#include <array>
#include <charconv>

namespace vfleet::config::detail {

Value to_value(float v) {
  std::array<char, 32> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), v);
  double exact = 0;
  std::from_chars(buffer.data(), written.ptr, exact);
  return Value{exact};
}

}  // namespace vfleet::config::detail
