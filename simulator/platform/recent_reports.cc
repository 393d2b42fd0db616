#include "simulator/platform/recent_reports.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulator/core/nesting.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;

// The value at a dotted path; numbers between dots index arrays. nullptr when it is not there.
const json* at_path(const json& tree, std::string_view path) {
  const json* node = &tree;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string name(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (node->is_object()) {
      const auto found = node->find(name);
      if (found == node->end()) return nullptr;
      node = &*found;
    } else if (node->is_array() && !name.empty() && name.size() < 7 &&
               name.find_first_not_of("0123456789") == std::string::npos) {
      const std::size_t index = std::stoul(name);
      if (index >= node->size()) return nullptr;
      node = &(*node)[index];
    } else {
      return nullptr;
    }
  }
  return node;
}

bool has_fields(const RecentReport& report, const ReportFilter& filter) {
  if (filter.fields.empty()) return true;
  if (!nests_at_most(report.text)) return false;
  const json tree = json::parse(report.text, nullptr, false);
  if (tree.is_discarded()) return false;
  return std::all_of(filter.fields.begin(), filter.fields.end(), [&tree](const auto& field) {
    const json* value = at_path(tree, field.first);
    if (value == nullptr) return false;
    if (value->is_string()) return value->template get_ref<const std::string&>() == field.second;
    return value->dump(-1, ' ', false, json::error_handler_t::replace) == field.second;
  });
}

}  // namespace

void RecentReports::add(std::string_view device, std::string_view type, std::int64_t arrived_us,
                        std::string_view text) {
  if (ring_.size() < capacity_) ring_.emplace_back();
  RecentReport& report = ring_[added_ % capacity_];
  ++added_;
  report.number = numbers_ == nullptr ? added_ : numbers_->fetch_add(1) + 1;
  report.arrived_us = arrived_us;
  report.device = device.substr(0, 128);
  report.type = type.substr(0, 64);
  report.text = text.substr(0, kTextMax);
}

std::vector<const RecentReport*> RecentReports::find(const ReportFilter& filter) const {
  std::vector<const RecentReport*> found;
  for (std::uint64_t back = 0; back < ring_.size() && found.size() < filter.limit; ++back) {
    const RecentReport& report = ring_[(added_ - 1 - back) % capacity_];
    if (!filter.device.empty() && report.device != filter.device) continue;
    if (!filter.type.empty() && report.type != filter.type) continue;
    if (has_fields(report, filter)) found.push_back(&report);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

void RecentReports::clear() {
  ring_.clear();
  added_ = 0;
}

}  // namespace vfleet::platform
