#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "simulator/codec/mqtt/wire.h"

namespace vfleet::codec::mqtt {

/// The will's properties have rules of their own, like those of a packet.
inline constexpr unsigned kWillProperties = 0;

/// One property as it stands on the wire. `number` or `text` (and `value`, of a user property) is set.
struct Property {
  PropertyId id{};
  std::uint32_t number = 0;
  std::string_view text;   ///< string, binary data, or a user property's name
  std::string_view value;  ///< of a user property

  friend bool operator==(const Property&, const Property&) = default;
};

/// The properties of a packet, as the bytes they have on the wire, without their length: nothing is copied.
/// What decode() gives out was checked; what is given to encode() comes from a PropertyWriter.
class Properties {
 public:
  Properties() = default;
  explicit Properties(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  /// The first one with this id; of number properties and of text properties.
  [[nodiscard]] std::optional<std::uint32_t> number(PropertyId id) const;
  [[nodiscard]] std::optional<std::string_view> text(PropertyId id) const;
  /// The value of the first user property of this name.
  [[nodiscard]] std::optional<std::string_view> user(std::string_view name) const;

  /// Goes through them: start with all of them, call until it returns nothing.
  [[nodiscard]] static std::optional<Property> next(Properties& rest);

  friend bool operator==(const Properties&, const Properties&) = default;

 private:
  std::string_view bytes_;
};

/// Checks properties read from a packet of `type`, or of the will (kWillProperties): known, allowed there,
/// complete, not repeated, of a permitted value. Answers success, malformed_packet or protocol_error.
[[nodiscard]] ReasonCode check_properties(std::string_view bytes, unsigned type);

/// Whether a text property can have this value: UTF-8 without U+0000, at most 65,535 bytes.
[[nodiscard]] bool is_property_text(std::string_view text);

/// Appends properties to bytes that Properties can be made of.
class PropertyWriter {
 public:
  explicit PropertyWriter(std::string& out) : out_(out) {}
  /// `value` is written in as many bytes as the property has.
  PropertyWriter& number(PropertyId id, std::uint32_t value);
  PropertyWriter& text(PropertyId id, std::string_view value);
  PropertyWriter& user(std::string_view name, std::string_view value);

 private:
  std::string& out_;
};

}  // namespace vfleet::codec::mqtt
