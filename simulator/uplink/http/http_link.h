#pragma once

#include "simulator/uplink/http/http_connection.h"
#include "simulator/uplink/http/http_requests.h"

namespace vfleet::uplink {

/// A device with a connection of its own. Reports that wait outlive a lost connection, the one in flight does
/// not.
class HttpLink final : public HttpConnection {
 public:
  HttpLink(HttpShared& shared, LinkKey key)
      : HttpConnection(shared, key), shared_(shared), requests_(shared, key) {}

  [[nodiscard]] Accepted send(const Ticket& ticket, const Message& message) override;
  [[nodiscard]] std::size_t pending() const override { return requests_.pending(); }
  [[nodiscard]] bool refuses(std::string_view /*report*/) const override {
    return up() && requests_.refuses();
  }

 private:
  void request_sent(TimePoint now) override { requests_.sent(now); }
  void request_answered(unsigned status, std::string_view body) override;
  void request_lost(Fate fate) override { requests_.lost(fate); }
  void free() override;
  [[nodiscard]] bool has_next() override { return requests_.has_next(); }
  void closed() override { requests_.evict_all(); }
  void wait_for_login();

  HttpShared& shared_;
  HttpRequests requests_;
};

}  // namespace vfleet::uplink
