#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace vfleet {

/// What kind of thing went wrong; the text of an Error says the rest.
enum class Errc : std::uint8_t {
  malformed,         ///< bytes or text that do not follow their format
  too_large,         ///< past a size limit
  timed_out,
  link_down,         ///< the device is offline, or the peer is gone
  rejected,          ///< understood and refused
  invalid_argument,  ///< a value out of range, an unknown name
  not_found,
  unavailable,       ///< a resource of this machine is missing: port, descriptor, file
};

[[nodiscard]] constexpr std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::malformed: return "malformed";
    case Errc::too_large: return "too large";
    case Errc::timed_out: return "timed out";
    case Errc::link_down: return "link down";
    case Errc::rejected: return "rejected";
    case Errc::invalid_argument: return "invalid argument";
    case Errc::not_found: return "not found";
    case Errc::unavailable: return "unavailable";
  }
  return "unknown";
}

struct Error {
  Errc code;
  std::string detail;  ///< for people; stays empty on the hot path

  friend bool operator==(const Error&, const Error&) = default;
};

/// The one name for "a value or an Error"; std::expected replaces tl::expected here when the compiler has it.
template <class T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

[[nodiscard]] inline tl::unexpected<Error> fail(Errc code, std::string detail = {}) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}

}  // namespace vfleet
