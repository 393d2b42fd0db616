#pragma once

#include <memory>
#include <string_view>

#include "simulator/uplink/http/http_shared.h"
#include "simulator/uplink/stream_link.h"

namespace vfleet::uplink {

/// A keep-alive connection with at most one request in flight. It replaces itself when the server ended it in
/// order, between two requests or after an answer ("Connection: close"), without being down meanwhile.
///
/// What becomes of a request is told once: request_sent, then request_answered or request_lost; or
/// request_lost alone. Each may come back with start().
class HttpConnection : public StreamLink {
 public:
  HttpConnection(HttpShared& shared, LinkKey key) : StreamLink(shared, key), shared_(shared) {}
  ~HttpConnection() override;

 protected:
  virtual void request_sent(TimePoint now) = 0;
  virtual void request_answered(unsigned status, std::string_view body) = 0;
  virtual void request_lost(Fate fate) = 0;
  /// Nothing is in flight and the connection stands: start() may follow, more than once is asked. Also when
  /// the time of look_at() has come, or an earlier one.
  virtual void free() = 0;
  /// Whether free() would start something.
  [[nodiscard]] virtual bool has_next() = 0;
  /// See StreamLink::lost().
  virtual void closed() = 0;

  [[nodiscard]] bool in_flight() const { return request_ != Request::none; }
  [[nodiscard]] bool idle() const { return is_ready() && !in_flight(); }
  /// Only when idle().
  void start(std::string_view request);
  /// free() at `at`, unless a request starts before. Only when idle().
  void look_at(TimePoint at);

 private:
  enum class Request : std::uint8_t {
    none,
    sending,   ///< part of it is still here
    awaiting,  ///< with the kernel
  };

  void connected() final;
  void received(std::string_view bytes) final;
  void flushed() final;
  void woken() final;
  void turn() final;
  bool ended() final;
  void lost(Fate fate, bool closed) final;
  void expect_answer(TimePoint now);
  void handed_over(TimePoint now);
  void answered(const codec::http::ResponseReader::Answer& answer, bool last);

  HttpShared& shared_;
  std::unique_ptr<codec::http::ResponseReader> reader_;  // while an answer is coming in
  TimePoint deadline_;                                   // of the answer
  Request request_ = Request::none;
  bool watched_ = false;  // a wake is set that comes by any request's deadline
};

}  // namespace vfleet::uplink
