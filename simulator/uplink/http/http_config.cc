#include "simulator/uplink/http/http_config.h"

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
      .doc("Where each report goes. {device.id}, {device.type} and {report.type} stand for their names.");
  keys.choice("method", [](auto& c) -> auto& { return c.request.method; }, {{"POST", "POST"}, {"PUT", "PUT"}})
      .initial("POST")
      .effect(Effect::connection)
      .doc("Method of the requests.");
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
  keys.duration(
          "timeout", [](auto& c) -> auto& { return c.timeout; })
      .initial(10s)
      .range(1ms, 1h)
      .effect(Effect::connection)
      .doc("How long a request may wait for its answer; the connection is dropped then.");
  add_stream_keys(
      keys, [](auto& c) -> auto& { return c.stream; });
  keys.integer(
          "queue.max", [](auto& c) -> auto& { return c.queue_max; })
      .initial(64)
      .range(0.0, 1e5)
      .effect(Effect::connection)
      .doc("Reports of a device that may wait behind the one in flight.");
  keys.choice("queue.when_full", [](auto& c) -> auto& { return c.when_full; },
              {{"refuse", WhenFull::refuse},
               {"drop_oldest", WhenFull::drop_oldest},
               {"drop_newest", WhenFull::drop_newest}})
      .initial(WhenFull::refuse)
      .effect(Effect::connection)
      .doc("What gives way when the queue is full: refuse counts the report as not sent (queue_full).");
  keys.check([](const HttpConfig& c, std::vector<std::string>& mistakes) {
    if (auto request = codec::http::RequestTemplate::make(c.request); !request) {
      mistakes.push_back(request.error().detail);
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
