#pragma once

#include <optional>
#include <string>
#include <vector>

#include "simulator/config/devices_file.h"
#include "simulator/config/fleet_spec.h"
#include "simulator/config/profile_file.h"
#include "simulator/config/yaml_tree.h"

namespace vfleet::config {

/// A group and the places that later checks name.
struct PlacedGroup {
  GroupSpec group;
  Place name_place;
  Place place;                    ///< of its ids: the pattern, else the name
  std::string devices_file;       ///< empty when the ids come from the pattern
  std::vector<Place> row_places;  ///< as many as rows
  std::string shown;              ///< its path in mistakes, "groups[0]"
  Place uplink_place;
  GivenPlaces given;  ///< where its values are given, the profile's too
};

/// Reads one element of `groups:`. What could be read is given even when there were mistakes; nullopt when
/// not even type and uplink are known.
class GroupReader {
 public:
  /// All outlive the reader. `shown` is the group's path in mistakes, "groups[0]".
  GroupReader(const Catalogue& catalogue, ProfileFiles& profiles, LoadContext& context,
              const std::string& file, std::string shown)
      : catalogue_(catalogue),
        profiles_(profiles),
        context_(context),
        file_(file),
        shown_(std::move(shown)) {}

  std::optional<PlacedGroup> read(const YamlNode& map);

 private:
  void wrong(Place place, const std::string& key, std::string message, std::string hint = {});
  const std::string* text(const YamlNode::Entry* entry, const char* expected);
  void count(const YamlNode::Entry* entry, std::uint64_t& out);
  void read_name(const YamlNode& map, PlacedGroup& out);
  bool read_type(const YamlNode& map, PlacedGroup& out);
  bool read_uplink_kind(const YamlNode& map, GroupSpec& group);
  void read_values(const YamlNode& map, const Schema& schema, PlacedGroup& out);
  void read_labels(const YamlNode& map, GroupSpec& group);
  void read_label(const YamlNode::Entry& entry, GroupSpec& group);
  void read_ids(const YamlNode& map, PlacedGroup& out);
  void read_rows(const YamlNode::Entry& devices, const Schema& schema, PlacedGroup& out);
  void check_required(Place place, const Schema& schema, const GroupSpec& group);

  const Catalogue& catalogue_;
  ProfileFiles& profiles_;
  LoadContext& context_;
  const std::string& file_;
  std::string shown_;
  bool profile_failed_ = false;
};

}  // namespace vfleet::config
