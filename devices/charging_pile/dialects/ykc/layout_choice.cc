#include "devices/charging_pile/dialects/ykc/layout_choice.h"

#include <array>
#include <filesystem>
#include <string_view>

#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/layout_text.h"
#include "simulator/dialect/ykc_layout_file.h"

namespace vfleet::pile::ykc {
namespace {

// What a pile can not do without.
constexpr std::array<std::string_view, 9> kNeeded = {"0x01", "0x02", "0x03", "0x04", "0x13",
                                                     "0x33", "0x34", "0x36", "0x40"};

std::string missing(const codec::ykc::Layout& layout) {
  for (const std::string_view each : kNeeded) {
    if (layout.find(each) == nullptr) return std::string(each);
  }
  return layout.find(std::uint8_t{0x3B}) == nullptr && layout.find(std::uint8_t{0x3D}) == nullptr ? "0x3B"
                                                                                                  : "";
}

}  // namespace

LayoutChoice choose_layout(const std::string& layout, const std::string& folder, Version version) {
  LayoutChoice out;
  out.text = version == Version::v1_5 ? "ykc-1.5" : "ykc-1.6";
  if (layout.empty()) return out;
  if (codec::ykc::built_in(layout) != nullptr) return {.text = layout, .mistake = {}};
  const config::LoadOptions options;
  config::LoadContext context(options);
  const std::string path = (std::filesystem::path(folder) / layout).string();
  const auto read = dialect::load_ykc_layout(path, context);
  if (!read) {
    out.mistake = "cannot be used:";
    for (const auto& each : context.mistakes()) out.mistake += " " + config::to_string(each);
    return out;
  }
  if (const std::string frame = missing(*read); !frame.empty()) {
    out.mistake = "has no frame " + frame + ", which a pile needs";
    return out;
  }
  out.text = codec::ykc::to_text(*read);
  return out;
}

}  // namespace vfleet::pile::ykc
