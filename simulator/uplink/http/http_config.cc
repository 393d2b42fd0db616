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
  keys.duration(
          "connect_timeout", [](auto& c) -> auto& { return c.connect_timeout; })
      .initial(5s)
      .range(1ms, 1h)
      .effect(Effect::connection)
      .doc("How long a connection attempt may take.");
  keys.duration(
          "backoff.first", [](auto& c) -> auto& { return c.backoff.first; })
      .initial(1s)
      .range(1ms, 1h)
      .effect(Effect::connection)
      .doc("After a first failure the device waits a random time up to this; it doubles with each failure.");
  keys.duration(
          "backoff.max", [](auto& c) -> auto& { return c.backoff.max; })
      .initial(30s)
      .range(1ms, 24h)
      .effect(Effect::connection)
      .doc("The longest wait between two connection attempts of a device.");
  keys.number(
          "pacing.rate", Unit::frequency, [](auto& c) -> auto& { return c.pacing.rate; })
      .initial(2000)
      .range(0.01, 1e6)
      .effect(Effect::connection)
      .doc("Connection attempts a second, for all devices of a worker together.");
  keys.integer(
          "pacing.in_flight", [](auto& c) -> auto& { return c.pacing.in_flight; })
      .initial(100)
      .range(1.0, 1e6)
      .effect(Effect::connection)
      .doc("Connection attempts under way at once, for all devices of a worker together.");
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
    if (c.backoff.first > c.backoff.max) mistakes.emplace_back("backoff.first is longer than backoff.max");
  });
  return keys;
}

}  // namespace

const config::Struct<HttpConfig>& http_keys() {
  static const config::Struct<HttpConfig> keys = describe();
  return keys;
}

}  // namespace vfleet::uplink
