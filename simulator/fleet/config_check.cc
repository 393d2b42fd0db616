#include "simulator/fleet/config_check.h"

#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>
#include <utility>

#include "simulator/fleet/effective.h"
#include "simulator/fleet/group.h"
#include "simulator/uplink/device_identity.h"

namespace vfleet::fleet {
namespace {

/// The names of a device that there is not yet.
class GroupNames final : public codec::text::Names {
 public:
  void of(const Group& group, std::uint32_t index) {
    group_ = &group;
    index_ = index;
  }
  [[nodiscard]] std::string_view device_id() const override { return group_->id(index_, buffer_); }
  [[nodiscard]] std::string_view device_type() const override { return group_->type_name(); }
  [[nodiscard]] std::string_view group() const override { return group_->name(); }
  [[nodiscard]] std::string_view label(std::string_view name) const override {
    return group_->label(index_, name).value_or(std::string_view());
  }

 private:
  const Group* group_ = nullptr;
  std::uint32_t index_ = 0;
  mutable Group::IdBuffer buffer_;
};

/// Nobody: uplinks that are only judged have no links.
class NoOwner final : public uplink::LinkOwner {
 public:
  void link_up(uplink::LinkKey) override {}
  void link_down(uplink::LinkKey, std::string_view) override {}
  void report_sent(uplink::LinkKey, const uplink::Ticket&) override {}
  void report_settled(uplink::LinkKey, const uplink::Ticket&, uplink::Fate) override {}
  void message_received(uplink::LinkKey, std::string_view) override {}
  [[nodiscard]] const codec::text::Names& names(uplink::LinkKey) override { return names_; }

 private:
  GroupNames names_;
};

std::string text_of(const config::Values& values, const std::string& path) {
  const auto at = values.find(path);
  if (at == values.end()) return {};
  const auto* text = std::get_if<std::string>(&at->second.data);
  return text == nullptr ? std::string() : *text;
}

/// `values` with the files of device `index` in place of their templates; nullopt when they are no templates.
std::optional<config::Values> with_own_files(const Group& group, std::uint32_t index, config::Values values) {
  const std::string certificate = group.uplink_prefix() + "tls.cert";
  const std::string key = group.uplink_prefix() + "tls.key";
  const auto identity = uplink::DeviceIdentity::compile(text_of(values, certificate), text_of(values, key));
  if (!identity || !identity->own()) return std::nullopt;
  GroupNames names;
  names.of(group, index);
  const net::TlsIdentity files = identity->of(index, names);
  values.insert_or_assign(certificate, config::Value{std::string(files.certificate)});
  if (!files.key.empty()) values.insert_or_assign(key, config::Value{std::string(files.key)});
  return values;
}

/// Gathers mistakes, each once.
class Found {
 public:
  void add(std::optional<std::uint32_t> row, std::vector<config::KeyMistake> mistakes) {
    for (config::KeyMistake& each : mistakes) {
      if (told_.emplace(each.path, each.message).second) out_.push_back({row, std::move(each)});
    }
  }
  [[nodiscard]] std::vector<GroupMistake> take() { return std::move(out_); }

 private:
  std::vector<GroupMistake> out_;
  std::set<std::pair<std::string, std::string>> told_;
};

}  // namespace

struct ConfigCheck::Parts {
  const device::DeviceRegistry& types;
  NoOwner owner;
  ConfigStore store;

  Parts(const device::DeviceRegistry& known, const uplink::UplinkEnvironment& environment)
      : types(known), store(environment, owner) {}

  void check(const Group& group, std::uint32_t index, ConfigStore::Judge what, Found& found) {
    const std::optional<std::uint32_t> row =
        group.row(index) == nullptr ? std::nullopt : std::optional(index);
    const config::Values values = group.base_values(index);
    auto mistakes = store.mistakes(group, values, what);
    const bool good = mistakes.empty();
    found.add(row, std::move(mistakes));
    if (good && what != ConfigStore::Judge::type) check_files(group, index, values, found);
  }

  void check_files(const Group& group, std::uint32_t index, const config::Values& values, Found& found) {
    if (group.count() == 0) return;
    const std::uint32_t last = group.row(index) == nullptr ? group.count() - 1 : index;
    for (const std::uint32_t device : {index, last}) {
      const auto own = with_own_files(group, device, values);
      if (!own) return;
      auto mistakes = store.mistakes(group, *own, ConfigStore::Judge::link);
      const bool good = mistakes.empty();
      found.add(group.row(device) == nullptr ? std::nullopt : std::optional(device), std::move(mistakes));
      if (!good || device == last) return;
    }
  }

  /// The platform would end the connection of one for the other, again and again. Rows are not compared: of
  /// equal ones only the first comes here.
  static void check_identities(const Group& group, Found& found) {
    if (group.uplink().identity.empty() || group.row(0) != nullptr) return;
    const std::string path = group.uplink_prefix() + group.uplink().identity;
    const std::string text = text_of(group.base_values(0), path);
    if (text.empty() || text.find("{device.id") != std::string::npos) return;
    const auto made = codec::text::Template::compile(text, {.report = false});
    if (!made) return;  // that is told already
    GroupNames names;
    std::unordered_map<std::string, std::uint32_t> taken;
    for (std::uint32_t index = 0; index < group.count(); ++index) {
      names.of(group, index);
      codec::Buffer rendered;
      made->render(names, rendered);
      const auto [other, fresh] = taken.emplace(rendered, index);
      if (fresh) continue;
      Group::IdBuffer buffer;
      const std::string first(group.id(other->second, buffer));
      const std::string second(group.id(index, buffer));
      found.add(std::nullopt,
                {{path, "'" + rendered + "' would be " + first + " and " + second +
                            " alike: each device needs one of its own, as with {device.id} in it"}});
      return;
    }
  }
};

ConfigCheck::ConfigCheck(const device::DeviceRegistry& types, const uplink::UplinkEnvironment& environment)
    : parts_(std::make_unique<Parts>(types, environment)) {}

ConfigCheck::~ConfigCheck() = default;

std::vector<GroupMistake> ConfigCheck::check(std::string_view text) {
  Found found;
  const auto read = Group::from_json(text, parts_->types);
  if (!read) {
    found.add(std::nullopt, {{"", read.error().detail}});
    return found.take();
  }
  const Group& group = **read;
  // Rows differ in values of the type, as a rule: each way to the platform is looked at once.
  std::set<std::string> links;
  std::uint32_t index = 0;
  do {
    const config::DeviceRow* row = group.row(index);
    std::string link;
    if (row != nullptr) {
      config::Values own;
      for (const auto& [path, value] : row->values) {
        if (path.starts_with(group.uplink_prefix())) own.emplace(path, value);
      }
      link = config::to_json(group.schema(), own).dump();
    }
    const bool fresh = links.insert(std::move(link)).second;
    parts_->check(group, index, fresh ? ConfigStore::Judge::all : ConfigStore::Judge::type, found);
    if (row == nullptr) break;  // the others have the same values
  } while (++index < group.count());
  Parts::check_identities(group, found);
  return found.take();
}

}  // namespace vfleet::fleet
