#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/platform/converse_settings.h"
#include "simulator/platform/http/handler.h"
#include "simulator/platform/http/target.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/snapshot.h"

namespace vfleet::platform {

class SharedState;

struct ApiAnswer {
  std::uint32_t status = 200;
  std::string body;  ///< JSON
};

/// The other processes of this platform, which hold a part of its devices each.
class Siblings {
 public:
  virtual ~Siblings() = default;
  /// Api::answer_inside() of each. Errors: unavailable, timed_out.
  [[nodiscard]] virtual Result<std::vector<ApiAnswer>> ask(std::string_view method, std::string_view target,
                                                           std::string_view body) = 0;
};

/// The HTTP API: figures, look-up, commands down, misbehaviour. Errors are {"code","message"}.
class Api final : public http::RequestHandler {
 public:
  using Answer = ApiAnswer;

  /// `transport`: what the roles of this process have counted.
  /// `settings`: of the roles that converse, changed by POST /settings; nullptr: there are none.
  Api(Platform& platform, std::function<Counters()> transport, ConverseSettings* settings = nullptr)
      : platform_(platform), transport_(std::move(transport)), settings_(settings) {}

  /// From now on it answers for all processes of the platform. Both outlive it.
  void speak_for(Siblings& siblings, SharedState& shared) {
    siblings_ = &siblings;
    shared_ = &shared;
  }

  http::Next handle(const http::Request& request, std::string& out) override;

  /// The same without HTTP around it.
  [[nodiscard]] Answer answer(std::string_view method, std::string_view target, std::string_view body);
  /// For the process that speaks for this one.
  [[nodiscard]] Answer answer_inside(std::string_view method, std::string_view target, std::string_view body);

 private:
  [[nodiscard]] Answer figures();
  [[nodiscard]] Answer merged(std::string_view target, Answer own,
                              Answer (*merge)(std::vector<nlohmann::json>));
  [[nodiscard]] Answer reports(const http::Target& target, std::string_view text);
  [[nodiscard]] Answer queue_command(const std::string& id, std::string_view body);
  [[nodiscard]] Answer misbehave(std::string_view method, std::string_view body);
  [[nodiscard]] Answer complaints(const http::Target& target, std::string_view text);
  [[nodiscard]] Answer settings(std::string_view method, std::string_view body);
  [[nodiscard]] Answer reset(const http::Target& target, std::string_view text);
  [[nodiscard]] Answer told(Answer own, std::string_view method, const std::string& target,
                            std::string_view body);

  Platform& platform_;
  std::function<Counters()> transport_;
  ConverseSettings* settings_;
  Siblings* siblings_ = nullptr;
  SharedState* shared_ = nullptr;
};

}  // namespace vfleet::platform
