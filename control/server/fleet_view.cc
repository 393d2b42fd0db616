#include "control/server/fleet_view.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "simulator/config/id_pattern.h"

namespace vfleet::control::server {

namespace {

constexpr std::size_t kCacheMax = 1000;

/// One device of a group at a time.
class Device final : public bus::IdentityView {
 public:
  Device(const config::GroupSpec& group, const std::optional<config::IdPattern>& pattern)
      : group_(group), pattern_(pattern) {}

  void go_to(std::uint64_t index) {
    index_ = index;
    if (group_.rows.empty() && pattern_) {
      id_.clear();
      pattern_->append(id_, group_.first + index);
    } else {
      id_ = group_.device_id(index);
    }
  }

  [[nodiscard]] std::string_view id() const override { return id_; }
  [[nodiscard]] std::string_view type() const override { return group_.type; }
  [[nodiscard]] std::string_view group() const override { return group_.name; }
  [[nodiscard]] std::optional<std::string_view> label(std::string_view name) const override {
    return group_.label(index_, name);
  }
  [[nodiscard]] std::optional<std::string> state(std::string_view) const override { return std::nullopt; }

 private:
  const config::GroupSpec& group_;
  const std::optional<config::IdPattern>& pattern_;
  std::uint64_t index_ = 0;
  std::string id_;
};

}  // namespace

namespace {

/// A device of which only the id is known.
class Stranger final : public bus::IdentityView {
 public:
  explicit Stranger(std::string_view id) : id_(id) {}
  [[nodiscard]] std::string_view id() const override { return id_; }
  [[nodiscard]] std::string_view type() const override { return {}; }
  [[nodiscard]] std::string_view group() const override { return {}; }
  [[nodiscard]] std::optional<std::string_view> label(std::string_view) const override { return std::nullopt; }
  [[nodiscard]] std::optional<std::string> state(std::string_view) const override { return std::nullopt; }

 private:
  std::string_view id_;
};

}  // namespace

struct FleetView::Group {
  const config::GroupSpec* spec = nullptr;
  const TypeInfo* type = nullptr;
  std::optional<config::IdPattern> pattern;
  std::unordered_map<std::string, std::uint64_t> ids;  // of listed devices: their index

  [[nodiscard]] std::optional<std::uint64_t> index_of(const std::string& id) const {
    if (!pattern) {
      const auto at = ids.find(id);
      return at == ids.end() ? std::nullopt : std::optional(at->second);
    }
    const auto number = pattern->number_of(id);
    if (!number || *number < spec->first || *number - spec->first >= spec->count) return std::nullopt;
    return *number - spec->first;
  }
  [[nodiscard]] bool has(const std::string& id) const { return index_of(id).has_value(); }
};

FleetView::~FleetView() = default;
FleetView::FleetView(FleetView&&) noexcept = default;
FleetView& FleetView::operator=(FleetView&&) noexcept = default;

FleetView::FleetView(const config::FleetSpec& fleet, const TypeCatalogue& catalogue) {
  for (const config::GroupSpec& spec : fleet.groups) {
    Group group;
    group.spec = &spec;
    group.type = catalogue.find(spec.type);
    if (spec.rows.empty()) {
      if (auto pattern = config::IdPattern::parse(spec.id)) group.pattern = std::move(*pattern);
    } else {
      for (std::size_t i = 0; i < spec.rows.size(); ++i) group.ids.emplace(spec.rows[i].id, i);
    }
    if (group.type != nullptr && std::find(types_.begin(), types_.end(), group.type) == types_.end()) {
      types_.push_back(group.type);
    }
    groups_.push_back(std::move(group));
  }
}

const Types& FleetView::types_reached(const bus::Selector& selector) {
  if (selector.matches_all() || !selector.identity_only() || types_.size() < 2) return types_;
  const auto cached = cache_.find(selector.text());
  if (cached != cache_.end()) return cached->second;
  if (cache_.size() >= kCacheMax) cache_.clear();
  return cache_.emplace(selector.text(), find_types(selector)).first->second;
}

bool FleetView::reaches(const Group& group, const bus::Selector& selector) {
  if (group.spec->count == 0) return false;
  if (selector.matches_all()) return true;
  if (const auto* ids = selector.exact_ids()) {
    return std::any_of(ids->begin(), ids->end(), [&](const std::string& id) { return group.has(id); });
  }
  Device device(*group.spec, group.pattern);
  for (std::uint64_t i = 0; i < group.spec->count; ++i) {
    device.go_to(i);
    if (selector.matches(device)) return true;
  }
  return false;
}

bool FleetView::reaches(const bus::Selector& selector) const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [&](const Group& group) { return reaches(group, selector); });
}

Types FleetView::find_types(const bus::Selector& selector) const {
  Types found;
  for (const Group& group : groups_) {
    if (group.type == nullptr || std::find(found.begin(), found.end(), group.type) != found.end()) continue;
    if (reaches(group, selector)) found.push_back(group.type);
  }
  return found.empty() ? types_ : found;
}

bool FleetView::matches(const bus::Selector& selector, std::string_view id) const {
  if (selector.matches_all()) return true;
  const std::string text(id);
  for (const Group& group : groups_) {
    const auto index = group.index_of(text);
    if (!index) continue;
    Device device(*group.spec, group.pattern);
    device.go_to(*index);
    return selector.matches(device);
  }
  return selector.matches(Stranger(id));
}

std::uint64_t FleetView::count(const bus::Selector& selector, const config::GroupSpec& group) const {
  const auto at = std::find_if(groups_.begin(), groups_.end(),
                               [&](const Group& each) { return each.spec->name == group.name; });
  if (at == groups_.end()) return 0;
  if (selector.matches_all()) return at->spec->count;
  std::uint64_t count = 0;
  Device device(*at->spec, at->pattern);
  for (std::uint64_t i = 0; i < at->spec->count; ++i) {
    device.go_to(i);
    if (selector.matches(device)) ++count;
  }
  return count;
}

}  // namespace vfleet::control::server
