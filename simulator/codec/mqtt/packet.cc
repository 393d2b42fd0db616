#include "simulator/codec/mqtt/packet.h"

#include "simulator/codec/mqtt/bytes.h"

namespace vfleet::codec::mqtt {

std::optional<Subscription> Filters::next(Filters& rest) {
  if (rest.bytes_.empty()) return std::nullopt;
  ByteReader reader(rest.bytes_);
  Subscription out;
  out.filter = reader.text();
  if (rest.with_options_) {
    const std::uint8_t options = reader.byte();
    out.qos = options & 3;
    out.no_local = (options & 4) != 0;
    out.retain_as_published = (options & 8) != 0;
    out.retain_handling = options >> 4 & 3;
  }
  rest.bytes_ = reader.rest();
  if (!reader.ok()) return std::nullopt;
  return out;
}

void Filters::append(const Subscription& each, std::string& out) {
  put_text(out, each.filter);
  put_byte(out, static_cast<std::uint8_t>(each.qos | (each.no_local ? 4 : 0) |
                                          (each.retain_as_published ? 8 : 0) | each.retain_handling << 4));
}

ReasonCode from_return_code(std::uint8_t code) {
  switch (code) {
    case 0:
      return ReasonCode::success;
    case 1:
      return ReasonCode::unsupported_protocol_version;
    case 2:
      return ReasonCode::client_identifier_not_valid;
    case 3:
      return ReasonCode::server_unavailable;
    case 4:
      return ReasonCode::bad_user_name_or_password;
    case 5:
      return ReasonCode::not_authorized;
    default:
      return ReasonCode::unspecified_error;
  }
}

std::uint8_t to_return_code(ReasonCode reason) {
  if (!is_error(reason)) return 0;
  if (reason == ReasonCode::unsupported_protocol_version) return 1;
  if (reason == ReasonCode::client_identifier_not_valid) return 2;
  if (reason == ReasonCode::bad_user_name_or_password) return 4;
  if (reason == ReasonCode::not_authorized) return 5;
  if (reason == ReasonCode::unspecified_error) return 0x80;
  return 3;
}

}  // namespace vfleet::codec::mqtt
