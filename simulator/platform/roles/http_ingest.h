#pragma once

#include <string>
#include <string_view>

#include "simulator/platform/http/server.h"
#include "simulator/platform/platform.h"

namespace vfleet::platform {

/// Takes reports over HTTP: POST or PUT to /ingest, to any path under it, and to /v1/devices/{dev}/{type},
/// where dev and type must be those of the report. Answers {"code":0}, with the commands that wait for the
/// device. Misbehaves as it was told. Everything else goes to `others`.
class HttpIngest final : public http::RequestHandler {
 public:
  HttpIngest(Platform& platform, http::RequestHandler& others) : platform_(platform), others_(others) {}

  http::Next handle(const http::Request& request, std::string& out) override;

 private:
  http::Next answer(const codec::envelope::Head& report, bool keep_alive, std::string& out);
  http::Next answer_badly(const codec::envelope::Head& report, const Mischief& mischief, bool keep_alive,
                          std::string& out);

  Platform& platform_;
  http::RequestHandler& others_;
};

}  // namespace vfleet::platform
