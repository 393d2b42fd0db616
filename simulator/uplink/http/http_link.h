#pragma once

#include <memory>
#include <string>

#include "simulator/uplink/http/http_shared.h"
#include "simulator/uplink/send_queue.h"
#include "simulator/uplink/stream_link.h"

namespace vfleet::uplink {

/// One device's connection: at most one request in flight, the others wait in a bounded queue. The link stays
/// up while it replaces a connection that the server ended in order ("Connection: close"); reports that wait
/// outlive a lost connection, the one in flight does not.
class HttpLink final : public StreamLink {
 public:
  HttpLink(HttpShared& shared, LinkKey key, const LinkIdentity& identity);
  ~HttpLink() override;

  [[nodiscard]] Accepted send(const Ticket& ticket, const Message& message) override;
  [[nodiscard]] std::size_t pending() const override { return queue_.size() + (in_flight() ? 1 : 0); }

 private:
  enum class Request : std::uint8_t {
    none,
    sending,   ///< part of it is still here
    awaiting,  ///< with the kernel
  };

  void connected() override;
  void received(std::string_view bytes) override;
  void flushed() override;
  void woken() override;
  bool ended() override;
  void lost(Fate fate, bool closed) override;

  [[nodiscard]] bool in_flight() const { return request_ != Request::none; }
  [[nodiscard]] bool idle() const { return is_ready() && !in_flight(); }
  void start(const Ticket& ticket, std::string_view bytes);
  void handed_over();
  void pump();
  void answered(std::string_view rest);
  void deliver(std::string_view body);
  void settle(const Ticket& ticket, Fate fate);

  HttpShared& shared_;
  const std::string& type_;
  std::string id_;
  SendQueue queue_;
  std::unique_ptr<codec::http::ResponseReader> reader_;  // while an answer is coming in
  Ticket ticket_;                                        // in flight
  TimePoint deadline_;                                   // of its answer
  Request request_ = Request::none;
};

}  // namespace vfleet::uplink
