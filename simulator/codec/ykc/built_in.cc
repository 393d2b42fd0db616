#include "simulator/codec/ykc/built_in.h"

#include <array>
#include <cstdlib>
#include <string>
#include <utility>

#include "simulator/codec/ykc/layout_builder.h"
#include "simulator/codec/ykc/layout_text.h"
#include "simulator/codec/ykc/tables/tables.h"

namespace vfleet::codec::ykc {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"ykc", "ykc-1.5", "ykc-1.6", "ykc-1.7"};

Layout without(const Layout& all, std::string_view name, std::string_view doc,
               std::initializer_list<std::uint8_t> types) {
  LayoutBuilder builder(all);
  builder.name(name);
  builder.doc(doc);
  for (const std::uint8_t type : types) {
    if (!builder.remove(type)) std::abort();
  }
  return builder.take();
}

std::array<Layout, kNames.size()> make_all() {
  std::string table = "layout ykc # every frame of V1.5 to V1.7\n";
  for (const auto part : {tables::link, tables::live, tables::charges, tables::bills, tables::upkeep}) {
    table += part();
  }
  auto all = parse_layout(table);
  // The tables are ours: a mistake in them is one of the program.
  if (!all) std::abort();
  return {*all, without(*all, "ykc-1.5", "V1.5: no paired charging", {0x3D, 0xA1, 0xA2, 0xA3, 0xA4}),
          without(*all, "ykc-1.6", "V1.6", {0x3D}),
          without(*all, "ykc-1.7", "V1.7: the bill is 0x3D, with the meter's cipher", {0x3B})};
}

}  // namespace

std::span<const std::string_view> built_in_names() {
  return kNames;
}

const Layout* built_in(std::string_view name) {
  static const std::array<Layout, kNames.size()> layouts = make_all();
  for (const Layout& each : layouts) {
    if (each.name() == name) return &each;
  }
  return nullptr;
}

}  // namespace vfleet::codec::ykc
