#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "simulator/codec/ykc/layout.h"
#include "simulator/core/result.h"

namespace vfleet::codec::ykc {

/// Makes a layout, from nothing or from another one. Frames are begun, filled and ended one after the other;
/// what fails leaves the layout as it was.
class LayoutBuilder {
 public:
  explicit LayoutBuilder(Layout base = {}) : layout_(std::move(base)) {}

  void name(std::string_view name) { layout_.name_ = name; }
  void doc(std::string_view doc) { layout_.doc_ = doc; }
  [[nodiscard]] Settings& settings() { return layout_.settings_; }
  [[nodiscard]] const Layout& layout() const { return layout_; }

  /// A frame without fields; one of that type is replaced when end() succeeds.
  void begin(std::uint8_t type, std::string_view name);
  /// With the fields of another frame (or of the same, to change it). Error: there is none.
  [[nodiscard]] Status begin_like(std::uint8_t type, std::uint8_t other);
  void frame_name(std::string_view name) { draft_.name = name; }
  void frame_doc(std::string_view doc) { draft_.doc = doc; }
  /// Adds, replaces or removes a field; `spec` as in field_spec.h. Errors say what is wrong with it.
  [[nodiscard]] Status field(std::string_view name, std::string_view spec);
  /// Checks the frame as a whole and takes it over.
  [[nodiscard]] Status end();

  /// Error: there is none.
  [[nodiscard]] Status remove(std::uint8_t type);

  [[nodiscard]] Layout take() { return std::move(layout_); }

 private:
  Layout layout_;
  FrameLayout draft_;
};

/// "fault_bit_base" "0", "card_order" "reversed", "crc_order" "high", "weekday" "on". Errors name what there
/// is.
[[nodiscard]] Status set_setting(Settings& settings, std::string_view name, std::string_view value);

}  // namespace vfleet::codec::ykc
