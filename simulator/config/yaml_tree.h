#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/load_context.h"

namespace vfleet::config {

inline constexpr std::size_t kYamlBytesMax = 4 * 1024 * 1024;

/// A YAML document as a tree that knows its places. Immutable; aliases share nodes.
struct YamlNode {
  enum class Kind { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  Place place;
  std::string text;                                    ///< scalar: environment references expanded
  std::vector<std::shared_ptr<const YamlNode>> items;  ///< list
  std::vector<Entry> entries;                          ///< map, in the order of the file, keys unique

  [[nodiscard]] bool is(Kind which) const { return kind == which; }
  /// A map's value; null when there is no such key.
  [[nodiscard]] const Entry* find(std::string_view key) const;
};

struct YamlNode::Entry {
  std::string key;
  Place place;  ///< of the key
  std::shared_ptr<const YamlNode> value;
};

/// Parses one document. Null after a mistake of syntax, and for a document past a limit (bytes, depth, nodes
/// with aliases expanded); other mistakes (duplicate and merge keys, tags, environment references) are noted
/// and the rest is still given. `file` is for the mistakes only.
[[nodiscard]] std::shared_ptr<const YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                                         LoadContext& context);

}  // namespace vfleet::config
