#include "simulator/codec/http/command_list.h"

#include <nlohmann/json.hpp>

#include "simulator/core/nesting.h"

namespace vfleet::codec::http {

CommandList for_each_command(std::string_view body, const std::function<bool(std::string_view)>& deliver) {
  using Json = nlohmann::ordered_json;
  if (body.find("\"commands\"") == std::string_view::npos) return CommandList::absent;
  if (!nests_at_most(body)) return CommandList::malformed;
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return CommandList::malformed;
  if (!json.is_object()) return CommandList::absent;
  const auto commands = json.find("commands");
  if (commands == json.end() || !commands->is_array()) return CommandList::absent;
  for (const Json& command : *commands) {
    if (!deliver(command.dump(-1, ' ', false, Json::error_handler_t::replace))) break;
  }
  return CommandList::found;
}

}  // namespace vfleet::codec::http
