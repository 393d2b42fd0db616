#include "simulator/config/group_reader.h"

#include <algorithm>

#include "simulator/config/labels.h"
#include "simulator/config/suggest.h"
#include "simulator/config/value_text.h"
#include "simulator/config/yaml_values.h"

namespace vfleet::config {
namespace {

using NodeKind = YamlNode::Kind;

const std::vector<std::string> kKeys{"name",   "type",    "id",     "first",  "count",
                                     "labels", "profile", "config", "uplink", "devices"};

std::vector<std::string> names_of(const Catalogue::Entries& entries) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries) names.push_back(name);
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

void GroupReader::wrong(Place place, const std::string& key, std::string message, std::string hint) {
  context_.mistake(file_, place, key.empty() ? shown_ : shown_ + "." + key, std::move(message),
                   std::move(hint));
}

const std::string* GroupReader::text(const YamlNode::Entry* entry, const char* expected) {
  if (entry == nullptr) return nullptr;
  if (entry->value->is(NodeKind::scalar) && !entry->value->text.empty()) return &entry->value->text;
  wrong(entry->value->place, entry->key, std::string("expected ") + expected);
  return nullptr;
}

void GroupReader::count(const YamlNode::Entry* entry, std::uint64_t& out) {
  const std::string* number = text(entry, "a whole number");
  if (number == nullptr) return;
  Key key;
  key.kind = Kind::integer;
  key.minimum = 0;
  key.maximum = static_cast<double>(kDevicesMax);
  const auto value = read_scalar(key, *number);
  if (!value) return wrong(entry->value->place, entry->key, value.error().detail);
  out = static_cast<std::uint64_t>(std::get<std::int64_t>(value->data));
}

std::optional<PlacedGroup> GroupReader::read(const YamlNode& map) {
  if (!map.is(NodeKind::map)) {
    wrong(map.place, "", "expected a group: name, type, count, uplink, ...");
    return std::nullopt;
  }
  for (const YamlNode::Entry& entry : map.entries) {
    if (std::find(kKeys.begin(), kKeys.end(), entry.key) == kKeys.end()) {
      wrong(entry.place, entry.key, "unknown key; a group has " + joined(kKeys),
            nearest_word(entry.key, kKeys));
    }
  }
  PlacedGroup out;
  out.place = out.name_place = out.uplink_place = map.place;
  out.shown = shown_;
  read_name(map, out);
  read_labels(map, out.group);
  read_ids(map, out);
  const bool typed = read_type(map, out);
  const bool linked = read_uplink_kind(map, out.group);
  if (!typed || !linked) return std::nullopt;
  const auto schema = catalogue_.schema(out.group.type, out.group.uplink);
  if (!schema) return std::nullopt;
  read_values(map, *schema, out);
  if (const YamlNode::Entry* devices = map.find("devices")) read_rows(*devices, *schema, out);
  if (const YamlNode::Entry* uplink = map.find("uplink")) out.uplink_place = uplink->place;
  check_required(out.uplink_place, *schema, out.group);
  return out;
}

void GroupReader::read_name(const YamlNode& map, PlacedGroup& out) {
  const YamlNode::Entry* entry = map.find("name");
  if (entry == nullptr) return wrong(map.place, "name", "must be given");
  const std::string* name = text(entry, "a name");
  if (name == nullptr) return;
  if (!valid_id(*name)) {
    return wrong(entry->value->place, "name",
                 "'" + *name + "': a group's name is 1 to 64 of a-z A-Z 0-9 - _ .");
  }
  out.group.name = *name;
  out.place = out.name_place = entry->value->place;
}

bool GroupReader::read_type(const YamlNode& map, PlacedGroup& out) {
  GroupSpec& group = out.group;
  const YamlNode::Entry* type = map.find("type");
  if (const std::string* name = text(type, "a type of device")) {
    group.type = *name;
    if (!catalogue_.types.contains(*name)) {
      const auto names = names_of(catalogue_.types);
      wrong(type->value->place, "type", "unknown type '" + *name + "': expected one of " + joined(names),
            nearest_word(*name, names));
    }
  }
  if (const YamlNode::Entry* entry = map.find("profile")) {
    const std::string* path = text(entry, "the path of a profile");
    const Profile* profile = path == nullptr ? nullptr
                                             : profiles_.load(beside(file_, *path), file_,
                                                              entry->value->place, shown_ + ".profile");
    profile_failed_ = profile == nullptr;
    if (profile != nullptr) {
      group.profile = *path;
      group.profile_values = profile->values;
      out.given = profile->given;
      if (type == nullptr) group.type = profile->type;
    }
    if (profile != nullptr && group.type != profile->type) {
      wrong(entry->value->place, "profile",
            *path + " is for devices of type '" + profile->type + "', the group's are of type '" +
                group.type + "'");
    }
  }
  if (group.type.empty() && type == nullptr && !profile_failed_) wrong(map.place, "type", "must be given");
  return catalogue_.types.contains(group.type);
}

bool GroupReader::read_uplink_kind(const YamlNode& map, GroupSpec& group) {
  const YamlNode::Entry* uplink = map.find("uplink");
  const auto kinds = names_of(catalogue_.uplinks);
  const std::string expected =
      "expected one of " + joined(kinds) + " with its settings, as in {http: {url: ...}}";
  if (uplink == nullptr) return wrong(map.place, "uplink", "must be given; " + expected), false;
  const YamlNode& value = *uplink->value;
  Place place = value.place;
  if (value.is(NodeKind::scalar)) {
    group.uplink = value.text;  // a kind with all its defaults
  } else if (value.is(NodeKind::map) && value.entries.size() == 1) {
    group.uplink = value.entries.front().key;
    place = value.entries.front().place;
  } else {
    return wrong(place, "uplink", expected), false;
  }
  if (catalogue_.uplinks.contains(group.uplink)) return true;
  wrong(place, "uplink", "unknown uplink '" + group.uplink + "': " + expected,
        nearest_word(group.uplink, kinds));
  return false;
}

void GroupReader::read_values(const YamlNode& map, const Schema& schema, PlacedGroup& out) {
  GroupSpec& group = out.group;
  const auto keep_places = [&out](const YamlValues& reader) {
    for (auto& [path, at] : reader.places()) out.given.insert_or_assign(path, at);
  };
  if (const YamlNode::Entry* config = map.find("config")) {
    const Schema& of_type = catalogue_.types.at(group.type).schema;
    YamlValues reader(of_type, context_, file_, shown_ + ".config.");
    if (config->value->is(NodeKind::map)) {
      reader.read_section(*config->value, "");
      keep_places(reader);
      group.values = reader.take();
    } else if (!config->value->is(NodeKind::null)) {
      wrong(config->value->place, "config", "expected settings of the type, as in a profile");
    }
  }
  const YamlNode& uplink = *map.find("uplink")->value;
  if (!uplink.is(NodeKind::map)) return;
  const YamlNode& settings = *uplink.entries.front().value;
  if (settings.is(NodeKind::null)) return;
  const std::string section = "uplink." + group.uplink;
  if (!settings.is(NodeKind::map)) return wrong(settings.place, section, "expected settings of the uplink");
  YamlValues reader(schema, context_, file_, shown_ + ".");
  reader.read_section(settings, section + ".");
  keep_places(reader);
  group.values.merge(reader.take());
}

void GroupReader::read_labels(const YamlNode& map, GroupSpec& group) {
  const YamlNode::Entry* labels = map.find("labels");
  if (labels == nullptr || labels->value->is(NodeKind::null)) return;
  if (!labels->value->is(NodeKind::map)) {
    return wrong(labels->value->place, "labels", "expected names with a value or a list of values");
  }
  for (const YamlNode::Entry& entry : labels->value->entries) read_label(entry, group);
}

void GroupReader::read_label(const YamlNode::Entry& entry, GroupSpec& group) {
  const std::string path = "labels." + entry.key;
  if (auto good = check_label_name(entry.key); !good) return wrong(entry.place, path, good.error().detail);
  LabelList list{entry.key, {}};
  const auto add = [&](const YamlNode& value, Place place) {
    if (!value.is(NodeKind::scalar)) return wrong(place, path, "expected a text or a list of texts");
    if (auto good = check_label_value(value.text); !good)
      return wrong(value.place, path, good.error().detail);
    if (std::find(list.values.begin(), list.values.end(), value.text) != list.values.end()) {
      return wrong(value.place, path, "'" + value.text + "' is in the list twice");
    }
    list.values.push_back(value.text);
  };
  if (entry.value->is(NodeKind::list)) {
    for (const auto& item : entry.value->items) add(*item, item->place);
    if (entry.value->items.empty()) wrong(entry.value->place, path, "the list is empty");
  } else {
    add(*entry.value, entry.place);
  }
  if (!list.values.empty()) group.labels.push_back(std::move(list));
}

void GroupReader::read_ids(const YamlNode& map, PlacedGroup& out) {
  const YamlNode::Entry* id = map.find("id");
  const YamlNode::Entry* first = map.find("first");
  const YamlNode::Entry* number = map.find("count");
  if (const YamlNode::Entry* devices = map.find("devices")) {
    for (const YamlNode::Entry* other : {id, first, number}) {
      if (other != nullptr)
        wrong(other->place, other->key, "has no meaning beside devices, which lists each id");
    }
    out.place = devices->place;
    return;
  }
  GroupSpec& group = out.group;
  if (number == nullptr) wrong(map.place, "count", "must be given, or devices: {from: FILE.csv}");
  count(number, group.count);
  count(first, group.first);
  if (!group.name.empty()) group.id = group.name + "-{:05}";
  if (const std::string* pattern = text(id, "a pattern such as pile-{:05}")) {
    group.id = *pattern;
    out.place = id->value->place;
  }
  if (group.id.empty()) return;
  if (auto good = IdPattern::parse(group.id); !good) wrong(out.place, "id", good.error().detail);
}

void GroupReader::read_rows(const YamlNode::Entry& devices, const Schema& schema, PlacedGroup& out) {
  const YamlNode& value = *devices.value;
  const YamlNode::Entry* from = value.is(NodeKind::map) ? value.find("from") : nullptr;
  if (from == nullptr || value.entries.size() != 1 || !from->value->is(NodeKind::scalar)) {
    return wrong(devices.place, "devices", "expected {from: FILE.csv}");
  }
  out.devices_file = beside(file_, from->value->text);
  auto rows =
      read_devices(out.devices_file, schema, context_, file_, from->value->place, shown_ + ".devices");
  for (PlacedRow& placed : rows) {
    out.group.rows.push_back(std::move(placed.row));
    out.row_places.push_back(placed.place);
  }
  out.group.count = out.group.rows.size();
}

void GroupReader::check_required(Place place, const Schema& schema, const GroupSpec& group) {
  if (profile_failed_) return;  // it may have given them
  for (const Key& key : schema.keys()) {
    if (!key.required || group.profile_values.contains(key.path) || group.values.contains(key.path)) continue;
    const bool in_rows = !group.rows.empty() &&
                         std::all_of(group.rows.begin(), group.rows.end(),
                                     [&](const DeviceRow& row) { return row.values.contains(key.path); });
    // A value that was given wrong has its mistake already.
    const std::string shown = shown_ + "." + key.path;
    const auto told = [&](const Mistake& mistake) { return mistake.path == shown; };
    if (in_rows || std::any_of(context_.mistakes().begin(), context_.mistakes().end(), told)) continue;
    context_.mistake(file_, place, shown, "must be given: " + (key.doc.empty() ? expectation(key) : key.doc));
  }
}

}  // namespace vfleet::config
