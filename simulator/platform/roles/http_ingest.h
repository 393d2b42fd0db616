#pragma once

#include <string>
#include <string_view>

#include "simulator/codec/http/gzip.h"
#include "simulator/platform/http/handler.h"
#include "simulator/platform/platform.h"

namespace vfleet::platform {

/// Takes reports over HTTP: POST, PUT or PATCH to /ingest, to any path under it, and to
/// /v1/devices/{dev}/{type}, where dev and type must be those of the report. Answers {"code":0}, with the
/// commands that wait for the device. Bodies may be compressed by gzip. Misbehaves as it was told. Everything
/// else goes to `others`.
class HttpIngest final : public http::RequestHandler {
 public:
  HttpIngest(Platform& platform, http::RequestHandler& others) : platform_(platform), others_(others) {}

  http::Next handle(const http::Request& request, std::string& out) override;

 private:
  http::Next answer(std::string_view device, bool keep_alive, std::string& out);
  http::Next answer_badly(const Arrival& arrival, bool keep_alive, std::string& out);

  Platform& platform_;
  http::RequestHandler& others_;
  codec::http::Gunzip gunzip_;
  codec::Buffer expanded_;
};

/// Whether a request to `target` looks or steers, and is no report.
[[nodiscard]] bool is_steering(std::string_view target);

}  // namespace vfleet::platform
