#include "simulator/config/profile_file.h"

#include <algorithm>

#include "simulator/config/suggest.h"
#include "simulator/config/yaml_values.h"

namespace vfleet::config {
namespace {

using NodeKind = YamlNode::Kind;

constexpr std::size_t kChainMax = 16;

const std::string* text_of(const YamlNode::Entry* entry) {
  return entry != nullptr && entry->value->is(NodeKind::scalar) ? &entry->value->text : nullptr;
}

std::vector<std::string> names_of(const Catalogue::Entries& entries) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries) names.push_back(name);
  return names;
}

}  // namespace

const Profile* ProfileFiles::load(const std::string& path, std::string_view from, Place place,
                                  const std::string& key) {
  if (std::find(chain_.begin(), chain_.end(), path) != chain_.end()) {
    std::string round;
    for (const std::string& file : chain_) round += file + " -> ";
    context_.mistake(from, place, key, "profiles extend each other in a circle: " + round + path);
    return nullptr;
  }
  if (chain_.size() >= kChainMax) {
    context_.mistake(from, place, key,
                     "more than " + std::to_string(kChainMax) + " profiles extend each other");
    return nullptr;
  }
  auto at = read_.find(path);
  if (at == read_.end()) {
    chain_.push_back(path);
    auto profile = read(path, from, place, key);
    chain_.pop_back();
    at = read_.emplace(path, std::move(profile)).first;
  }
  return at->second ? &*at->second : nullptr;
}

std::optional<Profile> ProfileFiles::read(const std::string& path, std::string_view from, Place place,
                                          const std::string& key) {
  const auto text = context_.read(path, kYamlBytesMax, from, place, key);
  if (!text) return std::nullopt;
  const auto root = parse_yaml(*text, path, context_);
  if (root == nullptr) return std::nullopt;
  if (!root->is(NodeKind::map)) {
    context_.mistake(path, root->place, "", "expected a profile: type, and its settings");
    return std::nullopt;
  }
  Profile profile;
  bool good = true;
  const YamlNode::Entry* extends = root->find("extends");
  if (extends != nullptr) {
    const std::string* base_path = text_of(extends);
    if (base_path == nullptr)
      context_.mistake(path, extends->place, "extends", "expected the path of a profile");
    const Profile* base = base_path == nullptr
                              ? nullptr
                              : load(beside(path, *base_path), path, extends->value->place, "extends");
    if (base != nullptr) profile = *base;
    good = base != nullptr;
  }
  const YamlNode::Entry* type = root->find("type");
  const std::string* name = text_of(type);
  if (name == nullptr) {
    context_.mistake(path, type == nullptr ? root->place : type->place, "type",
                     "must be given: the type of device that this profile is for");
    return std::nullopt;
  }
  const auto known = catalogue_.types.find(*name);
  if (known == catalogue_.types.end()) {
    context_.mistake(path, type->value->place, "type", "unknown type '" + *name + "'",
                     nearest_word(*name, names_of(catalogue_.types)));
    return std::nullopt;
  }
  if (!profile.type.empty() && profile.type != *name) {
    context_.mistake(path, type->value->place, "type",
                     "'" + *name + "', but the profile that it extends is for '" + profile.type + "'");
    good = false;
  }
  profile.type = *name;
  YamlValues reader(known->second.schema, context_, path);
  for (const YamlNode::Entry& entry : root->entries) {
    if (&entry != type && &entry != extends) reader.read_entry(entry, entry.key);
  }
  for (auto& [value_path, at] : reader.places()) profile.given.insert_or_assign(value_path, at);
  for (auto& [value_path, value] : reader.take())
    profile.values.insert_or_assign(value_path, std::move(value));
  if (!good) return std::nullopt;
  return profile;
}

}  // namespace vfleet::config
