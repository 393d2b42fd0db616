#pragma once

#include <cstdint>
#include <string_view>

#include "simulator/core/result.h"

namespace vfleet::pile::ocpp16 {

/// What a change of SecurityProfile or AuthorizationKey by the CSMS depends on.
struct SecurityMeans {
  std::int64_t profile = 0;         ///< the present one
  bool key = false;                 ///< there is an AuthorizationKey
  bool central_root = false;        ///< there is a root certificate of the CSMS
  bool client_certificate = false;  ///< there is one of its own
};

/// Whether the profile may become `wanted` (whitepaper, A05): it only rises, 1 and 2 need a key, 2 and 3 a
/// root, 3 a certificate of its own. Errors: rejected, with the reason.
[[nodiscard]] Status may_raise_profile(const SecurityMeans& means, std::int64_t wanted);

/// Whether it may become the AuthorizationKey: 16 to 40 characters, and with `hex` an even number of digits.
/// Errors: rejected.
[[nodiscard]] Status may_be_key(std::string_view key, bool hex);

}  // namespace vfleet::pile::ocpp16
