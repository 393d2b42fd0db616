#include "devices/charging_pile/dialects/ocpp16/answering.h"

#include <optional>

#include "simulator/codec/json/reader.h"
#include "simulator/codec/ocpp/message.h"
#include "simulator/codec/ocpp/override.h"

namespace vfleet::pile::ocpp16 {
namespace {

namespace wire = codec::ocpp;

Error wrong_word(std::string_view word, const wire::Message* message) {
  std::string text = "with: '" + std::string(word) +
                     "' is none of none, default, an error code (InternalError, " +
                     "NotSupported, GenericError, ...)";
  const wire::Field* status = message == nullptr ? nullptr : message->response.find("status");
  if (status != nullptr) {
    for (const std::string_view each : status->words) text += ", " + std::string(each);
  }
  return {Errc::invalid_argument, text};
}

}  // namespace

Result<Answering> read_answering(const AnswerRule& rule) {
  const wire::Message* message = nullptr;
  if (rule.message != kEveryRequest) {
    const auto action = wire::find_action(rule.message);
    if (!action || wire::message(*action).sender == wire::Sender::charge_point) {
      return fail(Errc::invalid_argument, "message: a CSMS sends no '" + rule.message +
                                              "' (RemoteStartTransaction, Reset, ...; * for every one)");
    }
    message = &wire::message(*action);
  }
  Answering out{.after = rule.after};
  if (rule.silent) out.with = Answering::With::nothing;
  if (rule.silent || rule.fields.empty()) return out;
  const auto& [name, value] = rule.fields.front();
  if (name.empty() && value.starts_with('{')) {
    codec::json::Reader reader(value);
    if (!reader.skip() || !reader.at_end()) {
      return fail(Errc::invalid_argument,
                  "with: the JSON is broken at character " + std::to_string(reader.offset()));
    }
    out.with = Answering::With::payload;
    out.payload = value;
    return out;
  }
  if (name.empty()) {
    if (const auto code = wire::error_code(value)) {
      out.with = Answering::With::error;
      out.error = *code;
      return out;
    }
    if (message == nullptr || message->response.find("status") == nullptr) {
      return tl::unexpected(wrong_word(value, message));
    }
  }
  if (message == nullptr) {
    return fail(Errc::invalid_argument, "with: fields differ from message to message: name one, not *");
  }
  auto fields = rule.fields;
  if (name.empty()) fields.front().first = "status";
  out.with = Answering::With::payload;
  out.payload = "{}";
  if (auto made = wire::override_payload(message->response, fields, wire::Check::by_table, out.payload);
      !made) {
    if (name.empty()) return tl::unexpected(wrong_word(value, message));
    return tl::unexpected(made.error());
  }
  return out;
}

}  // namespace vfleet::pile::ocpp16
