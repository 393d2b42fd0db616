#include "simulator/config/objections.h"

#include <set>
#include <tuple>

namespace vfleet::config {
namespace {

constexpr std::string_view kUplink = "uplink.";

/// Without the index behind it.
std::string_view key_of(std::string_view path) {
  return path.substr(0, path.find('['));
}

/// Notes each mistake once: two groups may use one profile.
class Notes {
 public:
  explicit Notes(LoadContext& context) : context_(context) {}
  void add(const GivenAt& at, const Objection& found) {
    const std::string path = at.shown + found.path.substr(key_of(found.path).size());
    if (told_.emplace(at.file, at.place.line, at.place.column, path, found.message).second)
      context_.mistake(at.file, at.place, path, found.message);
  }

 private:
  LoadContext& context_;
  std::set<std::tuple<std::string, int, int, std::string, std::string>> told_;
};

/// Where `found` is said to be when no file gives the key: its default does not go with the others.
GivenAt place_of_group(const PlacedGroup& placed, const Objection& found, const std::string& file) {
  if (found.path.empty()) return {file, placed.place, placed.shown};
  if (found.path.starts_with(kUplink)) return {file, placed.uplink_place, placed.shown + "." + found.path};
  return {file, placed.name_place, placed.shown + ".config." + std::string(key_of(found.path))};
}

void note(Notes& notes, const PlacedGroup& placed, const Objection& found, const std::string& file) {
  const std::string_view key = key_of(found.path);
  const DeviceRow* row =
      found.row && *found.row < placed.group.rows.size() ? &placed.group.rows[*found.row] : nullptr;
  if (row != nullptr && row->values.contains(key)) {
    return notes.add({placed.devices_file, placed.row_places[*found.row], std::string(key)}, found);
  }
  const auto given = placed.given.find(key);
  const GivenAt at = given != placed.given.end() ? given->second : place_of_group(placed, found, file);
  Objection named = found;
  if (row != nullptr) named.message += " (device " + row->id + ")";
  notes.add(at, named);
}

template <class Note>
void ask(const std::vector<const GroupSpec*>& groups, LoadContext& context, const std::string& file,
         Note&& tell) {
  if (!context.options().check || groups.empty()) return;
  const auto found = context.options().check(groups);
  if (!found) return context.mistake(file, {}, "", found.error().detail);
  for (const Objection& each : *found) {
    if (each.group < groups.size()) tell(each);
  }
}

}  // namespace

void ask_about(const std::vector<const PlacedGroup*>& groups, LoadContext& context, const std::string& file) {
  std::vector<const GroupSpec*> specs;
  for (const PlacedGroup* placed : groups) specs.push_back(&placed->group);
  ask(specs, context, file, [&, notes = Notes(context)](const Objection& found) mutable {
    note(notes, *groups[found.group], found, file);
  });
}

void ask_about(const Profile& profile, LoadContext& context, const std::string& file) {
  GroupSpec group;
  group.name = "profile";
  group.id = "profile-{}";
  group.type = profile.type;
  group.uplink = "null";
  group.count = 1;
  group.profile_values = profile.values;
  ask({&group}, context, file, [&, notes = Notes(context)](const Objection& found) mutable {
    if (found.path.empty()) return notes.add({file, {}, ""}, found);
    const auto given = profile.given.find(key_of(found.path));
    if (given != profile.given.end()) notes.add(given->second, found);
  });
}

}  // namespace vfleet::config
