#include "simulator/config/layers.h"

#include <array>

namespace vfleet::config {
namespace {

/// The layers over the defaults, lowest first; null where there is none.
std::array<const Values*, 4> stack(const Layers& layers) {
  return {layers.group == nullptr ? nullptr : &layers.group->profile_values,
          layers.group == nullptr ? nullptr : &layers.group->values,
          layers.row == nullptr ? nullptr : &layers.row->values,
          layers.overlay == nullptr ? nullptr : &layers.overlay->values};
}

std::string source(const Layers& layers, std::size_t layer, std::string_view path) {
  switch (layer) {
    case 0:
      return "profile " + layers.group->profile;
    case 1:
      return "fleet file";
    case 2:
      return "devices file";
    default:
      break;
  }
  const auto at = layers.overlay->revisions.find(path);
  return "revision " + std::to_string(at == layers.overlay->revisions.end() ? 0 : at->second);
}

// An open key has no default; each path that it describes has its layers.
void explain_open(const Layers& layers, const Key& key, std::vector<Explained>& out) {
  const std::string prefix = key.path.substr(0, key.path.size() - 1);
  std::map<std::string, std::vector<Explained>> by_path;
  const auto values = stack(layers);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == nullptr) continue;
    for (auto at = values[i]->lower_bound(prefix); at != values[i]->end() && at->first.starts_with(prefix); ++at)
      by_path[at->first].push_back({at->first, format_value(key, at->second), source(layers, i, at->first)});
  }
  for (auto& [path, lines] : by_path) out.insert(out.end(), lines.begin(), lines.end());
}

void explain_key(const Layers& layers, const Key& key, std::vector<Explained>& out) {
  if (is_open(key)) return explain_open(layers, key, out);
  out.push_back({key.path, format_value(key, key.initial), "default"});
  const auto values = stack(layers);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == nullptr) continue;
    const auto at = values[i]->find(key.path);
    if (at != values[i]->end())
      out.push_back({key.path, format_value(key, at->second), source(layers, i, key.path)});
  }
}

}  // namespace

void Overlay::set(std::string path, Value value, std::uint64_t revision) {
  revisions.insert_or_assign(path, revision);
  values.insert_or_assign(std::move(path), std::move(value));
}

void Overlay::unset(std::string_view path) {
  if (const auto at = values.find(path); at != values.end()) values.erase(at);
  if (const auto at = revisions.find(path); at != revisions.end()) revisions.erase(at);
}

Values effective_values(const Layers& layers) {
  Values out = layers.schema.defaults();
  for (const Values* values : stack(layers)) {
    if (values == nullptr) continue;
    for (const auto& [path, value] : *values) {
      if (const auto at = out.find(path); at != out.end()) {
        at->second = value;
      } else if (layers.schema.find(path) != nullptr) {
        out.emplace(path, value);  // of an open key
      }
    }
  }
  return out;
}

Values below(const Values& values, std::string_view prefix) {
  const std::string start = std::string(prefix) + ".";
  Values out;
  for (auto at = values.lower_bound(start); at != values.end() && at->first.starts_with(start); ++at) {
    out.emplace_hint(out.end(), at->first.substr(start.size()), at->second);
  }
  return out;
}

const Value* effective_value(const Layers& layers, std::string_view path) {
  const Key* key = layers.schema.find(path);
  if (key == nullptr) return nullptr;
  const Value* value = is_open(*key) ? nullptr : &key->initial;
  for (const Values* values : stack(layers)) {
    if (values == nullptr) continue;
    if (const auto at = values->find(path); at != values->end()) value = &at->second;
  }
  return value;
}

std::vector<Explained> explain(const Layers& layers, std::string_view path) {
  std::vector<Explained> out;
  const std::string section = std::string(path) + ".";
  for (const Key& key : layers.schema.keys()) {
    if (path.empty() || key.path == path || key.path.starts_with(section)) explain_key(layers, key, out);
  }
  return out;
}

}  // namespace vfleet::config
