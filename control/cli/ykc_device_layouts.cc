#include "control/cli/ykc_device_layouts.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "control/cli/render/read.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/layout_builder.h"
#include "simulator/dialect/ykc_layout_file.h"

namespace vfleet::cli {
namespace {

namespace ykc = codec::ykc;

// Empty, a name, or a file in a folder.
std::optional<ykc::Layout> named_layout(const std::string& name, const std::string& folder,
                                        const ykc::Layout& fallback) {
  if (name.empty()) return fallback;
  if (const ykc::Layout* known = ykc::built_in(name)) return *known;
  const config::LoadOptions options;
  config::LoadContext context(options);
  return dialect::load_ykc_layout(std::filesystem::path(folder) / name, context);
}

}  // namespace

std::string YkcDeviceLayouts::take(const nlohmann::json& row) {
  const std::string id = text_at(row, "id");
  const nlohmann::json& values = object_at(row, "values");
  const std::string name = text_at(values, "ykc.layout");
  const std::string folder = text_at(values, "ykc.layout_folder");
  constexpr const char* kSettings[] = {"fault_bit_base", "card_order", "weekday", "crc_order"};
  std::string key = folder + '\n' + name;
  for (const char* setting : kSettings) {
    key += '\n' + text_at(values, (std::string("ykc.") + setting).c_str());
  }
  const auto [at, fresh] = layouts_.try_emplace(key);
  if (fresh) {
    auto layout = named_layout(name, folder, fallback_);
    if (!layout) {
      return fmt::format(
          "the layout {} of {} cannot be read here: its frames are read as {}; --layout FILE names one", name,
          id, fallback_.name());
    }
    ykc::LayoutBuilder builder(std::move(*layout));
    for (const char* setting : kSettings) {
      const std::string value = text_at(values, (std::string("ykc.") + setting).c_str());
      // "layout": as that says; and what this program does not know changes nothing.
      (void)ykc::set_setting(builder.settings(), setting, value);
    }
    at->second = std::make_unique<ykc::Layout>(builder.take());
  }
  if (at->second != nullptr) devices_[id] = at->second.get();
  return {};
}

const ykc::Layout& YkcDeviceLayouts::of(const std::string& device) const {
  const auto at = devices_.find(device);
  return at == devices_.end() ? fallback_ : *at->second;
}

}  // namespace vfleet::cli
