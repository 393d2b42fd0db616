#include "simulator/config/catalogue.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "simulator/config/suggest.h"

namespace vfleet::config {
namespace {

using nlohmann::json;

std::string unknown(std::string_view what, std::string_view name, const Catalogue::Entries& entries) {
  std::vector<std::string> names;
  std::string all;
  for (const auto& [known, entry] : entries) {
    names.push_back(known);
    all += (all.empty() ? "" : ", ") + known;
  }
  return "unknown " + std::string(what) + " '" + std::string(name) + "': expected one of " + all +
         did_you_mean(nearest_word(name, names));
}

Status read_entries(const json& from, const char* member, Catalogue::Entries& out) {
  const auto list = from.find(member);
  if (list == from.end() || !list->is_array())
    return fail(Errc::malformed, std::string(member) + " is not a list");
  for (const json& each : *list) {
    const auto text = [&](const char* name) {
      const auto at = each.find(name);
      return at != each.end() && at->is_string() ? at->get<std::string>() : std::string();
    };
    if (!each.is_object() || text("name").empty() || !each.contains("schema")) {
      return fail(Errc::malformed, std::string(member) + ": an entry has no name or no schema");
    }
    auto schema = schema_from_json(each["schema"]);
    if (!schema) return fail(Errc::malformed, text("name") + ": " + schema.error().detail);
    std::vector<std::string> reports;
    if (const auto sends = each.find("reports"); sends != each.end() && sends->is_array()) {
      for (const json& report : *sends) {
        const auto name = report.is_object() ? report.find("name") : report.end();
        if (name != report.end() && name->is_string()) reports.push_back(name->get<std::string>());
      }
    }
    Catalogue::Entry entry{text("doc"), std::move(*schema), std::move(reports)};
    if (!out.try_emplace(text("name"), std::move(entry)).second) {
      return fail(Errc::malformed, std::string(member) + ": '" + text("name") + "' is there twice");
    }
  }
  return {};
}

json entries_to_json(const Catalogue::Entries& entries) {
  json out = json::array();
  for (const auto& [name, entry] : entries) {
    json reports = json::array();
    for (const std::string& report : entry.reports) reports.push_back({{"name", report}});
    out.push_back({{"name", name},
                   {"doc", entry.doc},
                   {"schema", to_json(entry.schema)},
                   {"reports", std::move(reports)}});
  }
  return out;
}

}  // namespace

Result<Schema> Catalogue::schema(std::string_view type, std::string_view uplink) const {
  const auto of_type = types.find(type);
  if (of_type == types.end()) return fail(Errc::invalid_argument, unknown("type", type, types));
  const auto of_uplink = uplinks.find(uplink);
  if (of_uplink == uplinks.end()) return fail(Errc::invalid_argument, unknown("uplink", uplink, uplinks));
  return of_type->second.schema.with("uplink." + std::string(uplink), of_uplink->second.schema);
}

Result<Catalogue> catalogue_from_json(const json& from) {
  if (!from.is_object()) return fail(Errc::malformed, "the description of types is not an object");
  Catalogue catalogue;
  if (const auto at = from.find("version"); at != from.end() && at->is_string()) {
    catalogue.version = at->get<std::string>();
  }
  if (auto read = read_entries(from, "types", catalogue.types); !read) {
    return tl::unexpected<Error>(std::move(read.error()));
  }
  if (auto read = read_entries(from, "uplinks", catalogue.uplinks); !read) {
    return tl::unexpected<Error>(std::move(read.error()));
  }
  return catalogue;
}

Result<Catalogue> parse_catalogue(std::string_view text) {
  const json parsed = json::parse(text, nullptr, false);
  if (parsed.is_discarded()) return fail(Errc::malformed, "the description of types is not JSON");
  return catalogue_from_json(parsed);
}

json to_json(const Catalogue& catalogue) {
  return {{"version", catalogue.version},
          {"types", entries_to_json(catalogue.types)},
          {"uplinks", entries_to_json(catalogue.uplinks)}};
}

}  // namespace vfleet::config
