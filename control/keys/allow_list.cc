#include "control/keys/allow_list.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "simulator/config/load_context.h"
#include "simulator/config/suggest.h"
#include "simulator/config/yaml_tree.h"

namespace vfleet::control::keys {
namespace {

using config::Place;
using config::YamlNode;

constexpr std::size_t kBytesMax = 4U << 20U;
constexpr mode_t kOthersWrite = 0022;

class Reader {
 public:
  Reader(const std::string& file, config::LoadContext& context) : file_(file), context_(context) {}

  std::vector<AllowedKey> read(const YamlNode& root) {
    if (!root.is(YamlNode::Kind::map)) {
      wrong(root.place, "", "expected `keys:` and a list of keys");
      return {};
    }
    std::vector<AllowedKey> out;
    for (const YamlNode::Entry& entry : root.entries) {
      if (entry.key != "keys") {
        wrong(entry.place, entry.key, "unknown key; this file has `keys` only");
      } else if (entry.value->is(YamlNode::Kind::list)) {
        if (entry.value->items.size() > AllowList::kKeysMax) {
          wrong(entry.place, "keys", "more than 10000 keys");
          return {};
        }
        for (const auto& item : entry.value->items) read_key(*item, out);
      } else if (!entry.value->is(YamlNode::Kind::null)) {
        wrong(entry.value->place, "keys", "expected a list");
      }
    }
    return out;
  }

 private:
  void read_key(const YamlNode& node, std::vector<AllowedKey>& out) {
    if (!node.is(YamlNode::Kind::map)) return wrong(node.place, "keys", "expected {name, role, key}");
    AllowedKey key;
    bool good = true;
    const auto take = [&](const YamlNode::Entry& entry, const Error& error) {
      wrong(entry.value->place, entry.key, error.detail);
      good = false;
    };
    std::set<std::string> seen;
    for (const YamlNode::Entry& entry : node.entries) {
      seen.insert(entry.key);
      if (!entry.value->is(YamlNode::Kind::scalar)) {
        take(entry, {Errc::invalid_argument, "expected a word"});
      } else if (entry.key == "name") {
        key.name = entry.value->text;
        if (auto fine = bus::check_key_name(key.name); !fine) take(entry, fine.error());
      } else if (entry.key == "role") {
        const auto role = bus::role_from(entry.value->text);
        if (!role || *role == bus::Role::server) {
          take(entry, {Errc::invalid_argument, "expected worker, operator or viewer"});
        } else {
          key.role = *role;
        }
      } else if (entry.key == "key") {
        auto raw = bus::key_from_hex(entry.value->text);
        if (raw) {
          key.key = std::move(*raw);
        } else {
          take(entry, raw.error());
        }
      } else if (entry.key == "shards") {
        auto shards = parse_shards(entry.value->text);
        if (shards) {
          key.shards = std::move(*shards);
        } else {
          take(entry, shards.error());
        }
      } else {
        wrong(entry.place, entry.key,
              "unknown key" +
                  config::did_you_mean(config::nearest_word(entry.key, {"name", "role", "key", "shards"})));
        good = false;
      }
    }
    for (const char* needed : {"name", "role", "key"}) {
      if (seen.count(needed) != 0) continue;
      wrong(node.place, needed, "is missing: each key has name, role and key");
      good = false;
    }
    if (good && !key.shards.empty() && key.role != bus::Role::worker) {
      wrong(node.place, "shards", "only a worker's key has shards");
      good = false;
    }
    if (!good) return;
    if (!names_.insert(key.name).second)
      return wrong(node.place, "name", "'" + key.name + "' is there twice");
    if (!raw_.insert(key.key).second)
      return wrong(node.place, "key", "the key of '" + key.name + "' is there twice");
    out.push_back(std::move(key));
  }

  void wrong(Place place, const std::string& path, std::string message) {
    context_.mistake(file_, place, path, std::move(message));
  }

  const std::string& file_;
  config::LoadContext& context_;
  std::set<std::string> names_;
  std::set<std::string> raw_;
};

Result<std::uint32_t> number(std::string_view text) {
  std::uint32_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc{} && end == text.data() + text.size() && !text.empty()) return out;
  return fail(Errc::invalid_argument, "expected shards like 0-3 or 0,2");
}

}  // namespace

bool AllowedKey::may_host(std::uint32_t shard) const {
  return shards.empty() || std::any_of(shards.begin(), shards.end(), [shard](const ShardRange& each) {
           return each.first <= shard && shard <= each.last;
         });
}

Result<std::vector<ShardRange>> parse_shards(std::string_view text) {
  std::vector<ShardRange> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view part = text.substr(at, end - at);
    const std::size_t dash = part.find('-');
    const auto first = number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
    if (!first) return tl::unexpected(first.error());
    if (!last) return tl::unexpected(last.error());
    if (*last < *first)
      return fail(Errc::invalid_argument, "expected shards like 0-3: the first is the smaller one");
    out.push_back({*first, *last});
    at = end + 1;
  }
  return out;
}

Result<AllowList> AllowList::parse(std::string_view text, const std::string& file) {
  // What stands in the environment has no say in who is admitted.
  const config::LoadOptions options{.environment = [](const std::string&) { return std::nullopt; }};
  config::LoadContext context(options);
  const auto root = config::parse_yaml(text, file, context);
  AllowList out;
  if (root && !root->is(YamlNode::Kind::null)) out.keys_ = Reader(file, context).read(*root);
  if (!context.mistakes().empty()) return fail(Errc::invalid_argument, config::to_string(context.mistakes()));
  std::sort(out.keys_.begin(), out.keys_.end(),
            [](const AllowedKey& a, const AllowedKey& b) { return a.key < b.key; });
  return out;
}

Result<AllowList> AllowList::load(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && (info.st_mode & kOthersWrite) != 0) {
    return fail(Errc::rejected, "others may write " + path + ", which says who is admitted: `chmod go-w " +
                                    path + "`, and look through it");
  }
  const auto text = config::read_regular_file(path, kBytesMax);
  if (!text) return tl::unexpected(text.error());
  return parse(*text, path);
}

const AllowedKey* AllowList::find(std::string_view key) const {
  const auto at =
      std::lower_bound(keys_.begin(), keys_.end(), key,
                       [](const AllowedKey& each, std::string_view wanted) { return each.key < wanted; });
  return at != keys_.end() && at->key == key ? &*at : nullptr;
}

std::string allow_line(const AllowedKey& key) {
  std::string shards;
  for (const ShardRange& each : key.shards) {
    shards += (shards.empty() ? "" : ",") + std::to_string(each.first);
    if (each.last != each.first) shards += "-" + std::to_string(each.last);
  }
  if (!shards.empty()) shards = ", shards: '" + shards + "'";
  return "  - {name: " + key.name + ", role: " + std::string(bus::to_string(key.role)) + shards +
         ", key: " + bus::to_hex(key.key) + "}\n";
}

}  // namespace vfleet::control::keys
