#pragma once

#include <memory>
#include <string>
#include <utility>

#include "simulator/config/bind.h"
#include "simulator/uplink/registry.h"

namespace vfleet::uplink {

/// What `make` gives of the configuration that `values` build. Errors: those of the keys and of `make`;
/// unavailable where there is no network. `name`: the kind's.
template <class Config, class Make>
[[nodiscard]] Result<std::unique_ptr<Uplink>> make_on_network(const std::string& name,
                                                              const config::Struct<Config>& keys,
                                                              const UplinkEnvironment& environment,
                                                              const config::Values& values, LinkOwner& owner,
                                                              Make&& make) {
  if (environment.network == nullptr) return fail(Errc::unavailable, name + ": there is no network here");
  Result<Config> config = keys.build(values);
  if (!config) return tl::unexpected(config.error());
  return make(environment, std::move(*config), owner);
}

/// A kind whose links need the network. `keys` live as long as the process; `make` is called with the
/// environment, the Config and the owner.
template <class Config, class Make>
[[nodiscard]] UplinkKind network_kind(std::string name, std::string doc, const config::Struct<Config>& keys,
                                      Make make) {
  UplinkKind kind;
  kind.name = std::move(name);
  kind.doc = std::move(doc);
  kind.schema = keys.schema();
  kind.make = [name = kind.name, &keys, make](const UplinkEnvironment& environment,
                                              const config::Values& values, LinkOwner& owner) {
    return make_on_network(name, keys, environment, values, owner, make);
  };
  return kind;
}

}  // namespace vfleet::uplink
