#include "simulator/fleet/effective.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulator/fleet/report_names.h"

namespace vfleet::fleet {
namespace {

/// Keys below uplink.KIND., without that.
struct LinkValues {
  config::Values own;     ///< of the uplink itself
  config::Values shared;  ///< those that the engine serves
};

LinkValues split_link_values(const Group& group, const config::Values& values) {
  LinkValues out;
  const std::string& prefix = group.uplink_prefix();
  for (auto at = values.lower_bound(prefix); at != values.end() && at->first.starts_with(prefix); ++at) {
    const std::string path = at->first.substr(prefix.size());
    (uplink::is_delivery_key(path) ? out.shared : out.own).emplace(path, at->second);
  }
  return out;
}

}  // namespace

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
  if (auto suits = group.type().suits(*config->typed_, group.uplink().name); !suits) {
    return tl::unexpected<Error>(std::move(suits.error()));
  }
  const auto [own, shared] = split_link_values(group, config->values_);
  auto delivery = delivery_for(group, shared);
  if (!delivery) return tl::unexpected<Error>(std::move(delivery.error()));
  config->delivery_ = std::move(*delivery);
  if (auto named = check_report_names(group.type().description(), group.uplink().schema, own); !named)
    return tl::unexpected<Error>(std::move(named.error()));
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

std::vector<config::KeyMistake> ConfigStore::mistakes(const Group& group, const config::Values& values,
                                                      Judge what) {
  std::vector<config::KeyMistake> out;
  const auto look = [&](const auto& made, std::string_view prefix) {
    if (made) return;
    for (config::KeyMistake& each : config::split_mistakes(made.error().detail, group.schema(), prefix))
      out.push_back(std::move(each));
  };
  if (what != Judge::link) {
    const auto typed = group.type().build(values);
    look(typed, "");
    // With the null uplink profiles are judged by themselves: who uses them has another one.
    if (typed && group.uplink().name != "null") look(group.type().suits(**typed, group.uplink().name), "");
  }
  if (what == Judge::type) return out;
  const auto [own, shared] = split_link_values(group, values);
  look(delivery_for(group, shared), group.uplink_prefix());
  look(check_report_names(group.type().description(), group.uplink().schema, own), group.uplink_prefix());
  look(uplink_for(group, own), group.uplink_prefix());
  return out;
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
