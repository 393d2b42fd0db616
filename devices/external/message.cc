#include "devices/external/message.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "simulator/core/nesting.h"
#include "simulator/device/type.h"

namespace vfleet::devices::external {
namespace {

using nlohmann::json;

tl::unexpected<Error> wrong(std::string text) {
  return fail(Errc::malformed, std::move(text));
}

std::string printed(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

struct Word {
  const char* name;
  Message::Kind kind;
};
constexpr std::array<Word, 7> kWords = {{{"hello", Message::Kind::hello},
                                         {"report", Message::Kind::report},
                                         {"ok", Message::Kind::ok},
                                         {"error", Message::Kind::error},
                                         {"state", Message::Kind::state},
                                         {"log", Message::Kind::log},
                                         {"pong", Message::Kind::pong}}};

/// A text member; a number stands for its text, since ids are often counted. False: another type.
bool text_member(const json& from, const char* name, std::string& out) {
  const auto at = from.find(name);
  if (at == from.end() || at->is_null()) return true;
  if (at->is_string()) {
    out = at->get<std::string>();
    return true;
  }
  if (!at->is_number_integer()) return false;
  out = printed(*at);
  return true;
}

Status read_report(const json& tree, Message& out) {
  if (!text_member(tree, "report", out.name) || out.name.empty())
    return wrong("a report needs its name, \"report\"");
  if (!device::valid_open_name(out.name)) return wrong("\"report\": a name is 1 to 64 of a-z A-Z 0-9 - _ .");
  if (const auto at = tree.find("ch"); at != tree.end() && !at->is_null()) {
    if (!at->is_number_unsigned() || at->get<std::uint64_t>() > UINT16_MAX)
      return wrong("\"ch\": expected a whole number, 0 to 65535");
    out.channel = static_cast<std::uint16_t>(at->get<std::uint64_t>());
  }
  const auto data = tree.find("data");
  if (data != tree.end() && !data->is_object()) return wrong("\"data\": expected an object");
  out.data = data == tree.end() ? "{}" : printed(*data);
  return {};
}

Status read_state(const json& tree, Message& out) {
  for (const auto& [name, value] : tree.items()) {
    if (name == "type" || name == "device" || name == "id") continue;
    if (!device::valid_open_name(name)) return wrong("a state's name is 1 to 64 of a-z A-Z 0-9 - _ .");
    if (value.is_null()) {
      out.forgotten.push_back(name);
    } else if (value.is_boolean()) {
      out.state.emplace_back(name, value.get<bool>());
    } else if (value.is_number()) {
      out.state.emplace_back(name, value.get<double>());
    } else if (value.is_string()) {
      out.state.emplace_back(name, value.get<std::string>().substr(0, kStateTextBytesMax));
    } else {
      return wrong("state '" + name + "': expected a text, a number, true, false or null");
    }
    if (out.state.size() + out.forgotten.size() > kStateMembersMax)
      return wrong("a state has at most " + std::to_string(kStateMembersMax) + " members");
  }
  return {};
}

}  // namespace

Result<Message> read_message(std::string_view line) {
  if (!nests_at_most(line, kNestingMax)) return wrong("nested deeper than " + std::to_string(kNestingMax));
  const json tree = json::parse(line.begin(), line.end(), nullptr, false);
  if (tree.is_discarded()) return wrong("this is not JSON");
  if (!tree.is_object()) return wrong("expected an object");
  const auto type = tree.find("type");
  if (type == tree.end() || !type->is_string()) return wrong("\"type\" is missing");
  const auto word =
      std::find_if(kWords.begin(), kWords.end(), [&](const Word& each) { return *type == each.name; });
  if (word == kWords.end()) return wrong("unknown type '" + type->get<std::string>().substr(0, 64) + "'");
  Message out;
  out.kind = word->kind;
  if (!text_member(tree, "device", out.device)) return wrong("\"device\": expected a text");
  if (!text_member(tree, "id", out.id)) return wrong("\"id\": expected a text");
  Status status;
  switch (out.kind) {
    case Message::Kind::report:
      status = read_report(tree, out);
      break;
    case Message::Kind::state:
      status = read_state(tree, out);
      break;
    case Message::Kind::ok:
    case Message::Kind::error:
    case Message::Kind::pong:
      if (!text_member(tree, "text", out.text)) status = wrong("\"text\": expected a text");
      if (out.id.empty() && out.kind == Message::Kind::ok)
        status = wrong("\"id\" is missing: what is answered?");
      break;
    case Message::Kind::log:
      if (!text_member(tree, "text", out.text) || !text_member(tree, "level", out.name))
        status = wrong("\"text\" and \"level\": expected texts");
      break;
    case Message::Kind::hello:
      if (const auto at = tree.find("v"); at != tree.end() && at->is_number_unsigned())
        out.version = at->get<std::uint64_t>();
      break;
  }
  if (!status) return tl::unexpected<Error>(std::move(status.error()));
  return out;
}

}  // namespace vfleet::devices::external
