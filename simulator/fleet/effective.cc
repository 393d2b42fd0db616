#include "simulator/fleet/effective.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace vfleet::fleet {

ConfigRef::~ConfigRef() {
  if (config_ != nullptr && --config_->references_ == 0) config_->store_->release(config_);
}

void ConfigStore::release(EffectiveConfig* config) {
  // By value: the key dies with the configuration.
  const std::string key = config->key_;
  configs_.erase(key);
}

bool EffectiveConfig::is(const Group& group, std::uint32_t index, const config::Values& overlay,
                         const config::Values& platform) const {
  return base_ == group.base_hash(index) && overlay_ == overlay && platform_ == platform;
}

Result<ConfigRef> ConfigStore::make(const Group& group, std::uint32_t index, const config::Values& overlay,
                                    const config::Values& platform) {
  std::string key =
      std::to_string(group.base_hash(index)) + '\n' + config::to_json(group.schema(), overlay).dump();
  if (!platform.empty()) key += '\n' + config::to_json(group.schema(), platform).dump();
  if (const auto at = configs_.find(key); at != configs_.end()) return ConfigRef(at->second.get());

  auto config = std::make_unique<EffectiveConfig>();
  config->store_ = this;
  config->serial_ = ++made_;
  config->values_ = group.base_values(index);
  config->base_ = group.base_hash(index);
  for (const config::Values* layer : {&overlay, &platform}) {
    for (const auto& [path, value] : *layer) config->values_.insert_or_assign(path, value);
  }
  auto typed = group.type().build(config->values_);
  if (!typed) return tl::unexpected<Error>(std::move(typed.error()));
  config->typed_ = std::move(*typed);
  // Keys below uplink.KIND.: those of the uplink itself, and those that the engine serves.
  config::Values own;
  config::Values shared;
  const std::string& prefix = group.uplink_prefix();
  for (auto at = config->values_.lower_bound(prefix);
       at != config->values_.end() && at->first.starts_with(prefix); ++at) {
    const std::string path = at->first.substr(prefix.size());
    (uplink::is_delivery_key(path) ? shared : own).emplace(path, at->second);
  }
  auto delivery = delivery_for(group, shared);
  if (!delivery) return tl::unexpected<Error>(std::move(delivery.error()));
  config->delivery_ = std::move(*delivery);
  auto uplink = uplink_for(group, own);
  if (!uplink) return tl::unexpected<Error>(std::move(uplink.error()));
  config->uplink_ = std::move(*uplink);
  config->overlay_ = overlay;
  config->platform_ = platform;
  config->key_ = key;
  EffectiveConfig* made = config.get();
  configs_.emplace(std::move(key), std::move(config));
  return ConfigRef(made);
}

Result<std::shared_ptr<uplink::Uplink>> ConfigStore::uplink_for(const Group& group,
                                                                const config::Values& own) {
  std::string key = group.uplink().name + ' ' + config::to_json(group.uplink().schema, own).dump();
  if (const auto at = uplinks_.find(key); at != uplinks_.end()) {
    if (auto alive = at->second.lock()) return alive;
  }
  auto made = group.uplink().make(environment_, own, owner_);
  if (!made) return tl::unexpected<Error>(std::move(made.error()));
  std::shared_ptr<uplink::Uplink> shared = std::move(*made);
  uplinks_.insert_or_assign(std::move(key), shared);
  return shared;
}

Result<std::shared_ptr<const Delivery>> ConfigStore::delivery_for(const Group& group,
                                                                  const config::Values& own) {
  if (own.empty()) return nullptr;
  std::string key = group.type_name() + ' ' + config::to_json(group.uplink().schema, own).dump();
  if (const auto at = deliveries_.find(key); at != deliveries_.end()) {
    if (auto alive = at->second.lock()) return alive;
  }
  auto made = Delivery::make(group.type().description(), own);
  if (!made) return tl::unexpected<Error>(std::move(made.error()));
  std::shared_ptr<const Delivery> shared = std::move(*made);
  deliveries_.insert_or_assign(std::move(key), shared);
  return shared;
}

Changes changes_between(const config::Schema& schema, const config::Values& before,
                        const config::Values& after) {
  Changes out;
  const auto note = [&](const std::string& path) {
    const config::Key* key = schema.find(path);
    if (key == nullptr) return;
    out.connection = out.connection || key->effect == config::Effect::connection;
    out.boot = out.boot || key->effect == config::Effect::boot;
  };
  for (const auto& [path, value] : after) {
    const auto at = before.find(path);
    if (at == before.end() || !(at->second == value)) note(path);
  }
  for (const auto& [path, value] : before) {
    if (!after.contains(path)) note(path);
  }
  return out;
}

}  // namespace vfleet::fleet
