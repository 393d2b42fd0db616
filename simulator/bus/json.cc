#include "simulator/bus/json.h"

#include <nlohmann/json.hpp>

#include "simulator/codec/json/reader.h"
#include "simulator/core/ascii.h"
#include "simulator/core/nesting.h"

namespace vfleet::bus::detail {
namespace {

using nlohmann::json;

constexpr std::size_t kBytesMax = std::size_t{4} << 20U;

constexpr std::string_view kSpace = " \t\n\r";

/// The value at the front of `text`, which is what follows in a checked object or list; and drops it.
std::string_view take_value(std::string_view& text) {
  std::size_t at = 0;
  int depth = 0;
  bool in_text = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_text) {
      if (c == '\\') {
        ++at;
      } else if (c == '"') {
        in_text = false;
      }
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      if (--depth < 0) break;
    } else if (depth == 0 && (c == ',' || c == ':')) {
      break;
    }
  }
  at = std::min(at, text.size());
  const std::string_view out = trimmed(text.substr(0, at), kSpace);
  text.remove_prefix(at);
  if (!text.empty() && (text.front() == ',' || text.front() == ':')) text.remove_prefix(1);
  return out;
}

/// What stands between the brackets.
std::string_view inside(std::string_view text) {
  return trimmed(text.substr(1, text.size() - 2));
}

std::string unquoted(std::string_view raw) {
  if (raw.find('\\') == std::string_view::npos) return std::string(raw.substr(1, raw.size() - 2));
  return json::parse(raw.begin(), raw.end()).get<std::string>();  // checked before, so it does not throw
}

}  // namespace

bool is_object(std::string_view text) {
  const std::string_view body = trimmed(text, kSpace);
  if (body.size() > kBytesMax || !body.starts_with('{') || !nests_at_most(body)) return false;
  codec::json::Reader reader(body);
  return reader.skip() && reader.at_end();
}

Members::Members(std::string_view text) {
  if (text.size() > kBytesMax) {
    error_ = {Errc::too_large, "more than 4 MiB of JSON"};
    return;
  }
  if (!is_object(text)) {
    error_.detail = "expected a JSON object, nested at most 64 deep";
    return;
  }
  for (std::string_view rest = inside(trimmed(text, kSpace)); !rest.empty();) {
    const std::string_view name = take_value(rest);
    members_.emplace_back(name.substr(1, name.size() - 2), take_value(rest));
  }
}

bool Members::has(std::string_view name) const {
  for (const auto& [each, value] : members_) {
    if (each == name) return true;
  }
  return false;
}

std::string_view Members::member(const char* name) {
  for (const auto& [each, value] : members_) {
    if (each == name) return value;
  }
  if (ok()) error_.detail = std::string("\"") + name + "\" is missing";
  return {};
}

void Members::refuse(const char* name, std::string_view expected) {
  if (ok()) error_.detail = std::string("\"") + name + "\": expected " + std::string(expected);
}

double Members::number(const char* name) {
  const std::string_view raw = member(name);
  double value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (error == std::errc{} && end == raw.data() + raw.size()) return value;
  refuse(name, "a number");
  return 0;
}

bool Members::boolean(const char* name) {
  const std::string_view raw = member(name);
  if (raw != "true" && raw != "false") refuse(name, "true or false");
  return raw == "true";
}

std::string Members::text(const char* name, std::size_t bytes_max) {
  const std::string_view raw = member(name);
  if (!raw.starts_with('"')) {
    refuse(name, "a text");
    return {};
  }
  std::string value = unquoted(raw);
  if (value.size() <= bytes_max) return value;
  refuse(name, "a shorter text");
  return {};
}

std::string_view Members::object(const char* name) {
  const std::string_view raw = member(name);
  if (raw.starts_with('{')) return raw;
  refuse(name, "an object");
  return {};
}

std::vector<std::string_view> Members::list(const char* name) {
  const std::string_view raw = member(name);
  std::vector<std::string_view> out;
  if (!raw.starts_with('[')) {
    refuse(name, "a list");
    return out;
  }
  for (std::string_view rest = inside(raw); !rest.empty();) out.push_back(take_value(rest));
  return out;
}

std::vector<std::string_view> Members::objects(const char* name) {
  std::vector<std::string_view> out = list(name);
  for (const std::string_view each : out) {
    if (!each.starts_with('{')) refuse(name, "a list of objects");
  }
  return out;
}

Composer& Composer::raw(const char* name, std::string_view text) {
  if (out_.size() > 1) out_ += ',';
  out_ += '"';
  out_ += name;
  out_ += "\":";
  out_ += text;
  return *this;
}

Composer& Composer::number(const char* name, double value) {
  return raw(name, json(value).dump());
}

Composer& Composer::text(const char* name, std::string_view value) {
  return raw(name, json(value).dump(-1, ' ', false, json::error_handler_t::replace));
}

Composer& Composer::object(const char* name, std::string_view text) {
  return raw(name, is_object(text) ? text : "{}");
}

Composer& Composer::objects(const char* name, const std::vector<std::string>& texts) {
  std::string all = "[";
  for (const std::string& each : texts) {
    if (all.size() > 1) all += ',';
    all += is_object(each) ? std::string_view(each) : "{}";
  }
  all += ']';
  return raw(name, all);
}

}  // namespace vfleet::bus::detail
