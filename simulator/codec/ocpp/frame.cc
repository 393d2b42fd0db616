#include "simulator/codec/ocpp/frame.h"

#include "simulator/codec/json/reader.h"

namespace vfleet::codec::ocpp {
namespace {

using json::Reader;
using Kind = Frame::Kind;

constexpr std::size_t kEchoedIdMax = 255;  // bytes of an id that is too long and repeated all the same
constexpr std::size_t kDescriptionMax = 255;

Kind kind_of(std::string_view number) {
  if (number == "2") return Kind::call;
  if (number == "3") return Kind::result;
  if (number == "4") return Kind::error;
  return Kind::unknown_type;
}

class FrameReader {
 public:
  FrameReader(std::string_view text, const FrameRules& rules) : reader_(text), rules_(rules) {}

  Frame run() {
    read();
    return frame_;
  }

 private:
  void corrupt(ErrorCode fault, std::string_view reason) {
    frame_.meant = frame_.kind;
    frame_.kind = Kind::corrupt;
    // What broke the text may have been found before what the caller expected there.
    frame_.fault = reader_.failed() ? ErrorCode::formation_violation : fault;
    frame_.reason = reader_.failed() ? "no JSON" : reason;
  }

  void read() {
    if (reader_.peek() != Reader::Kind::array)
      return corrupt(ErrorCode::formation_violation, "no JSON array");
    reader_.enter_array();
    std::string_view number;
    if (!reader_.next_element() || reader_.peek() != Reader::Kind::number || !reader_.number(number))
      return corrupt(ErrorCode::formation_violation, "does not begin with the number of a message type");
    frame_.kind = kind_of(number);
    if (frame_.kind == Kind::unknown_type || !id()) return;
    switch (frame_.kind) {
      case Kind::call:
        if (!element(Reader::Kind::string))
          return corrupt(ErrorCode::protocol_error, "a CALL without an action");
        if (!reader_.string(frame_.action)) return corrupt(ErrorCode::formation_violation, "");
        if (!value(frame_.payload)) return corrupt(ErrorCode::protocol_error, "a CALL without a payload");
        break;
      case Kind::result:
        if (!value(frame_.payload))
          return corrupt(ErrorCode::protocol_error, "a CALLRESULT without a payload");
        break;
      default:
        if (!error()) return;
    }
    if (reader_.next_element())
      return corrupt(ErrorCode::formation_violation, "has more elements than its type");
    if (reader_.failed() || !reader_.at_end())
      return corrupt(ErrorCode::formation_violation, "more follows behind the array");
  }

  bool element(Reader::Kind kind) { return reader_.next_element() && reader_.peek() == kind; }

  bool value(std::string_view& raw) { return reader_.next_element() && reader_.skip(&raw); }

  bool id() {
    std::string_view id;
    if (!element(Reader::Kind::string) || !reader_.string(id)) {
      corrupt(ErrorCode::formation_violation, "the id is no string");
      return false;
    }
    const std::size_t length = json::text_length(id);
    if (length > 0 && length <= rules_.id_most) {
      frame_.id = id;
      return true;
    }
    if (id.size() <= kEchoedIdMax) frame_.id = id;
    corrupt(ErrorCode::formation_violation, length == 0 ? "the id is empty" : "the id is too long");
    return false;
  }

  /// What follows the id of a CALLERROR.
  bool error() {
    if (!element(Reader::Kind::string) || !reader_.string(frame_.code)) {
      corrupt(ErrorCode::protocol_error, "a CALLERROR without an error code");
      return false;
    }
    // Its sender has said all that matters: what is missing behind that does not make it worse.
    if (!reader_.next_element()) return end_of_error();
    if (reader_.peek() != Reader::Kind::string || !reader_.string(frame_.description)) {
      corrupt(ErrorCode::formation_violation, "a CALLERROR whose description is no string");
      return false;
    }
    if (!value(frame_.details)) return end_of_error();
    return true;
  }

  bool end_of_error() {
    if (reader_.failed() || !reader_.at_end())
      corrupt(ErrorCode::formation_violation, "more follows behind the array");
    return false;
  }

  Reader reader_;
  const FrameRules& rules_;
  Frame frame_;
};

void write_raw_id(json::Writer& writer, std::string_view raw_id) {
  writer.raw("\"");
  writer.buffer().append(raw_id).push_back('"');
}

/// At most so many characters of `text`, none of them cut in the middle.
std::string_view first_characters(std::string_view text, std::size_t most) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (count++ == most) return text.substr(0, i);
  }
  return text;
}

}  // namespace

Frame read_frame(std::string_view text, const FrameRules& rules) {
  return FrameReader(text, rules).run();
}

void begin_call(json::Writer& writer, std::string_view id, std::string_view action) {
  writer.begin_array().integer(2).text(id).text(action);
}

void begin_result(json::Writer& writer, std::string_view raw_id) {
  writer.begin_array().integer(3);
  write_raw_id(writer, raw_id);
}

void finish(json::Writer& writer) {
  writer.end_array();
}

void write_error(Buffer& out, std::string_view raw_id, ErrorCode code, Spelling spelling,
                 std::string_view description, std::string_view details) {
  json::Writer writer(out);
  writer.begin_array().integer(4);
  write_raw_id(writer, raw_id);
  writer.text(to_string(code, spelling))
      .text(first_characters(description, kDescriptionMax))
      .raw(details)
      .end_array();
}

}  // namespace vfleet::codec::ocpp
