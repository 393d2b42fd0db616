#pragma once

#include <optional>
#include <string_view>

#include "simulator/codec/text/template.h"
#include "simulator/net/tls_options.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::uplink {

/// Which certificate each device shows: the names of its files, as templates of the device's names.
class DeviceIdentity {
 public:
  /// All devices show the same one, or none.
  DeviceIdentity() = default;
  /// Errors: invalid_argument: a place that templates without a report do not have.
  [[nodiscard]] static Result<DeviceIdentity> compile(std::string_view certificate, std::string_view key);

  /// Whether each device has its own.
  [[nodiscard]] bool own() const { return certificate_.has_value(); }
  /// Nothing unless own(). Views are valid until the next call.
  [[nodiscard]] net::TlsIdentity of(LinkKey link, const codec::text::Names& names) const;

 private:
  std::optional<codec::text::Template> certificate_;
  codec::text::Template key_;
  mutable codec::Buffer certificate_file_;
  mutable codec::Buffer key_file_;
};

}  // namespace vfleet::uplink
