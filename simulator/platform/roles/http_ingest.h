#pragma once

#include <string>
#include <string_view>

#include "simulator/codec/http/gzip.h"
#include "simulator/platform/http/handler.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/roles/tokens.h"

namespace vfleet::platform {

/// Takes reports over HTTP: POST, PUT or PATCH to /ingest, to any path under it, and to
/// /v1/devices/{dev}/{type}, where dev and type must be those of the report. Answers {"code":0}, with the
/// commands that wait for the device. Bodies may be compressed by gzip. Where tokens are wanted, a request to
/// their path is answered with one, whether its body is a report or not, and other reports without one with
/// 401. Misbehaves as it was told. Everything else goes to `others`.
class HttpIngest final : public http::RequestHandler {
 public:
  struct Counts {
    std::uint64_t tokens_given = 0;
    std::uint64_t tokens_refused = 0;  ///< reports without a good one
  };

  HttpIngest(Platform& platform, http::RequestHandler& others, TokenOptions tokens = {})
      : platform_(platform), others_(others), tokens_(platform.clock(), std::move(tokens)) {}

  /// Whether a request to `target` brings a report or asks for a token; it looks or steers otherwise.
  [[nodiscard]] bool takes(std::string_view target) const;
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] bool wants_tokens() const { return tokens_.wanted(); }

  http::Next handle(const http::Request& request, std::string& out) override;

 private:
  http::Next log_in(const http::RequestHead& head, std::string_view body, std::string& out);
  http::Next answer(std::string_view device, bool keep_alive, std::string& out, std::string_view more = {});
  http::Next answer_badly(const Arrival& arrival, bool keep_alive, std::string& out);

  Platform& platform_;
  http::RequestHandler& others_;
  Tokens tokens_;
  Counts counts_;
  codec::http::Gunzip gunzip_;
  codec::Buffer expanded_;
};

}  // namespace vfleet::platform
