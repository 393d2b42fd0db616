#include "simulator/config/yaml_values.h"

#include <filesystem>

#include "simulator/config/value_text.h"

namespace vfleet::config {

using NodeKind = YamlNode::Kind;

namespace {

// The file's name may be relative to this process; who uses the folder is another one.
std::string whole_path(const std::string& path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  if (error) return path;
  std::string text = whole.lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

Place value_place(const YamlNode::Entry& entry) {
  return entry.value->is(NodeKind::scalar) ? entry.value->place : entry.place;
}

}  // namespace

void YamlValues::wrong(Place place, const std::string& path, std::string message, std::string hint) {
  context_.mistake(file_, place, shown_ + path, std::move(message), std::move(hint));
}

void YamlValues::read_section(const YamlNode& map, const std::string& path) {
  for (const YamlNode::Entry& entry : map.entries) read_entry(entry, path + entry.key);
}

void YamlValues::read_entry(const YamlNode::Entry& entry, const std::string& path) {
  const YamlNode& value = *entry.value;
  if (const Key* key = schema_.find(path)) return read_key(*key, entry, path);
  if (!schema_.has_section(path)) return wrong(entry.place, path, "unknown key", schema_.nearest(path));
  if (value.is(NodeKind::map)) return read_section(value, path + ".");
  // A section whose keys are all commented out is empty.
  if (!value.is(NodeKind::null)) wrong(value.place, path, "expected the keys of this section, not a value");
}

void YamlValues::read_key(const Key& key, const YamlNode::Entry& entry, const std::string& path) {
  // The same path may be written flat and nested: the parser does not see that.
  if (const auto [at, added] = places_.try_emplace(path, value_place(entry)); !added) {
    return wrong(entry.place, path, "this key was given before, in line " + std::to_string(at->second.line));
  }
  const YamlNode& node = *entry.value;
  if (key.secret && node.is(NodeKind::map) && node.entries.size() == 1 &&
      node.entries[0].key == "secret_file") {
    const YamlNode& file = *node.entries[0].value;
    if (!file.is(NodeKind::scalar))
      return wrong(entry.place, path, "secret_file: expected the path of a file");
    if (auto secret = context_.read_secret(beside(file_, file.text), file_, file.place, shown_ + path)) {
      values_.insert_or_assign(path, Value{std::move(*secret)});
    }
    return;
  }
  Value value;
  if (!read_value(key, node, entry.place, path, value)) return;
  if (auto* folder = std::get_if<std::string>(&value.data); folder != nullptr && !key.folder_of.empty()) {
    if (!folder->empty()) *folder = whole_path(beside(file_, *folder));
  }
  values_.insert_or_assign(path, std::move(value));
}

Values YamlValues::take() {
  for (const Key& key : schema_.keys()) {
    if (key.folder_of.empty() || places_.contains(key.path) || !values_.contains(key.folder_of)) continue;
    values_.insert_or_assign(key.path, Value{whole_path(beside(file_, "."))});
  }
  return std::move(values_);
}

GivenPlaces YamlValues::places() const {
  GivenPlaces out;
  for (const auto& [path, place] : places_) out.try_emplace(path, GivenAt{file_, place, shown_ + path});
  return out;
}

bool YamlValues::read_value(const Key& key, const YamlNode& node, Place place, const std::string& shown,
                            Value& out) {
  if (node.is(NodeKind::null))
    return wrong(place, shown, "there is no value; expected " + expectation(key)), false;
  if (key.kind == Kind::list) {
    if (node.is(NodeKind::list)) return read_list(key, node, shown, out);
    std::string hint = node.is(NodeKind::scalar) && !holds_records(key) ? "[" + node.text + "]" : "";
    return wrong(node.place, shown, "expected " + expectation(key), std::move(hint)), false;
  }
  if (!node.is(NodeKind::scalar)) {
    const char* what = node.is(NodeKind::list) ? ", not a list" : ", not a section";
    return wrong(node.place, shown, "expected " + expectation(key) + what), false;
  }
  auto value = read_scalar(key, node.text);
  if (!value) return wrong(node.place, shown, value.error().detail), false;
  out = std::move(*value);
  return true;
}

bool YamlValues::read_list(const Key& key, const YamlNode& list, const std::string& shown, Value& out) {
  const bool records = holds_records(key);
  const Schema fields = records ? Schema(key.items) : Schema();
  List values;
  bool good = true;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const YamlNode& item = *list.items[i];
    const std::string here = shown + "[" + std::to_string(i) + "]";
    Value value;
    const bool read = records ? read_record(key, fields, item, here, value)
                              : read_value(key.items.front(), item, item.place, here, value);
    if (read) values.push_back(std::move(value));
    good = good && read;
  }
  out = Value{std::move(values)};
  return good;
}

bool YamlValues::read_record(const Key& list, const Schema& fields, const YamlNode& map,
                             const std::string& shown, Value& out) {
  if (!map.is(NodeKind::map))
    return wrong(map.place, shown, "expected a record, with keys and values"), false;
  const std::size_t before = context_.mistakes().size();
  YamlValues reader(fields, context_, file_, shown_ + shown + ".");
  reader.read_section(map, "");
  Values values = reader.take();
  Record record;
  for (const Key& field : list.items) {
    if (const auto at = values.find(field.path); at != values.end()) {
      record.emplace(field.path, std::move(at->second));
    } else if (field.required && !reader.places_.contains(field.path)) {
      wrong(map.place, shown + "." + field.path, "must be given");
    } else {
      record.emplace(field.path, field.initial);
    }
  }
  out = Value{std::move(record)};
  return context_.mistakes().size() == before;
}

}  // namespace vfleet::config
