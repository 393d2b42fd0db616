#include "simulator/uplink/delivery_config.h"

#include "simulator/codec/text/template.h"

namespace vfleet::uplink {
namespace {

void check_template(const std::string& key, const std::string& text, std::vector<std::string>& mistakes) {
  const auto made = codec::text::Template::compile(text, {.detect_json = true});
  if (!made) mistakes.push_back(key + ": " + made.error().detail);
}

config::Struct<DeliveryConfig> describe() {
  config::Struct<DeliveryConfig> keys;
  keys.text(
          "payload", [](auto& c) -> auto& { return c.payload; })
      .doc(
          "What the platform gets for each report: a template, see docs/uplinks.md. Empty: the device's own "
          "message.");
  keys.open_texts(
          "payloads", [](auto& c) -> auto& { return c.payloads; })
      .doc("The same for one report, by its name; it goes before payload.");
  keys.integer(
          "offline.max", [](auto& c) -> auto& { return c.offline_max; })
      .range(0.0, 1e6)
      .doc(
          "Reports that a device keeps while it is offline and sends when it is back; 0: none, they are not "
          "sent.");
  keys.choice("offline.policy", [](auto& c) -> auto& { return c.offline_policy; },
              {{"drop_oldest", OfflinePolicy::drop_oldest},
               {"drop_newest", OfflinePolicy::drop_newest},
               {"keep_by_type", OfflinePolicy::keep_by_type}})
      .doc(
          "Which report gives way when offline.max are kept; it counts as failed (evicted). keep_by_type: "
          "the "
          "oldest one that is not in offline.keep.");
  keys.list(
          "offline.keep", config::Kind::text, Unit::none, [](auto& c) -> auto& { return c.offline_keep; })
      .doc("Reports that keep_by_type keeps longest, by name.");
  keys.list(
          "offline.direct", config::Kind::text, Unit::none, [](auto& c) -> auto& { return c.offline_direct; })
      .doc(
          "Reports that never wait: sent before those that are kept, and not at all while the device is "
          "offline. For a login that must come first.");
  keys.number(
          "offline.drain_rate", Unit::frequency, [](auto& c) -> auto& { return c.drain_rate; })
      .range(0, 1e6)
      .doc(
          "How many kept reports a device sends in a second when it is back; 0: as fast as the uplink takes "
          "them.");
  keys.check([](const DeliveryConfig& c, std::vector<std::string>& mistakes) {
    check_template("payload", c.payload, mistakes);
    for (const auto& [report, text] : c.payloads) check_template("payloads." + report, text, mistakes);
  });
  return keys;
}

}  // namespace

const config::Struct<DeliveryConfig>& delivery_keys() {
  static const config::Struct<DeliveryConfig> keys = describe();
  return keys;
}

bool is_delivery_key(std::string_view path) {
  return path == "payload" || path.starts_with("payloads.") || path.starts_with("offline.");
}

}  // namespace vfleet::uplink
