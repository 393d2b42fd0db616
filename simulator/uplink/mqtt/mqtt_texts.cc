#include "simulator/uplink/mqtt/mqtt_texts.h"

#include <set>
#include <utility>

#include "simulator/codec/mqtt/topic.h"

namespace vfleet::uplink {
namespace {

using codec::text::Escape;
using codec::text::Template;

/// Compiles, and gathers what is wrong with the name of its key.
class Compiler {
 public:
  explicit Compiler(std::vector<std::string>& mistakes) : mistakes_(mistakes) {}

  Template text(std::string_view key, std::string_view text, bool report, Escape escape = Escape::line) {
    auto made = Template::compile(text, {.escape = escape, .report = report});
    if (made) return std::move(*made);
    wrong(key, made.error().detail);
    return {};
  }

  std::optional<Template> optional(std::string_view key, std::string_view text) {
    if (text.empty()) return std::nullopt;
    return this->text(key, text, false);
  }

  /// A text without places can be judged now; others are when they are filled in.
  Template topic(std::string_view key, std::string_view text, bool report) {
    if (text.find('{') == std::string_view::npos && !codec::mqtt::is_topic_name(text)) {
      wrong(key, "is no topic name: not empty, no '+' or '#'");
    }
    return this->text(key, text, report);
  }

  Template filter(std::string_view key, std::string_view text) {
    if (text.find('{') == std::string_view::npos && !codec::mqtt::is_topic_filter(text)) {
      wrong(key, "'" + std::string(text) +
                     "' is no topic filter: '+' stands alone in a level, '#' alone in the last");
    }
    return this->text(key, text, false);
  }

  std::uint8_t qos(const std::string& key, std::string_view text) {
    if (text.size() == 1 && text[0] >= '0' && text[0] <= '2') return static_cast<std::uint8_t>(text[0] - '0');
    wrong(key, "must be 0, 1 or 2, not '" + std::string(text) + "'");
    return 0;
  }

  bool flag(const std::string& key, std::string_view text) {
    if (text == "true" || text == "false") return text == "true";
    wrong(key, "must be true or false, not '" + std::string(text) + "'");
    return false;
  }

  void wrong(std::string_view key, std::string_view what) {
    mistakes_.push_back(std::string(key) + ": " + std::string(what));
  }

 private:
  std::vector<std::string>& mistakes_;
};

void compile_reports(const MqttConfig& config, Compiler& compiler, MqttTexts& out) {
  out.other = {compiler.topic("topic", config.topic, true), config.qos, config.retain};
  std::set<std::string> names;
  for (const auto* map : {&config.topics, &config.qos_of, &config.retain_of}) {
    for (const auto& [name, value] : *map) names.insert(name);
  }
  for (const std::string& name : names) {
    MqttReport report = out.other;
    if (const auto at = config.topics.find(name); at != config.topics.end()) {
      report.topic = compiler.topic("topics." + name, at->second, true);
    }
    if (const auto at = config.qos_of.find(name); at != config.qos_of.end()) {
      report.qos = compiler.qos("report_qos." + name, at->second);
    }
    if (const auto at = config.retain_of.find(name); at != config.retain_of.end()) {
      report.retain = compiler.flag("report_retain." + name, at->second);
    }
    out.reports.emplace(name, std::move(report));
  }
}

void compile_properties(std::string_view key, const std::vector<std::string>& texts, bool report,
                        codec::mqtt::Version version, Compiler& compiler,
                        std::vector<MqttTexts::Property>& out) {
  if (!texts.empty() && version != codec::mqtt::Version::v5) compiler.wrong(key, "need version: 5");
  for (const std::string& each : texts) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos || equals == 0) {
      compiler.wrong(key, "'" + each + "' is not name=value");
      continue;
    }
    out.emplace_back(each.substr(0, equals), compiler.text(key, each.substr(equals + 1), report));
  }
}

}  // namespace

MqttTexts MqttTexts::compile(const MqttConfig& config, std::vector<std::string>& mistakes) {
  Compiler compiler(mistakes);
  MqttTexts out;
  out.client_id = compiler.text("client_id", config.client_id, false);
  if (config.client_id.empty() && !config.clean) {
    compiler.wrong("client_id", "clean: false needs one: the server finds the session by it");
  }
  out.username = compiler.optional("username", config.username);
  out.password = compiler.optional("password", config.password);
  if (config.version == codec::mqtt::Version::v3_1_1 && out.password && !out.username) {
    compiler.wrong("password", "needs a username in version 3.1.1");
  }
  if (!config.will_topic.empty()) out.will_topic = compiler.topic("will.topic", config.will_topic, false);
  out.will_payload = compiler.text("will.payload", config.will_payload, false, Escape::raw);
  for (const std::string& each : config.subscribe)
    out.subscribe.push_back(compiler.filter("subscribe", each));
  if (!config.echo.empty()) {
    out.echo = compiler.filter("echo.topic", config.echo);
    if (config.echo_due.empty()) compiler.wrong("echo.due", "is needed with echo.topic");
    if (config.echo_type.empty()) compiler.wrong("echo.type", "is needed with echo.topic");
  }
  compile_reports(config, compiler, out);
  compile_properties("user_properties", config.user_properties, true, config.version, compiler,
                     out.user_properties);
  compile_properties("connect_properties", config.connect_properties, false, config.version, compiler,
                     out.connect_properties);
  return out;
}

}  // namespace vfleet::uplink
