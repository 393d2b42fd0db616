#include "simulator/config/schema.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "simulator/config/suggest.h"
#include "simulator/core/ascii.h"

namespace vfleet::config {
namespace {

// Descriptions are written by us: a wrong one is a broken invariant, in release too.
void require(bool holds, const char* what, const std::string& path) {
  if (holds) return;
  std::fprintf(stderr, "configuration schema: %s: %s\n", path.c_str(), what);
  std::abort();
}

bool before(const Key& key, std::string_view path) {
  return key.path < path;
}

}  // namespace

Schema::Schema(std::vector<Key> keys) : keys_(std::move(keys)) {
  std::sort(keys_.begin(), keys_.end(), [](const Key& a, const Key& b) { return a.path < b.path; });
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    require(i == 0 || keys_[i - 1].path != keys_[i].path, "described twice", keys_[i].path);
    require(!has_section(keys_[i].path), "is a key and a section", keys_[i].path);
    require(keys_[i].kind != Kind::list || !keys_[i].items.empty(), "a list of what?", keys_[i].path);
  }
}

const Key* Schema::find(std::string_view path) const {
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), path, before);
  if (at != keys_.end() && at->path == path) return is_open(*at) ? nullptr : &*at;
  const auto dot = path.rfind('.');
  if (dot == std::string_view::npos || !valid_open_word(path.substr(dot + 1))) return nullptr;
  const std::string open = std::string(path.substr(0, dot)) + ".*";
  const auto wide = std::lower_bound(keys_.begin(), keys_.end(), std::string_view(open), before);
  return wide != keys_.end() && wide->path == open ? &*wide : nullptr;
}

bool Schema::has_section(std::string_view path) const {
  const std::string below = std::string(path) + ".";
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), std::string_view(below), before);
  return at != keys_.end() && at->path.starts_with(below);
}

std::string Schema::nearest(std::string_view path) const {
  if (path.empty()) return {};
  // Who left out the sections means the key: "heartbeat.every" is reports.heartbeat.every.
  const std::string tail = "." + std::string(path);
  std::vector<std::string> all;
  for (const Key& key : keys_) {
    if (key.path.ends_with(tail)) return key.path;
    all.push_back(key.path);
  }
  // The part that is right, then the word that is wrong among those that could stand there.
  std::string known;
  std::string_view rest = path;
  for (;;) {
    const auto dot = rest.find('.');
    if (dot == std::string_view::npos) break;
    const std::string longer = known + std::string(rest.substr(0, dot));
    if (!has_section(longer)) break;
    known = longer + ".";
    rest.remove_prefix(dot + 1);
  }
  std::vector<std::string> words;
  for (auto at = std::lower_bound(keys_.begin(), keys_.end(), std::string_view(known), before);
       at != keys_.end() && at->path.starts_with(known); ++at) {
    words.push_back(at->path.substr(known.size(), at->path.find('.', known.size()) - known.size()));
  }
  const auto dot = rest.find('.');
  const std::string word = nearest_word(rest.substr(0, dot), words);
  if (word.empty()) return nearest_word(path, all);
  if (dot == std::string_view::npos) return known + word;
  const std::string whole = known + word + std::string(rest.substr(dot));
  return find(whole) != nullptr || has_section(whole) ? whole : known + word;
}

Values Schema::defaults() const {
  Values values;
  for (const Key& key : keys_) {
    if (!is_open(key)) values.emplace_hint(values.end(), key.path, key.initial);
  }
  return values;
}

Schema Schema::with(std::string_view prefix, const Schema& other) const {
  std::vector<Key> all = keys_;
  for (Key key : other.keys_) {
    key.path = std::string(prefix) + "." + key.path;
    all.push_back(std::move(key));
  }
  return Schema(std::move(all));
}

bool is_open(const Key& key) {
  return key.path.ends_with(".*");
}

bool valid_open_word(std::string_view word) {
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; };
  return !word.empty() && word.size() <= 64 && std::all_of(word.begin(), word.end(), fits);
}

bool holds_records(const Key& list) {
  return list.kind == Kind::list && !list.items.empty() && !list.items.front().path.empty();
}

}  // namespace vfleet::config
