#include "simulator/config/mistake.h"

#include <nlohmann/json.hpp>

#include "simulator/config/suggest.h"

namespace vfleet::config {

std::string to_string(const Mistake& mistake) {
  std::string text = mistake.file;
  if (mistake.line > 0) text += ":" + std::to_string(mistake.line) + ":" + std::to_string(mistake.column);
  text += ": ";
  if (!mistake.path.empty()) text += mistake.path + ": ";
  return text + mistake.message + did_you_mean(mistake.hint);
}

std::string to_string(const Mistakes& mistakes) {
  std::string text;
  for (const Mistake& mistake : mistakes) text += to_string(mistake) + "\n";
  return text;
}

nlohmann::json to_json(const Mistakes& mistakes) {
  nlohmann::json out = nlohmann::json::array();
  for (const Mistake& each : mistakes) {
    out.push_back({{"file", each.file},
                   {"line", each.line},
                   {"column", each.column},
                   {"path", each.path},
                   {"message", each.message},
                   {"hint", each.hint}});
  }
  return out;
}

}  // namespace vfleet::config
