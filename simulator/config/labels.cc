#include "simulator/config/labels.h"

#include <array>

#include "simulator/config/id_pattern.h"

namespace vfleet::config {
namespace {

constexpr std::size_t kValueMax = 64;
constexpr std::array<std::string_view, 8> kReserved{"all",   "group",  "id",    "in",
                                                    "limit", "sample", "state", "type"};

}  // namespace

Status check_label_name(std::string_view name) {
  const auto wrong = [&](const char* what) {
    return fail(Errc::invalid_argument, "'" + std::string(name) + "' cannot name a label: " + what);
  };
  if (!valid_id(name) || name.find('.') != std::string_view::npos)
    return wrong("expected 1 to 64 of a-z A-Z 0-9 - _");
  for (std::string_view word : kReserved) {
    if (name == word) return wrong("selectors use that word");
  }
  return {};
}

Status check_label_value(std::string_view value) {
  const auto wrong = [&](const char* what) {
    return fail(Errc::invalid_argument, "'" + std::string(value) + "': " + what);
  };
  if (value.empty() || value.size() > kValueMax) return wrong("expected 1 to 64 characters");
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || std::string_view(",()!=<>\"").find(c) != std::string_view::npos) {
      return wrong("a label's value has no blanks and none of , ( ) ! = < > \"");
    }
  }
  return {};
}

}  // namespace vfleet::config
