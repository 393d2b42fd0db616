#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/bind.h"

namespace vfleet::uplink {

/// Which report gives way when a device's queue is full.
enum class OfflinePolicy : std::uint8_t {
  drop_oldest,
  drop_newest,
  keep_by_type,  ///< the oldest one that is none of `keep`
};

/// What every uplink has besides its own settings: keys below "uplink.KIND.", done by the engine, not by the
/// uplinks. All of them may be changed live and leave the connection alone.
struct DeliveryConfig {
  std::string payload;                          ///< template; empty: the device's own message
  std::map<std::string, std::string> payloads;  ///< the same by report
  std::uint32_t offline_max = 0;                ///< reports of a device; 0: none is kept
  OfflinePolicy offline_policy = OfflinePolicy::drop_oldest;
  std::vector<std::string> offline_keep;    ///< reports
  std::vector<std::string> offline_direct;  ///< reports that never wait
  double drain_rate = 0;                    ///< reports a second; 0: as fast as the uplink takes them
};

/// Its keys, without the prefix.
[[nodiscard]] const config::Struct<DeliveryConfig>& delivery_keys();
/// Whether `path`, without the prefix, is one of them.
[[nodiscard]] bool is_delivery_key(std::string_view path);

}  // namespace vfleet::uplink
