#pragma once

#include <span>
#include <string_view>

#include "devices/ip_camera/dialect.h"

/// The vendor-neutral JSON dialect: the envelope of codec/envelope around the data that README.md lists.
namespace vfleet::devices::ip_camera::json_dialect {

class JsonDialect final : public Dialect {
 public:
  [[nodiscard]] Status encode(const View& view, const device::Report& report,
                              std::span<const codec::envelope::Override> overrides,
                              codec::Buffer& out) const override;
  [[nodiscard]] Request read(std::string_view message) const override;
};

/// Messages of the platform beyond this are refused unread.
inline constexpr std::size_t kMessageBytesMax = 64 * 1024;

/// As the wire spells it ("videoLost"); the model's name is "video_lost".
[[nodiscard]] std::string_view wire_name(model::EventKind kind);

}  // namespace vfleet::devices::ip_camera::json_dialect
