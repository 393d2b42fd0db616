#include "simulator/config/environment.h"

#include "simulator/core/utf8.h"

namespace vfleet::config {
namespace {

constexpr std::size_t kExpandedMax = 1024 * 1024;

bool valid_name(std::string_view name) {
  for (char c : name) {
    if ((c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') return false;
  }
  return !name.empty() && (name.front() < '0' || name.front() > '9');
}

}  // namespace

Result<std::string> expand_environment(
    std::string_view text,
    const std::function<std::optional<std::string>(const std::string& name)>& environment) {
  std::string out;
  while (!text.empty()) {
    const auto dollar = text.find('$');
    out += text.substr(0, dollar);
    if (out.size() > kExpandedMax) return fail(Errc::invalid_argument, "the text grows too large");
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$'))
      text.remove_prefix(1), out += '$';
    else if (!text.starts_with('{'))
      out += '$';
    else {
      const auto close = text.find('}');
      if (close == std::string_view::npos)
        return fail(Errc::invalid_argument, "'${' has no '}'; a plain $ before { is written $$");
      const std::string_view inside = text.substr(1, close - 1);
      text.remove_prefix(close + 1);
      const auto colon = inside.find(":-");
      const std::string name(inside.substr(0, colon));
      if (!valid_name(name))
        return fail(Errc::invalid_argument, "'" + name + "' is no name of an environment variable");
      auto value = environment(name);
      if (colon != std::string_view::npos && (!value || value->empty()))
        value = std::string(inside.substr(colon + 2));
      if (!value) {
        return fail(Errc::invalid_argument, "the environment variable " + name + " is not set; ${" + name +
                                                ":-default} gives it a default");
      }
      if (invalid_utf8(*value))
        return fail(Errc::invalid_argument, "the environment variable " + name + " is not UTF-8 text");
      out += *value;
    }
  }
  return out;
}

}  // namespace vfleet::config
