#include "simulator/fleet/delivery.h"

#include <algorithm>
#include <cmath>

#include "simulator/fleet/report_names.h"

namespace vfleet::fleet {
namespace {

using codec::text::Template;

// A template that was looked at before.
std::optional<Template> compiled(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return *Template::compile(text, {.detect_json = true});
}

}  // namespace

Result<std::unique_ptr<const Delivery>> Delivery::make(const device::TypeDescription& type,
                                                       const config::Values& values) {
  if (values.empty()) return nullptr;
  auto config = uplink::delivery_keys().build(values);
  if (!config) return tl::unexpected<Error>(std::move(config.error()));

  std::vector<std::string> names;
  for (const auto& report : type.reports) names.push_back(report.name);
  std::string mistakes;
  const auto check = [&](const std::string& key, const std::string& name) {
    if (const std::string wrong = no_such_report(type, name); !wrong.empty())
      mistakes += (mistakes.empty() ? "" : "; ") + key + ": " + wrong;
  };
  for (const auto& [name, text] : config->payloads) check("payloads." + name, name);
  for (const std::string& name : config->offline_keep) check("offline.keep", name);
  for (const std::string& name : config->offline_direct) check("offline.direct", name);
  if (!mistakes.empty()) return fail(Errc::invalid_argument, std::move(mistakes));

  const auto rule = [&](const std::string& name) {
    const auto contains = [&](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    const auto own = config->payloads.find(name);
    return Rule{.payload = compiled(own != config->payloads.end() ? own->second : config->payload),
                .keep = contains(config->offline_keep),
                .direct = contains(config->offline_direct)};
  };
  auto made = std::make_unique<Delivery>();
  for (const std::string& name : names) made->described_.push_back(rule(name));
  if (type.open) {
    std::vector<std::string> named = config->offline_keep;
    named.insert(named.end(), config->offline_direct.begin(), config->offline_direct.end());
    for (const auto& [name, text] : config->payloads) named.push_back(name);
    for (const std::string& name : named) made->open_.insert_or_assign(name, rule(name));
  }
  made->others_.payload = compiled(config->payload);
  made->offline_max_ = config->offline_max;
  made->policy_ = config->offline_policy;
  constexpr double kLongest = 1e9 * 86400 * 365;
  if (config->drain_rate > 0) {
    made->drain_interval_ = Duration(std::llround(std::min(1e9 / config->drain_rate, kLongest)));
  }
  return made;
}

}  // namespace vfleet::fleet
