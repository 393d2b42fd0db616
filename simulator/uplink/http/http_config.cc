#include "simulator/uplink/http/http_config.h"

#include "simulator/codec/http/multipart.h"
#include "simulator/uplink/queue_keys.h"

namespace vfleet::uplink {
namespace {

using namespace std::chrono_literals;

config::Struct<HttpConfig> describe() {
  using config::Effect;
  config::Struct<HttpConfig> keys;
  keys.text(
          "url", [](auto& c) -> auto& { return c.request.url; })
      .initial("http://127.0.0.1:8080/ingest")
      .effect(Effect::connection)
      .doc(
          "Where each report goes. Path and query may hold templates: {device.id}, {report.type}, "
          "{data.soc}.");
  keys.choice("method", [](auto& c) -> auto& { return c.request.method; },
              {{"POST", "POST"}, {"PUT", "PUT"}, {"PATCH", "PATCH"}, {"GET", "GET"}, {"DELETE", "DELETE"}})
      .initial("POST")
      .effect(Effect::connection)
      .doc(
          "Method of the requests. GET and DELETE carry no body: templates in url and headers tell the "
          "report.");
  keys.list(
          "headers", config::Kind::text, Unit::none, [](auto& c) -> auto& { return c.request.headers; })
      .initial({})
      .effect(Effect::connection)
      .doc("More headers, each as \"Name: value\"; the templates of url may stand in the value.");
  keys.text(
          "token", [](auto& c) -> auto& { return c.request.token; })
      .initial("")
      .secret()
      .effect(Effect::connection)
      .doc("Sent as \"Authorization: Bearer TOKEN\" when not empty.");
  keys.choice("connections", [](auto& c) -> auto& { return c.connections; },
              {{"device", Connections::device}, {"pool", Connections::pool}})
      .initial(Connections::device)
      .effect(Effect::connection)
      .doc("Whose the keep-alive connections are: each device its own, or a pool that all devices share.");
  keys.integer(
          "pool.size", [](auto& c) -> auto& { return c.pool_size; })
      .initial(16)
      .range(1.0, 1e4)
      .effect(Effect::connection)
      .doc("Connections of the pool, in each worker.");
  keys.text(
          "login.report", [](auto& c) -> auto& { return c.login.report; })
      .initial("")
      .effect(Effect::connection)
      .doc("The report whose answer brings a token: login. The others wait for it and carry it as Bearer.");
  keys.text(
          "login.token", [](auto& c) -> auto& { return c.login.token; })
      .initial("token")
      .effect(Effect::connection)
      .doc("Where the token is in the answer to the login, as JSON: data.access_token.");
  keys.text(
          "login.expires", [](auto& c) -> auto& { return c.login.expires; })
      .initial("")
      .effect(Effect::connection)
      .doc("Where the answer says for how many seconds the token is good: expires_in. Empty: until a 401.");
  keys.duration(
          "login.renew_before", [](auto& c) -> auto& { return c.login.renew_before; })
      .initial(30s)
      .range(0s, 24h)
      .effect(Effect::connection)
      .doc("A device logs in again with the first report that comes so shortly before its token ends.");
  keys.open_texts(
          "multipart", [](auto& c) -> auto& { return c.multipart; })
      .effect(Effect::connection)
      .doc(
          "A report as multipart/form-data, a line for each part: \"NAME = TEMPLATE\", or for a file "
          "\"NAME(filename=NAME, type=TYPE) @ TEMPLATE\" with its bytes in base64.");
  keys.boolean(
          "gzip", [](auto& c) -> auto& { return c.gzip; })
      .initial(false)
      .effect(Effect::connection)
      .doc("Bodies are compressed (Content-Encoding: gzip).");
  keys.integer(
          "gzip_min", [](auto& c) -> auto& { return c.gzip_min; })
      .initial(256)
      .range(0.0, 1e6)
      .effect(Effect::connection)
      .doc("Bodies with fewer bytes stay as they are.");
  keys.duration(
          "timeout", [](auto& c) -> auto& { return c.timeout; })
      .initial(10s)
      .range(1ms, 1h)
      .effect(Effect::connection)
      .doc("How long a request may wait for its answer; the connection is dropped then.");
  add_stream_keys(
      keys, [](auto& c) -> auto& { return c.stream; });
  add_queue_keys(
      keys, "behind the one in flight", [](auto& c) -> auto& { return c.queue_max; },
      [](auto& c) -> auto& { return c.when_full; });
  keys.check([](const HttpConfig& c, std::vector<std::string>& mistakes) {
    if (auto request = codec::http::RequestTemplate::make(c.request); !request) {
      mistakes.push_back(request.error().detail);
    }
    for (const auto& [report, text] : c.multipart) {
      if (auto parts = codec::http::Multipart::parse(text); !parts) {
        mistakes.push_back("multipart." + report + ": " + parts.error().detail);
      }
    }
    if (!c.login.report.empty() && c.login.token.empty()) {
      mistakes.emplace_back("login.token is empty: it says where the token is in the answer to the login");
    }
    if (!c.login.report.empty() && !c.request.token.empty()) {
      mistakes.emplace_back("token and login.report exclude each other");
    }
    const auto identity = DeviceIdentity::compile(c.stream.certificate, c.stream.key);
    if (c.connections == Connections::pool && identity && identity->own()) {
      mistakes.emplace_back(
          "tls.cert: the connections of a pool belong to no device, so {device.id} cannot stand there");
    }
  });
  return keys;
}

}  // namespace

const config::Struct<HttpConfig>& http_keys() {
  static const config::Struct<HttpConfig> keys = describe();
  return keys;
}

}  // namespace vfleet::uplink
