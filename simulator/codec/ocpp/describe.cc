#include "simulator/codec/ocpp/describe.h"

#include <fmt/format.h>

#include "simulator/codec/ocpp/field.h"

namespace vfleet::codec::ocpp {
namespace {

std::string_view type_text(const Field& field) {
  if (field.list) return "list";
  switch (field.type) {
    case Type::integer:
    case Type::decimal:
      return "number";
    case Type::boolean:
      return "boolean";
    case Type::object:
      return "object";
    default:
      return "text";
  }
}

std::string range_text(const Field& field) {
  const bool low = field.least != table::kLowest;
  const bool high = field.most != table::kUnbounded;
  if (low && high) return fmt::format("{} to {}", field.least, field.most);
  if (low) return fmt::format("at least {}", field.least);
  return high ? fmt::format("at most {}", field.most) : std::string();
}

std::string constraint_text(const Field& field) {
  switch (field.type) {
    case Type::string:
    case Type::identifier:
      return field.most == table::kUnbounded ? std::string()
                                             : fmt::format("at most {} characters", field.most);
    case Type::integer:
      return range_text(field);
    case Type::decimal: {
      const std::string range = range_text(field);
      return range.empty() ? "one decimal" : "one decimal, " + range;
    }
    case Type::date_time:
      return "date-time";
    case Type::uri:
      return "URI";
    case Type::word:
      return fmt::format("one of {}", fmt::join(field.words, ", "));
    default:
      return {};
  }
}

void add(const Object& object, const std::string& above, std::vector<FieldLine>& out) {
  for (const Field& field : object.fields) {
    std::string doc = field.required ? "required" : "";
    if (const std::string constraint = constraint_text(field); !constraint.empty())
      doc += (doc.empty() ? "" : "; ") + constraint;
    if (!field.doc.empty()) doc += (doc.empty() ? "" : ": ") + std::string(field.doc);
    const std::string path = above + std::string(field.name);
    out.push_back({path, std::string(type_text(field)), std::string(field.unit), std::move(doc)});
    if (field.object != nullptr) add(*field.object, path + (field.list ? ".0." : "."), out);
  }
}

}  // namespace

std::vector<FieldLine> describe(const Object& object) {
  std::vector<FieldLine> lines;
  add(object, "", lines);
  return lines;
}

}  // namespace vfleet::codec::ocpp
