#include "control/cli/render/traffic.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "control/cli/render/read.h"
#include "control/cli/render/table.h"
#include "control/cli/render/ykc.h"
#include "simulator/codec/ykc/describe.h"
#include "simulator/codec/ykc/inspect.h"
#include "simulator/codec/ykc/text.h"
#include "simulator/core/nesting.h"

namespace vfleet::cli {

using nlohmann::json;

namespace {

namespace ykc = codec::ykc;

// OCPP-J's message types.
constexpr int kCall = 2;
constexpr int kCallResult = 3;
constexpr int kCallError = 4;

template <typename Tree>
std::string dump(const Tree& tree) {
  return tree.dump(-1, ' ', false, Tree::error_handler_t::replace);
}

std::string time_text(std::int64_t us) {
  constexpr std::int64_t kLatest = std::int64_t{253'402'300'799} * 1'000'000;  // the end of the year 9999
  if (us < 0 || us > kLatest) return fmt::format("{}us", us);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<std::time_t>(us / 1'000'000)),
                     us % 1'000'000);
}

std::string time_of_day(std::int64_t us) {
  const std::string text = time_text(us);
  constexpr std::size_t kDate = std::string_view("2026-11-21T").size();
  constexpr std::size_t kTime = std::string_view("12:00:01.234").size();
  return text.size() > kDate + kTime ? text.substr(kDate, kTime) : text;
}

// A frame for programs.
json frame_json(const ykc::Layout& layout, const ykc::Piece& piece) {
  std::string text;
  codec::json::Writer out(text);
  out.begin_object();
  ykc::write_frame(layout, piece.frame, out, piece.wrong.empty());
  out.end_object();
  json tree = json::parse(text, nullptr, false);
  if (!piece.wrong.empty()) tree["wrong"] = piece.wrong;
  return tree;
}

// Binary messages are UTF-8 by chance now and then.
bool reads_as_text(std::string_view utf8) {
  return std::all_of(utf8.begin(), utf8.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\r' || c == '\n';
  });
}

std::string arrow(const Traffic& traffic) {
  if (traffic.direction == "out") return "→";
  return traffic.direction == "in" ? "←" : "·";
}

std::string link_text(const Traffic& traffic, const Style& style) {
  if (traffic.kind == "up") return style.good("connected");
  return traffic.word == "closed" ? std::string("closed")
                                  : style.warn("not connected: " + printable(traffic.word));
}

std::string settled_text(const Traffic& traffic, const Style& style) {
  const bool good = traffic.word == "acked" || traffic.word == "handed_over";
  if (good) return style.good(traffic.word);
  return style.bad(printable(traffic.word)) + (traffic.why.empty() ? "" : ": " + printable(traffic.why));
}

}  // namespace

Traffic TrafficReader::read(const json& row) {
  Traffic traffic;
  traffic.at_us = static_cast<std::int64_t>(count_at(row, "at_us"));
  traffic.device = text_at(row, "id");
  traffic.direction = text_at(row, "direction");
  traffic.uplink = text_at(row, "uplink");
  traffic.kind = text_at(row, "kind");
  traffic.word = text_at(row, "word");
  traffic.why = text_at(row, "why");
  traffic.name = text_at(row, "report");
  traffic.seq = count_at(row, "seq");
  traffic.size = count_at(row, "size");
  if (row.contains("text")) {
    traffic.bytes = text_at(row, "text");
    traffic.text = traffic.uplink != "ykc" && reads_as_text(traffic.bytes);
  } else if (!ykc::append_bytes(text_at(row, "hex"), traffic.bytes)) {
    traffic.bytes.clear();
  }
  if (traffic.bytes.empty()) return traffic;
  if (traffic.uplink == "ykc") {
    read_frames(traffic);
  } else if (traffic.text) {
    read_text(traffic);
  } else {
    traffic.fields = spaced_hex(traffic.bytes);
  }
  return traffic;
}

void TrafficReader::read_frames(Traffic& traffic) const {
  const ykc::Layout& layout = layouts_.of(traffic.device);
  const auto add = [&traffic](const std::string& what) {
    traffic.fields += (traffic.fields.empty() ? "" : " ") + what;
  };
  json frames = json::array();
  for (const ykc::Piece& piece : ykc::inspect(traffic.bytes)) {
    const DecodedPiece decoded = decode_piece(layout, piece);
    if (piece.is_frame) {
      std::string text;
      ykc::append_frame_text(layout, piece.frame, text);
      const std::size_t colon = text.find(": ");
      // The first one gives the message its name; more than one in a message is unusual.
      if (frames.empty()) {
        traffic.name = text.substr(0, colon);
        text.erase(0, colon + 2);
      }
      add(text);
      frames.push_back(frame_json(layout, piece));
    } else {
      add(spaced_hex(piece.bytes));
    }
    if (!piece.wrong.empty()) add("(wrong: " + piece.wrong + ")");
    for (const ykc::Deviation& each : decoded.deviations) {
      add(fmt::format("(deviates: {}{}{})", each.field, each.field.empty() ? "" : ": ", each.what));
    }
  }
  if (frames.size() == 1) {
    traffic.decoded = std::move(frames[0]);
  } else if (!frames.empty()) {
    traffic.decoded = std::move(frames);
  }
}

void TrafficReader::read_text(Traffic& traffic) {
  traffic.fields = traffic.bytes;
  if (!nests_at_most(traffic.bytes)) return;
  // People read members in the order in which they were sent.
  const auto sent = nlohmann::ordered_json::parse(traffic.bytes, nullptr, false);
  if (sent.is_discarded() || !sent.is_structured()) return;
  if (read_ocpp(traffic, sent)) return;
  json message = sent;
  if (traffic.name.empty()) {
    // What dialects of JSON call a message's name.
    for (const char* key : {"type", "action", "cmd", "command", "method"}) {
      if (traffic.name = text_at(message, key); !traffic.name.empty()) break;
    }
  }
  traffic.decoded = std::move(message);
}

void TrafficReader::remember_call(const Traffic& traffic, const std::string& id, const std::string& action) {
  const std::string key = traffic.device + '\0' + traffic.direction + '\0' + id;
  if (calls_.insert_or_assign(key, action).second) order_.push_back(key);
  if (order_.size() <= kCallsMax) return;
  calls_.erase(order_.front());
  order_.pop_front();
}

bool TrafficReader::read_ocpp(Traffic& traffic, const nlohmann::ordered_json& message) {
  const bool shaped =
      message.is_array() && message.size() >= 3 && message[0].is_number_integer() && message[1].is_string();
  if (!shaped) return false;
  const auto type = message[0].get<std::int64_t>();
  const auto id = message[1].get<std::string>();
  if (type == kCall && message.size() == 4 && message[2].is_string()) {
    const auto action = message[2].get<std::string>();
    remember_call(traffic, id, action);
    traffic.name = action;
    traffic.fields = dump(message[3]);
    traffic.decoded = {{"message", "CALL"}, {"id", id}, {"action", action}, {"payload", json(message[3])}};
    return true;
  }
  if (type != kCallResult && type != kCallError) return false;
  if (type == kCallError && message.size() < 4) return false;
  // It answers what the other side called.
  const auto call =
      calls_.find(traffic.device + '\0' + (traffic.direction == "out" ? "in" : "out") + '\0' + id);
  const std::string action = call != calls_.end() ? call->second : "";
  const std::string subject = action.empty() ? "call " + id : action;
  if (type == kCallResult) {
    traffic.name = subject + " result";
    traffic.fields = dump(message[2]);
    traffic.decoded = {{"message", "CALLRESULT"}, {"id", id}, {"payload", json(message[2])}};
  } else {
    traffic.name = subject + " error";
    traffic.fields = plain(json(message[2])) + " " + dump(message[3]);
    if (message.size() > 4) traffic.fields += " " + dump(message[4]);
    traffic.decoded = {
        {"message", "CALLERROR"}, {"id", id}, {"code", json(message[2])}, {"description", json(message[3])}};
    if (message.size() > 4) traffic.decoded["details"] = json(message[4]);
  }
  traffic.decoded["action"] = action.empty() ? json() : json(action);
  return true;
}

std::string render_traffic(const Traffic& traffic, bool raw, const Style& style) {
  std::string line = style.faint(time_of_day(traffic.at_us)) + " " + style.strong(printable(traffic.device)) +
                     " " + arrow(traffic) + " " + printable(traffic.uplink);
  if (traffic.direction == "link") return line + " " + link_text(traffic, style);
  if (!traffic.name.empty()) line += " " + style.strong(printable(traffic.name));
  if (traffic.seq != 0) line += fmt::format(" seq={}", traffic.seq);
  if (traffic.kind == "settled") return line + " " + settled_text(traffic, style);
  const std::string said = !raw ? traffic.fields : traffic.text ? traffic.bytes : spaced_hex(traffic.bytes);
  if (!said.empty()) line += " " + printable(said);
  if (traffic.size > traffic.bytes.size()) {
    line += style.warn(fmt::format(" … ({} of {} bytes)", traffic.bytes.size(), traffic.size));
  }
  return line;
}

std::string traffic_json(const Traffic& traffic) {
  json out = {{"t", time_text(traffic.at_us)},
              {"device", traffic.device},
              {"direction", traffic.direction},
              {"uplink", traffic.uplink},
              {"kind", traffic.kind}};
  if (!traffic.name.empty()) out["name"] = traffic.name;
  if (traffic.seq != 0) out["seq"] = traffic.seq;
  if (!traffic.word.empty()) out[traffic.kind == "settled" ? "fate" : "reason"] = traffic.word;
  if (!traffic.why.empty()) out["why"] = traffic.why;
  if (traffic.direction != "link" && traffic.kind != "settled") {
    out["size"] = traffic.size;
    if (traffic.text) {
      out["text"] = traffic.bytes;
    } else {
      std::string hex;
      ykc::append_hex(traffic.bytes, hex);
      out["hex"] = hex;
    }
    out["decoded"] = traffic.decoded;
  }
  return dump(out);
}

}  // namespace vfleet::cli
