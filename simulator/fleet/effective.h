#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulator/config/key_mistakes.h"
#include "simulator/config/schema.h"
#include "simulator/core/hash.h"
#include "simulator/core/result.h"
#include "simulator/fleet/delivery.h"
#include "simulator/fleet/group.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::fleet {

class ConfigStore;

/// The effective configuration of all devices that have the same one: immutable and shared. A device holds
/// a ConfigRef, so a patch on 100,000 devices of one profile makes one new object and 100,000 pointer swaps.
class EffectiveConfig {
 public:
  [[nodiscard]] const device::DeviceConfig& typed() const { return *typed_; }
  /// Its number in this process: unlike the address it is never used again.
  [[nodiscard]] std::uint64_t serial() const { return serial_; }
  [[nodiscard]] const config::Values& overlay() const { return overlay_; }  ///< set by rules at run time
  /// Set by the platform at run time: over everything, until an operator changes the same key or the worker's
  /// life ends.
  [[nodiscard]] const config::Values& platform() const { return platform_; }
  /// Whether it is what `group` and these layers give for device `index`.
  [[nodiscard]] bool is(const Group& group, std::uint32_t index, const config::Values& overlay,
                        const config::Values& platform) const;
  [[nodiscard]] uplink::Uplink& uplink() const { return *uplink_; }
  /// What happens to reports before the uplink; null: nothing.
  [[nodiscard]] const Delivery* delivery() const { return delivery_.get(); }
  [[nodiscard]] const config::Values& values() const { return values_; }  ///< all layers but the defaults

 private:
  friend class ConfigStore;
  friend class ConfigRef;
  ConfigStore* store_ = nullptr;
  std::uint32_t references_ = 0;
  std::uint64_t serial_ = 0;
  std::string key_;
  std::uint64_t base_ = 0;  // Group::base_hash
  config::Values overlay_;
  config::Values platform_;
  config::Values values_;
  std::unique_ptr<const device::DeviceConfig> typed_;
  std::shared_ptr<uplink::Uplink> uplink_;    // shared by all configurations with the same uplink settings
  std::shared_ptr<const Delivery> delivery_;  // the same
};

/// A counted reference of 8 bytes; the last one to go deletes the configuration. One thread.
class ConfigRef {
 public:
  ConfigRef() = default;
  explicit ConfigRef(EffectiveConfig* config) : config_(config) {
    if (config_ != nullptr) ++config_->references_;
  }
  ConfigRef(const ConfigRef& other) : ConfigRef(other.config_) {}
  ConfigRef(ConfigRef&& other) noexcept : config_(std::exchange(other.config_, nullptr)) {}
  ConfigRef& operator=(ConfigRef other) noexcept {
    std::swap(config_, other.config_);
    return *this;
  }
  ~ConfigRef();
  const EffectiveConfig* operator->() const { return config_; }
  const EffectiveConfig& operator*() const { return *config_; }
  [[nodiscard]] const EffectiveConfig* get() const { return config_; }
  explicit operator bool() const { return config_ != nullptr; }
  friend bool operator==(const ConfigRef&, const ConfigRef&) = default;

 private:
  EffectiveConfig* config_ = nullptr;
};

/// Makes and shares effective configurations and the uplinks that go with them. Outlives every ConfigRef.
class ConfigStore {
 public:
  ConfigStore(uplink::UplinkEnvironment environment, uplink::LinkOwner& owner)
      : environment_(environment), owner_(owner) {}

  /// The configuration of device `index` of `group` with `overlay`, then `platform`, over its base. Errors:
  /// invalid_argument, with the mistakes across keys.
  [[nodiscard]] Result<ConfigRef> make(const Group& group, std::uint32_t index, const config::Values& overlay,
                                       const config::Values& platform = {});
  /// What to look at: a type's keys are judged faster than what an uplink reads and compiles.
  enum class Judge : std::uint8_t { type, link, all };
  /// All that make() would refuse of devices of `group` whose layers give `values`.
  [[nodiscard]] std::vector<config::KeyMistake> mistakes(const Group& group, const config::Values& values,
                                                         Judge what = Judge::all);
  /// Every uplink in use, with a name for figures ("http 127.0.0.1...").
  template <class Visit>
  void visit_uplinks(Visit&& visit) const {
    for (const auto& [key, weak] : uplinks_) {
      if (const auto strong = weak.lock()) visit(key, *strong);
    }
  }
  [[nodiscard]] std::size_t size() const { return configs_.size(); }

 private:
  friend class ConfigRef;
  void release(EffectiveConfig* config);
  Result<std::shared_ptr<uplink::Uplink>> uplink_for(const Group& group, const config::Values& own);
  Result<std::shared_ptr<const Delivery>> delivery_for(const Group& group, const config::Values& own);

  uplink::UplinkEnvironment environment_;
  uplink::LinkOwner& owner_;
  std::uint64_t made_ = 0;
  std::unordered_map<std::string, std::unique_ptr<EffectiveConfig>> configs_;
  std::unordered_map<std::string, std::weak_ptr<uplink::Uplink>> uplinks_;
  std::unordered_map<std::string, std::weak_ptr<const Delivery>> deliveries_;
};

/// Which kinds of keys change from one configuration to another.
struct Changes {
  bool connection = false;
  bool boot = false;
};
[[nodiscard]] Changes changes_between(const config::Schema& schema, const config::Values& before,
                                      const config::Values& after);

}  // namespace vfleet::fleet
