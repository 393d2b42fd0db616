#pragma once

#include <map>
#include <string>

#include "simulator/config/schema.h"
#include "simulator/config/yaml_tree.h"

namespace vfleet::config {

/// Reads what a node says into values, against a schema; mistakes go to the context with their places.
class YamlValues {
 public:
  /// `schema`, `context` and `file` outlive the reader. `shown` stands before each path in mistakes
  /// ("groups[0].config.").
  YamlValues(const Schema& schema, LoadContext& context, const std::string& file, std::string shown = {})
      : schema_(schema), context_(context), file_(file), shown_(std::move(shown)) {}

  /// A section: keys and sections below `path` ("" for the root, else ending in a dot). A secret may be read
  /// from a file: `token: {secret_file: token.txt}`.
  void read_section(const YamlNode& map, const std::string& path);
  /// One entry whose path is `path`.
  void read_entry(const YamlNode::Entry& entry, const std::string& path);

  /// What was read; paths with mistakes are left out.
  [[nodiscard]] Values take();
  /// Where each path was given.
  [[nodiscard]] GivenPlaces places() const;

 private:
  void read_key(const Key& key, const YamlNode::Entry& entry, const std::string& path);
  bool read_value(const Key& key, const YamlNode& node, Place place, const std::string& shown, Value& out);
  bool read_list(const Key& key, const YamlNode& list, const std::string& shown, Value& out);
  bool read_record(const Key& list, const Schema& fields, const YamlNode& map, const std::string& shown,
                   Value& out);
  void wrong(Place place, const std::string& path, std::string message, std::string hint = {});

  const Schema& schema_;
  LoadContext& context_;
  const std::string& file_;
  std::string shown_;
  Values values_;
  std::map<std::string, Place> places_;  // of each path that was given
};

}  // namespace vfleet::config
