#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simulator/codec/json/writer.h"
#include "simulator/platform/converse_settings.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/roles/ocpp/charge_point.h"
#include "simulator/platform/roles/ocpp/csms_counts.h"
#include "simulator/platform/roles/ocpp/own_calls.h"
#include "simulator/platform/roles/ocpp/sessions.h"
#include "simulator/platform/roles/ocpp/transactions.h"

namespace vfleet::platform::ocpp {

/// The central system of OCPP 1.6J, without any IO: answers charge points, checks what they say, sends CALLs
/// that it is told to send, and begins and ends sessions by itself. All on one thread.
class Csms {
 public:
  /// `platform` and `settings` outlive it.
  Csms(Platform& platform, const OcppSettings& settings, Place place);

  /// Whether a charge point with this Authorization header may come.
  [[nodiscard]] bool lets_in(std::string_view id, std::string_view authorization) const;
  /// It has come; a connection that it had before is ended. nullptr: there are too many, or its id is too
  /// long.
  [[nodiscard]] ChargePoint* came(std::string_view id, Line& line, std::uint64_t link);
  void gone(ChargePoint& charge_point, std::uint64_t link);

  struct Taken {
    bool call = false;  ///< it was a CALL, and `answer` its answer
    Mischief mischief;  ///< what to do to it
  };
  /// Takes a message; appends the answer, if there is one. `early`: it was sent before the answer to the
  /// CALL before it.
  Taken take(ChargePoint& charge_point, std::string_view text, bool early, const Source& source,
             std::string& answer);

  /// Appends the next CALL for a charge point that has answered the one before. False: none waits.
  bool next_call(ChargePoint& charge_point, std::string& call) { return calls_.next(charge_point, call); }

  /// From time to time: gives up answers that do not come, begins and ends sessions.
  void tick();

  [[nodiscard]] const CsmsCounts& counts() const { return counts_; }
  [[nodiscard]] std::size_t connected() const { return connected_.size(); }

 private:
  using Writer = codec::json::Writer;

  void take_call(ChargePoint& charge_point, Action action, const codec::ocpp::Frame& frame, std::string& out);
  void take_broken(ChargePoint& charge_point, const codec::ocpp::Frame& frame, std::string_view text,
                   std::string& out);
  void refuse(std::string_view id, codec::ocpp::ErrorCode code, std::string_view why, std::string& out);
  void check_id(ChargePoint& charge_point, std::string_view id);
  [[nodiscard]] bool may_speak(ChargePoint& charge_point, Action action);

  // These write what stands in the answer.
  void answer(ChargePoint& charge_point, Action action, std::string_view payload, Writer& out);
  void boot(ChargePoint& charge_point, Writer& out);
  void start(ChargePoint& charge_point, std::string_view payload, Writer& out);
  void status(ChargePoint& charge_point, std::string_view payload);
  void tag_info(std::string_view tag, Writer& out);
  void current_time(Writer& out);

  Platform& platform_;
  const OcppSettings& settings_;
  CsmsCounts counts_;
  Transactions transactions_;
  OwnCalls calls_;
  Sessions sessions_;
  std::unordered_map<std::string, std::unique_ptr<ChargePoint>, TextHash, std::equal_to<>> charge_points_;
  std::vector<ChargePoint*> connected_;
};

}  // namespace vfleet::platform::ocpp
