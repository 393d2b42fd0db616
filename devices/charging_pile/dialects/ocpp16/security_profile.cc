#include "devices/charging_pile/dialects/ocpp16/security_profile.h"

#include <algorithm>
#include <string>

namespace vfleet::pile::ocpp16 {

Status may_raise_profile(const SecurityMeans& means, std::int64_t wanted) {
  if (wanted > 3) return fail(Errc::rejected, "there are profiles 0 to 3");
  if (wanted <= means.profile) {
    return fail(Errc::rejected, "the profile is " + std::to_string(means.profile) + " and can only rise");
  }
  if (wanted < 3 && !means.key) return fail(Errc::rejected, "it needs an AuthorizationKey first");
  if (wanted >= 2 && !means.central_root) {
    return fail(Errc::rejected, "it needs a CentralSystemRootCertificate first");
  }
  if (wanted == 3 && !means.client_certificate) {
    return fail(Errc::rejected, "it needs a certificate of the charge point first");
  }
  return {};
}

Status may_be_key(std::string_view key, bool hex) {
  if (key.size() < 16 || key.size() > 40) return fail(Errc::rejected, "a key has 16 to 40 characters");
  const auto digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  if (hex && (key.size() % 2 != 0 || !std::all_of(key.begin(), key.end(), digit))) {
    return fail(Errc::rejected, "the key is not bytes in hexadecimal digits");
  }
  return {};
}

}  // namespace vfleet::pile::ocpp16
