#include "simulator/uplink/device_identity.h"

#include <string>
#include <utility>

namespace vfleet::uplink {

using codec::text::Template;

Result<DeviceIdentity> DeviceIdentity::compile(std::string_view certificate, std::string_view key) {
  DeviceIdentity made;
  auto first = Template::compile(certificate, {.report = false});
  if (!first) return fail(Errc::invalid_argument, "tls.cert: " + first.error().detail);
  auto second = Template::compile(key, {.report = false});
  if (!second) return fail(Errc::invalid_argument, "tls.key: " + second.error().detail);
  if (first->is_constant()) {
    if (second->is_constant()) return made;
    return fail(Errc::invalid_argument, "tls.key differs by device and tls.cert does not");
  }
  made.certificate_ = std::move(*first);
  made.key_ = std::move(*second);
  return made;
}

net::TlsIdentity DeviceIdentity::of(LinkKey link, const codec::text::Names& names) const {
  if (!certificate_) return {};
  certificate_file_.clear();
  certificate_->render(names, certificate_file_);
  key_file_.clear();
  key_.render(names, key_file_);
  return {.certificate = certificate_file_, .key = key_file_, .device = link};
}

}  // namespace vfleet::uplink
