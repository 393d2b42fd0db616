#include "simulator/bus/json.h"

namespace vfleet::bus::detail {

using nlohmann::json;

bool depth_is_sane(std::string_view text) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_text = false;
      }
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDepthMax) return false;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return true;
}

Result<json> parse(std::string_view text) {
  if (text.size() > kFrameBytesMax) return fail(Errc::too_large, "more than 4 MiB of JSON");
  if (!depth_is_sane(text)) return fail(Errc::malformed, "JSON nested deeper than 64");
  json out = json::parse(text.begin(), text.end(), nullptr, false);
  if (out.is_discarded()) return fail(Errc::malformed, "not JSON");
  return out;
}

std::string print(const json& tree) {
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

json object_or_empty(std::string_view text) {
  auto parsed = parse(text);
  return parsed && parsed->is_object() ? std::move(*parsed) : json::object();
}

const json* Members::member(const char* name) {
  if (!ok()) return nullptr;
  const auto at = json_.find(name);
  if (at != json_.end()) return &*at;
  error_ = std::string("\"") + name + "\" is missing";
  return nullptr;
}

void Members::refuse(const char* name, std::string_view expected) {
  if (ok()) error_ = std::string("\"") + name + "\": expected " + std::string(expected);
}

double Members::number(const char* name) {
  const json* at = member(name);
  if (at == nullptr) return 0;
  if (at->is_number()) return at->get<double>();
  refuse(name, "a number");
  return 0;
}

bool Members::boolean(const char* name) {
  const json* at = member(name);
  if (at == nullptr) return false;
  if (at->is_boolean()) return at->get<bool>();
  refuse(name, "true or false");
  return false;
}

std::string Members::text(const char* name, std::size_t bytes_max) {
  const json* at = member(name);
  if (at == nullptr) return {};
  if (!at->is_string()) {
    refuse(name, "a text");
    return {};
  }
  const auto& value = at->get_ref<const std::string&>();
  if (value.size() <= bytes_max) return value;
  refuse(name, "a shorter text");
  return {};
}

const json& Members::object(const char* name) {
  static const json kEmpty = json::object();
  const json* at = member(name);
  if (at == nullptr) return kEmpty;
  if (at->is_object()) return *at;
  refuse(name, "an object");
  return kEmpty;
}

const json& Members::list(const char* name) {
  static const json kEmpty = json::array();
  const json* at = member(name);
  if (at == nullptr) return kEmpty;
  if (at->is_array()) return *at;
  refuse(name, "a list");
  return kEmpty;
}

}  // namespace vfleet::bus::detail
