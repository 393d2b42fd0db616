#include "simulator/platform/roles/ocpp/credentials.h"

#include <charconv>
#include <string>

#include "simulator/core/ascii.h"
#include "simulator/core/base64.h"

namespace vfleet::platform::ocpp {
namespace {

constexpr std::string_view kBasic = "basic ";

std::string from_hex(std::string_view digits) {
  std::string out;
  if (digits.size() % 2 != 0) return out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    if (error != std::errc() || end != digits.data() + i + 2) return {};
    out += static_cast<char>(byte);
  }
  return out;
}

}  // namespace

bool proves(std::string_view authorization, std::string_view id, std::string_view password) {
  if (!same_but_for_case(authorization.substr(0, kBasic.size()), kBasic)) return false;
  const auto pair = base64_decode(authorization.substr(kBasic.size()));
  if (!pair || pair->size() <= id.size() || !pair->starts_with(id) || (*pair)[id.size()] != ':') return false;
  const std::string_view given = std::string_view(*pair).substr(id.size() + 1);
  if (given == password) return true;
  const std::string bytes = from_hex(password);
  return !bytes.empty() && given == bytes;
}

}  // namespace vfleet::platform::ocpp
