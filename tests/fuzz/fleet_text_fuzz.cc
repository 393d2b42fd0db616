// The fleet as a journal keeps it: a line for the head, one for each group. What is read is rendered and
// reads as the same; devices get ordinals without end.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "control/server/ordinals.h"
#include "control/server/prepared_fleet.h"

namespace {

using namespace vfleet;
using namespace vfleet::control;

void require(bool holds) {
  if (!holds) std::abort();
}

config::Catalogue small_catalogue() {
  const auto catalogue = config::parse_catalogue(R"({"version":"1","types":[{"name":"pile","schema":[
    {"path":"power","kind":"number","unit":"power","min":0,"max":1e6,"default":"1kW"},
    {"path":"count","kind":"integer","default":"1"},
    {"path":"tags","kind":"list","items":[{"path":"","kind":"text"}],"default":[]},
    {"path":"vehicles","kind":"list","default":[],"items":[{"path":"battery","kind":"number","unit":"energy",
      "default":"60kWh","required":true},{"path":"weight","kind":"integer","default":"1"}]}]}],
    "uplinks":[{"name":"http","schema":[{"path":"url","kind":"text","default":""},
    {"path":"token","kind":"text","default":"","secret":true}]}]})");
  require(catalogue.has_value());
  return *catalogue;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const config::Catalogue catalogue = small_catalogue();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  journal::FleetText kept;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (first) kept.head = text.substr(0, end);
    if (!first) kept.groups.emplace_back(text.substr(0, end));
    first = false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const auto read = server::read_fleet(kept, catalogue);
  if (!read) {
    require(!read.error().detail.empty());
    return 0;
  }
  require(read->text == kept && read->spec.groups.size() == kept.groups.size());
  server::Ordinals ordinals;
  auto again = server::prepare_fleet(read->spec, ordinals, catalogue);
  if (!again) return 0;
  const auto back = server::read_fleet(again->text, catalogue);
  require(back.has_value() && back->spec == again->spec);
  server::Ordinals later;
  later.restore(ordinals.take_unsaved());
  require(later.given() == ordinals.given());
  return 0;
}
