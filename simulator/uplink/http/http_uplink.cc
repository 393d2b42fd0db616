#include "simulator/uplink/http/http_uplink.h"

#include "simulator/uplink/http/http_link.h"
#include "simulator/uplink/http/http_pool.h"
#include "simulator/uplink/network_kind.h"

namespace vfleet::uplink {
namespace {

void add(std::vector<Counter>& out, std::string_view name, std::uint64_t value) {
  out.push_back({std::string(name), value});
}

class HttpUplink final : public Uplink {
 public:
  HttpUplink(const UplinkEnvironment& environment, HttpConfig config, codec::http::RequestTemplate request,
             StreamSettings stream, LinkOwner& owner)
      : shared_(environment.loop, *environment.network, std::move(config), std::move(request),
                std::move(stream), environment.seed, owner) {
    shared_.warn = environment.warn;
    if (shared_.config.connections == Connections::pool) pool_ = std::make_unique<HttpPool>(shared_);
  }

  std::unique_ptr<Link> make_link(LinkKey key, const LinkIdentity& /*identity*/) override {
    if (pool_ != nullptr) return std::make_unique<PooledLink>(shared_, *pool_, key);
    return std::make_unique<HttpLink>(shared_, key);
  }

  std::vector<Counter> counters() const override {
    const HttpTotals& t = shared_.counts;
    std::vector<Counter> out;
    add(out, "requests_total", t.requests);
    add(out, "queue_evicted_total", t.evicted);
    add(out, "messages_received_total", t.messages);
    add(out, "malformed_commands_total", t.malformed_commands);
    add(out, "idle_closes_total", t.idle_closes);
    add(out, "logins_wanted_total", t.logins_wanted);
    add(out, "logins_failed_total", t.logins_failed);
    for (unsigned status = 0; status < HttpTotals::kStatuses; ++status) {
      if (t.answers[status] == 0) continue;
      add(out, "answers_total{status=\"" + std::to_string(status) + "\"}", t.answers[status]);
    }
    shared_.add_counters(out);
    return out;
  }

 private:
  HttpShared shared_;
  std::unique_ptr<HttpPool> pool_;  // null: a connection a device
};

Result<std::unique_ptr<Uplink>> make(const UplinkEnvironment& environment, HttpConfig config,
                                     LinkOwner& owner) {
  auto request = codec::http::RequestTemplate::make(config.request);
  if (!request) return tl::unexpected(request.error());
  const codec::http::Url& url = request->url();
  auto stream = stream_settings(
      config.stream,
      {.uplink = "http", .host = url.host, .port = url.port, .tls = url.tls, .drain_timeout = config.timeout},
      environment);
  if (!stream) return tl::unexpected(stream.error());
  return std::make_unique<HttpUplink>(environment, std::move(config), std::move(*request), std::move(*stream),
                                      owner);
}

}  // namespace

UplinkKind http_uplink() {
  UplinkKind kind = network_kind(
      "http",
      "Each report is one HTTP/1.1 request, on a keep-alive connection of the device's own or of a pool.",
      http_keys(), make);
  kind.actions = {stream_misbehaviour("http")};
  return kind;
}

}  // namespace vfleet::uplink
