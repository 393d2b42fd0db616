#include "simulator/codec/http/command_list.h"

#include <nlohmann/json.hpp>

namespace vfleet::codec::http {
namespace {

constexpr int kDepthLimit = 64;

// Writing JSON out again recurses; a peer may not choose how deep.
bool too_deep(std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDepthLimit) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

CommandList for_each_command(std::string_view body, const std::function<bool(std::string_view)>& deliver) {
  using Json = nlohmann::ordered_json;
  if (body.find("\"commands\"") == std::string_view::npos) return CommandList::absent;
  if (too_deep(body)) return CommandList::malformed;
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
