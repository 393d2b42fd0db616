#include "simulator/platform/complaints.h"

#include <algorithm>

namespace vfleet::platform {
namespace {

// No text that people read holds it.
constexpr char kSeparator = '\0';

}  // namespace

void Complaints::add(std::string_view kind, std::string_view device, std::string_view about,
                     std::string_view what, std::int64_t at_us) {
  const auto counted = by_kind_.find(kind);
  if (counted == by_kind_.end()) {
    by_kind_.emplace(kind, 1);
  } else {
    ++counted->second;
  }
  device = device.substr(0, kTextMax);
  about = about.substr(0, kTextMax);
  key_.assign(kind).push_back(kSeparator);
  key_.append(device).push_back(kSeparator);
  key_.append(about);
  auto row = rows_.find(key_);
  if (row == rows_.end()) {
    if (rows_.size() >= kRowsMax) return;
    row =
        rows_.emplace(key_, Complaint{std::string(kind), std::string(device), std::string(about), {}}).first;
  }
  row->second.what = what.substr(0, kTextMax);
  ++row->second.count;
  row->second.last_us = at_us;
}

std::vector<const Complaint*> Complaints::find(std::string_view kind, std::string_view device,
                                               std::size_t limit) const {
  std::vector<const Complaint*> out;
  for (const auto& [key, row] : rows_) {
    if ((kind.empty() || row.kind == kind) && (device.empty() || row.device == device)) out.push_back(&row);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Complaint* a, const Complaint* b) { return a->count > b->count; });
  if (out.size() > limit) out.resize(limit);
  return out;
}

void Complaints::clear() {
  rows_.clear();
  by_kind_.clear();
}

}  // namespace vfleet::platform
