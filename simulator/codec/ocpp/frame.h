#pragma once

#include <cstdint>
#include <string_view>

#include "simulator/codec/json/writer.h"
#include "simulator/codec/ocpp/error_code.h"
#include "simulator/codec/ocpp/message.h"

/// The messages of OCPP-J around their payloads:
///   CALL [2,"id","Action",{..}]   CALLRESULT [3,"id",{..}]   CALLERROR [4,"id","code","description",{..}]
namespace vfleet::codec::ocpp {

struct FrameRules {
  std::size_t id_most = 36;  ///< characters of an id that is accepted; some peers send longer ones
};

/// Views into the text that was read. Strings are as they stand there, escapes included (json/reader.h).
struct Frame {
  enum class Kind : std::uint8_t {
    call,
    result,
    error,
    unknown_type,  ///< a message type number that 1.6 does not have: ignored
    corrupt,       ///< none of these; `fault` and `reason` tell why
  };

  Kind kind = Kind::corrupt;
  Kind meant = Kind::corrupt;    ///< of a corrupt one: what its type number says; call, result or error
  std::string_view id;           ///< without its quotes; of a corrupt one: empty when it cannot be read
  std::string_view action;       ///< of a call
  std::string_view payload;      ///< of a call and a result: any JSON value
  std::string_view code;         ///< of an error
  std::string_view description;  ///< of an error; may be missing
  std::string_view details;      ///< of an error: any JSON value; may be missing

  ErrorCode fault = ErrorCode::formation_violation;
  std::string_view reason;  ///< lives for ever

  /// Whether it is, or was meant to be, a CALL that can be answered by its id.
  [[nodiscard]] bool wants_answer() const {
    return kind == Kind::call || (kind == Kind::corrupt && meant == Kind::call && !id.empty());
  }
};

/// Any bytes, without a tree and without allocation. Whether payloads are what their action asks for is
/// validate()'s. A CALLERROR may lack its description and details.
[[nodiscard]] Frame read_frame(std::string_view text, const FrameRules& rules = {});

/// Writes everything up to the payload; the caller writes the payload and then calls finish().
void begin_call(json::Writer& writer, std::string_view id, std::string_view action);
/// `raw_id` as Frame::id gave it.
void begin_result(json::Writer& writer, std::string_view raw_id);
void finish(json::Writer& writer);

/// Appends a whole CALLERROR. A description of more than 255 characters is cut off. `details` is JSON text of
/// an object.
void write_error(Buffer& out, std::string_view raw_id, ErrorCode code, Spelling spelling,
                 std::string_view description = {}, std::string_view details = "{}");

}  // namespace vfleet::codec::ocpp
