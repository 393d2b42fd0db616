// Bytes of a CSMS. The first byte says which action is meant, the second which rules hold and what is done;
// then come lines: a message or payload, and the settings of overrides ("path=value").
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/json/reader.h"
#include "simulator/codec/ocpp/calls.h"
#include "simulator/codec/ocpp/date_time.h"
#include "simulator/codec/ocpp/frame.h"
#include "simulator/codec/ocpp/override.h"
#include "simulator/codec/ocpp/validate.h"

namespace {

using namespace vfleet;
using namespace vfleet::codec::ocpp;
using codec::Buffer;
using codec::json::Writer;
using Json = nlohmann::json;

void require(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

std::string plain(std::string_view raw) {
  std::string text;
  codec::json::append_text(raw, text);
  return text;
}

std::string_view first_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

/// What is read is inside of the text, is JSON for another parser too, and is the same after being written.
void check_frame(std::string_view text, const Rules& rules) {
  const Frame frame = read_frame(text);
  for (const std::string_view part :
       {frame.id, frame.action, frame.payload, frame.code, frame.description, frame.details})
    require(inside(part, text));
  if (frame.kind == Frame::Kind::corrupt) {
    require(!frame.reason.empty());
    return;
  }
  if (frame.kind == Frame::Kind::unknown_type) return;
  require(Json::accept(text));
  require(codec::json::text_length(frame.id) >= 1 && codec::json::text_length(frame.id) <= 36);
  Buffer again;
  Writer writer(again);
  switch (frame.kind) {
    case Frame::Kind::call:
      begin_call(writer, plain(frame.id), plain(frame.action));
      writer.raw(frame.payload);
      finish(writer);
      break;
    case Frame::Kind::result:
      begin_result(writer, frame.id);
      writer.raw(frame.payload);
      finish(writer);
      break;
    default:
      write_error(again, frame.id, ErrorCode::generic_error, Spelling::corrected, plain(frame.description));
  }
  const Frame same = read_frame(again);
  require(same.kind == frame.kind && plain(same.id) == plain(frame.id));
  require(same.kind == Frame::Kind::error ||
          (same.payload == frame.payload && plain(same.action) == plain(frame.action)));
  if (const auto action = find_action(frame.action); action && frame.kind == Frame::Kind::call)
    (void)validate(message(*action).request, frame.payload, rules);
}

/// What strict rules take, lax ones and another parser take too.
void check_payload(const Object& object, std::string_view payload, const Rules& rules) {
  const auto violation = validate(object, payload, rules);
  if (violation) {
    require(!violation->reason.empty() && violation->reason.size() < 4096);
    return;
  }
  require(Json::accept(payload));
  require(!validate(object, payload,
                    {.limits = false,
                     .unknown_fields = true,
                     .null_is_absent = rules.null_is_absent,
                     .times_without_zone = true,
                     .any_decimals = true}));
}

/// What is set by the table is good afterwards; what is set unchecked is JSON.
void check_overrides(Action action, std::string_view payload, std::string_view settings) {
  std::vector<Override> overrides;
  while (!settings.empty() && overrides.size() < 8) {
    const std::string_view line = first_line(settings);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    overrides.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  const Object& request = message(action).request;
  for (const Check check : {Check::by_table, Check::none}) {
    Buffer changed(payload);
    if (override_payload(request, overrides, check, changed)) {
      if (!overrides.empty()) require(Json::accept(changed));
      if (check == Check::by_table && !overrides.empty()) require(!validate(request, changed));
    } else {
      require(changed == payload);
    }
    Buffer frame = R"([2,"1",")" + std::string(to_string(action)) + "\"," + std::string(payload) + "]";
    const Buffer before = frame;
    if (!override_call(action, overrides, check, frame)) {
      require(frame == before);
    } else if (!overrides.empty()) {
      require(Json::accept(frame));
      if (check == Check::by_table) require(read_frame(frame).kind == Frame::Kind::call);
    }
  }
}

/// Messages of a CSMS to a charge point that sends: never more than one is outstanding.
void check_calls(std::string_view lines) {
  const CallSettings settings{.timeout = std::chrono::seconds(30), .attempts = 2, .transactions_most = 4};
  Calls calls(7, 1, settings);
  TimePoint now{std::chrono::hours(1)};
  calls.link_up(now);
  calls.set_gate(Gate::all);
  for (std::uint32_t i = 0; i < 64 && !lines.empty(); ++i) {
    (void)calls.add(Call{.action = Action::Heartbeat, .due = now});
    (void)calls.add(TransactionMessage{.session = i, .at = {}, .due = now, .body = {}});
    MessageId id{};
    if (calls.next(now)) {
      require(!calls.outstanding());
      id = calls.next_id();
      calls.sent(now, i);
      require(calls.outstanding());
    }
    // An id that only we know stands for the answer to what was sent.
    std::string line(first_line(lines));
    if (const std::size_t at = line.find("@ID"); at != std::string::npos) line.replace(at, 3, text(id));
    if (calls.receive(now, read_frame(line)).heard == Calls::Heard::call) calls.answered();
    now += std::chrono::seconds(line.size());
    (void)calls.expire(now);
    require(calls.transactions().size() <= settings.transactions_most);
  }
  std::vector<std::byte> saved(calls.saved_size());
  require(calls.save(saved) == saved.size());
  Calls other(7, 2, settings);
  require(other.restore(saved, now) && other.transactions().size() == calls.transactions().size());
}

/// What another process left behind, or what a disk made of it.
void check_saved(std::string_view bytes) {
  TransactionQueue queue;
  const std::span<const std::byte> saved(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size());
  if (!queue.restore(saved, TimePoint{})) {
    require(queue.empty());
    return;
  }
  std::vector<std::byte> again(queue.saved_size());
  require(queue.save(again) == again.size() && again.size() == saved.size());
  while (!queue.empty()) {
    require(queue.front().body.size() <= TransactionQueue::kBodyMax);
    queue.pop();
  }
}

void check_time(std::string_view text) {
  const auto time = read_date_time(text);
  if (!time) return;
  Buffer out;
  Writer writer(out);
  write_date_time(writer, time->at, 6);
  const auto again = read_date_time(std::string_view(out).substr(1, out.size() - 2));
  require(again.has_value() && again->zone);
  // At the ends of the calendar an offset leads past what can be written.
  const auto year = text.substr(0, 4);
  if (year != "0000" && year != "9999") require(again->at == time->at);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto action = static_cast<Action>(data[0] % kActionCount);
  const std::uint8_t flags = data[1];
  const Rules rules{.limits = (flags & 8) == 0,
                    .unknown_fields = (flags & 16) != 0,
                    .null_is_absent = (flags & 32) != 0,
                    .times_without_zone = (flags & 64) != 0,
                    .any_decimals = (flags & 128) != 0};
  std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  switch (flags & 7) {
    case 0:
      check_frame(text, rules);
      break;
    case 1:
      check_payload(message(action).request, text, rules);
      break;
    case 2:
      check_payload(message(action).response, text, rules);
      break;
    case 3: {
      const std::string_view payload = first_line(text);
      check_overrides(action, payload, text);
      break;
    }
    case 4:
      check_calls(text);
      break;
    case 5:
      check_saved(text);
      break;
    default:
      check_time(text);
      (void)MessageIds(3).find(text);
  }
  return 0;
}
