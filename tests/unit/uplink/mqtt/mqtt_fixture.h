#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tests/support/mqtt_server.h"
#include "tests/support/simulated_uplink.h"

namespace vfleet::uplink {

/// MQTT links on virtual time, against a server that behaves as each test wants.
class MqttOnSimulatedNetwork : public test::SimulatedUplink {
 protected:
  MqttOnSimulatedNetwork() {
    server_.accepted = [this](test::SimulatedConnection& c) { ids_[c.number()] = mqtt_.connected(); };
    server_.received = [this](test::SimulatedConnection& c, std::string_view bytes) {
      const auto answer = mqtt_.take(ids_[c.number()], bytes);
      if (!answer.bytes.empty() && !mute_) c.send(answer.bytes);
      if (answer.close) c.close();
    };
    server_.closed = [this](test::SimulatedConnection& c) { mqtt_.gone(ids_[c.number()]); };
    server_.delay = std::chrono::milliseconds(5);
    set("backoff.first", Duration(std::chrono::milliseconds(100)));
    set("backoff.max", Duration(std::chrono::seconds(1)));
  }

  template <class V>
  void set(const std::string& key, V value) {
    if constexpr (std::is_same_v<V, const char*>) {
      values_[key].data = std::string(value);
    } else if constexpr (std::is_same_v<V, int>) {
      values_[key].data = std::int64_t{value};
    } else {
      values_[key].data = value;
    }
  }

  std::unique_ptr<Link> open_link(LinkKey key = 1) {
    if (uplink_ == nullptr) make_uplink("mqtt", values_);
    auto link = make_link(key);
    link->open();
    return link;
  }

  std::unique_ptr<Link> connected_link(LinkKey key = 1) {
    auto link = open_link(key);
    EXPECT_TRUE(loop_.run_until([&] { return link->up(); }, std::chrono::seconds(10)));
    loop_.run_for(std::chrono::milliseconds(50));  // the subscription is answered
    return link;
  }

  static Accepted send(Link& link, std::uint32_t seq, std::string_view type = "meter") {
    const std::string body = "report " + std::to_string(seq);
    return link.send({.seq = seq}, {.type = type, .body = body});
  }

  bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::seconds(60)) {
    return loop_.run_until(done, limit);
  }

  /// To pile-1, as the connection stands.
  void push(const std::string& bytes) {
    for (const auto& each : server_.connections()) {
      if (ids_[each->number()] == mqtt_.connection_of("pile-1")) each->send(bytes);
    }
  }

  /// After `span` the server's answers are lost, and soon after that it restarts.
  void restart_unheard(Duration span) {
    loop_.run_for(span);
    mute_ = true;
    loop_.run_for(std::chrono::milliseconds(6));
    mute_ = false;
    restart(true);
  }

  /// The server goes, and comes back after `away`.
  void restart(bool keep_sessions, Duration away = std::chrono::seconds(2)) {
    server_.stop();
    server_.listening = false;
    mqtt_.restart(keep_sessions);
    loop_.run_for(away);
    server_.start();
  }

  /// How often each payload was counted.
  [[nodiscard]] std::map<std::string, int> counted() const {
    std::map<std::string, int> out;
    for (const auto& each : mqtt_.received) ++out[each.payload];
    return out;
  }

  test::MqttServer mqtt_;
  bool mute_ = false;
  test::SimulatedServer& server_ = network_.listen(1883);
  std::map<std::size_t, test::MqttServer::Connection> ids_;
  config::Values values_;
};

inline config::Value texts(const std::vector<std::string>& values) {
  config::List out;
  for (const std::string& each : values) out.push_back(config::Value{each});
  return config::Value{std::move(out)};
}

}  // namespace vfleet::uplink
