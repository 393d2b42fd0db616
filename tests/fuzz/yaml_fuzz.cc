#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "simulator/config/fleet_file.h"

// Fleet files, profiles and devices files from anywhere: loading ends, in a fleet or in mistakes that can be
// shown.
namespace {

using namespace vfleet;
using namespace vfleet::config;

Catalogue small_catalogue() {
  const auto catalogue = parse_catalogue(R"({"version":"1","types":[{"name":"pile","schema":[
    {"path":"power","kind":"number","unit":"power","min":0,"max":1e6,"default":"1kW"},
    {"path":"reports.meter.every","kind":"duration","default":"15s"},
    {"path":"count","kind":"integer","default":"1"},
    {"path":"on","kind":"boolean","default":"true"},
    {"path":"kind","kind":"choice","choices":["ac","dc"],"default":"ac"},
    {"path":"tags","kind":"list","items":[{"path":"","kind":"text"}],"default":[]},
    {"path":"vehicles","kind":"list","default":[],"items":[{"path":"battery","kind":"number","unit":"energy",
      "default":"60kWh","required":true},{"path":"weight","kind":"integer","default":"1"}]}]}],
    "uplinks":[{"name":"http","schema":[{"path":"url","kind":"text","default":""},
    {"path":"token","kind":"text","default":"","secret":true}]}]})");
  if (!catalogue) std::abort();
  return *catalogue;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Catalogue catalogue = small_catalogue();
  const std::string text(reinterpret_cast<const char*>(data), size);
  LoadOptions options;
  // The input is every file: it may name itself as profile, as what it extends and as its list of devices.
  options.read_file = [&](const std::string& path, std::size_t bytes_max) -> Result<std::string> {
    if (path == "none" || text.size() > bytes_max) return fail(Errc::not_found, "there is no file " + path);
    return text;
  };
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "SET" ? std::optional<std::string>("${SET}") : std::nullopt;
  };
  const auto fleet = load_fleet("fleet.yaml", catalogue, options);
  if (fleet) {
    const std::string json = to_json(*fleet, catalogue).dump();
    const auto back = fleet_from_json(nlohmann::json::parse(json), catalogue);
    if (!back || *back != *fleet) std::abort();
  } else if (fleet.error().empty() || to_json(fleet.error()).dump().empty()) {
    std::abort();
  }
  const auto profile = load_profile("profile.yaml", catalogue, options);
  if (!profile && profile.error().empty()) std::abort();
  return 0;
}
