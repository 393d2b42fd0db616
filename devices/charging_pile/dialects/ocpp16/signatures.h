#pragma once

#include <string_view>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::pile::ocpp16 {

/// Whether `signature` (base64) is that of `bytes` by the key of `certificate` (PEM), over SHA-256: ECDSA,
/// RSA PKCS #1 or RSA-PSS. Errors: invalid_argument (the certificate or the base64 is none), rejected.
[[nodiscard]] Status verify_signature(std::string_view certificate, std::string_view signature,
                                      std::string_view bytes);

/// Whether firmware may be signed with it: a certificate in PEM, valid now, of an RSA key of 2048 bits or an
/// EC key of 224 bits at least. Errors: invalid_argument, with the reason.
[[nodiscard]] Status check_signing_certificate(std::string_view certificate, WallTime now);

}  // namespace vfleet::pile::ocpp16
