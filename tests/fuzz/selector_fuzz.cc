// Any text: parsed or refused with a column; what is accepted reads back as the same selector.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "simulator/bus/selector.h"

namespace {

struct Device : vfleet::bus::IdentityView {
  std::string_view id() const override { return "pile-00042"; }
  std::string_view type() const override { return "charging_pile"; }
  std::string_view group() const override { return "dc"; }
  std::optional<std::string_view> label(std::string_view name) const override {
    return name == "site" ? std::optional<std::string_view>("a") : std::nullopt;
  }
  std::optional<std::string> state(std::string_view name) const override {
    return name == "soc" ? std::optional<std::string>("80.5") : std::nullopt;
  }
};

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using vfleet::bus::Selector;
  const auto once = Selector::parse({reinterpret_cast<const char*>(data), size});
  if (!once) {
    require(once.error().detail.rfind("column ", 0) == 0);
    return 0;
  }
  const auto twice = Selector::parse(once->text());
  require(twice && twice->text() == once->text());
  require(twice->matches(Device()) == once->matches(Device()));
  return 0;
}
