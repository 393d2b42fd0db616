#include "simulator/platform/misbehaviour.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace vfleet::platform {
namespace {

using nlohmann::json;
using CutPoint = MisbehaviourSettings::CutPoint;

constexpr std::uint64_t kBytesMax = 4U * 1024 * 1024;
constexpr std::string_view kCutPoints[] = {"before_answer", "within_answer", "after_answer", "at_byte"};

Status wrong(const std::string& key, const json& value, const char* expected) {
  return fail(Errc::invalid_argument, key + ": expected " + expected + ", not " +
                                          value.dump(-1, ' ', false, json::error_handler_t::replace));
}

Status read_ratio(const std::string& key, const json& value, double& out) {
  if (!value.is_number() || !(value.get<double>() >= 0) || !(value.get<double>() <= 1)) {
    return wrong(key, value, "a number from 0 to 1");
  }
  out = value.get<double>();
  return {};
}

template <class T>
Status read_whole(const std::string& key, const json& value, std::uint64_t low, std::uint64_t high,
                  const char* expected, T& out) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() < low || value.get<std::uint64_t>() > high) {
    return wrong(key, value, expected);
  }
  out = value.get<T>();
  return {};
}

Status read_text(const std::string& key, const json& value, std::string& out) {
  if (!value.is_string() || value.get_ref<const std::string&>().size() > 256) {
    return wrong(key, value, "a text of at most 256 bytes");
  }
  out = value.get<std::string>();
  return {};
}

Status read_cut_point(const std::string& key, const json& value, CutPoint& out) {
  for (std::size_t i = 0; i < std::size(kCutPoints); ++i) {
    if (value == kCutPoints[i]) {
      out = static_cast<CutPoint>(i);
      return {};
    }
  }
  return wrong(key, value, "before_answer, within_answer, after_answer or at_byte");
}

Status read_key(const std::string& key, const json& value, MisbehaviourSettings& out) {
  if (key == "delay_ms")
    return read_whole(key, value, 0, 600'000, "whole milliseconds from 0 to 600000", out.delay_ms);
  if (key == "delay_ratio") return read_ratio(key, value, out.delay_ratio);
  if (key == "refuse_status")
    return read_whole(key, value, 400, 599, "a status from 400 to 599", out.refuse_status);
  if (key == "refuse_ratio") return read_ratio(key, value, out.refuse_ratio);
  if (key == "cut_ratio") return read_ratio(key, value, out.cut_ratio);
  if (key == "cut_point") return read_cut_point(key, value, out.cut_point);
  if (key == "cut_byte")
    return read_whole(key, value, 0, kBytesMax, "whole bytes up to 4194304", out.cut_byte);
  if (key == "garbage_ratio") return read_ratio(key, value, out.garbage_ratio);
  if (key == "pause_ms")
    return read_whole(key, value, 0, 600'000, "whole milliseconds from 0 to 600000", out.pause_ms);
  if (key == "pause_every_ms")
    return read_whole(key, value, 0, 3'600'000, "whole milliseconds from 0 to 3600000", out.pause_every_ms);
  if (key == "refuse_connect_ratio") return read_ratio(key, value, out.refuse_connect_ratio);
  if (key == "refuse_connect_code")
    return read_whole(key, value, 0, 255, "an MQTT return or reason code from 0 to 255",
                      out.refuse_connect_code);
  if (key == "cut_input_ratio") return read_ratio(key, value, out.cut_input_ratio);
  if (key == "cut_input_byte")
    return read_whole(key, value, 1, kBytesMax, "whole bytes from 1 to 4194304", out.cut_input_byte);
  if (key == "for_requests") return read_whole(key, value, 0, ~0ULL, "a whole number", out.for_requests);
  if (key == "match_type") return read_text(key, value, out.match_type);
  if (key == "match_device") return read_text(key, value, out.match_device);
  return fail(
      Errc::invalid_argument,
      key +
          ": unknown key; there are delay_ms, delay_ratio, refuse_status, refuse_ratio, cut_ratio, "
          "cut_point, cut_byte, garbage_ratio, pause_ms, pause_every_ms, refuse_connect_ratio, "
          "refuse_connect_code, cut_input_ratio, cut_input_byte, for_requests, match_type, match_device");
}

}  // namespace

Result<MisbehaviourSettings> MisbehaviourSettings::from_json(std::string_view text) {
  const json tree = json::parse(text, nullptr, false);
  if (!tree.is_object() || tree.empty()) {
    return fail(Errc::invalid_argument,
                "expected a JSON object such as {\"delay_ms\":200,\"delay_ratio\":0.5}");
  }
  MisbehaviourSettings settings;
  for (const auto& [key, value] : tree.items()) {
    if (const Status read = read_key(key, value, settings); !read) return tl::unexpected(read.error());
  }
  if (settings.pause_ms != 0 && settings.pause_ms >= settings.pause_every_ms) {
    return fail(Errc::invalid_argument,
                "pause_ms: expected less than pause_every_ms, such as "
                "{\"pause_ms\":2000,\"pause_every_ms\":10000}");
  }
  return settings;
}

std::string MisbehaviourSettings::to_json() const {
  return json{{"delay_ms", delay_ms},
              {"delay_ratio", delay_ratio},
              {"refuse_status", refuse_status},
              {"refuse_ratio", refuse_ratio},
              {"cut_ratio", cut_ratio},
              {"cut_point", kCutPoints[static_cast<std::size_t>(cut_point)]},
              {"cut_byte", cut_byte},
              {"garbage_ratio", garbage_ratio},
              {"pause_ms", pause_ms},
              {"pause_every_ms", pause_every_ms},
              {"refuse_connect_ratio", refuse_connect_ratio},
              {"refuse_connect_code", refuse_connect_code},
              {"cut_input_ratio", cut_input_ratio},
              {"cut_input_byte", cut_input_byte},
              {"for_requests", for_requests},
              {"match_type", match_type},
              {"match_device", match_device}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string_view MisbehaviourSettings::cut_part(std::string_view answer) const {
  switch (cut_point) {
    case CutPoint::before_answer:
      return {};
    case CutPoint::within_answer:
      return answer.substr(0, answer.size() / 2);
    case CutPoint::at_byte:
      return answer.substr(0, static_cast<std::size_t>(cut_byte));
    case CutPoint::after_answer:
      break;
  }
  return answer;
}

void Misbehaviour::set(MisbehaviourSettings settings, TimePoint now, bool renew) {
  settings_ = std::move(settings);
  if (renew) {
    left_->store(static_cast<std::int64_t>(
        std::min<std::uint64_t>(settings_.for_requests, std::numeric_limits<std::int64_t>::max())));
  }
  since_ = now;
  active_ = true;
}

TimePoint Misbehaviour::paused_until(TimePoint now) const {
  if (!active_ || settings_.pause_ms == 0 || now < since_ || used_up()) return TimePoint::min();
  const Duration pause = std::chrono::milliseconds(settings_.pause_ms);
  const Duration into = (now - since_) % std::chrono::milliseconds(settings_.pause_every_ms);
  return into < pause ? now + (pause - into) : TimePoint::min();
}

bool Misbehaviour::refuses_connect(std::string_view device) {
  if (!active() || !random_.chance(settings_.refuse_connect_ratio)) return false;
  if (!settings_.match_device.empty() && !fits_glob(settings_.match_device, device)) return false;
  ++counts_.refused_connects;
  return true;
}

std::size_t Misbehaviour::input_limit() {
  if (!active() || !random_.chance(settings_.cut_input_ratio)) return std::numeric_limits<std::size_t>::max();
  ++counts_.cut_inputs;
  return static_cast<std::size_t>(settings_.cut_input_byte);
}

Mischief Misbehaviour::decide(std::string_view type, std::string_view device) {
  Mischief mischief;
  if (!active_ || used_up()) return mischief;
  if (!settings_.match_type.empty() && settings_.match_type != type) return mischief;
  if (!settings_.match_device.empty() && !fits_glob(settings_.match_device, device)) return mischief;
  // The last one that is left still strikes; processes that share the count may ask at the same time.
  if (settings_.for_requests != 0 && left_->fetch_sub(1) <= 0) return mischief;
  if (settings_.delay_ms != 0 && random_.chance(settings_.delay_ratio)) {
    mischief.delay = std::chrono::milliseconds(settings_.delay_ms);
    ++counts_.delayed;
  }
  if (random_.chance(settings_.refuse_ratio)) {
    mischief.kind = Mischief::Kind::refuse;
    ++counts_.refused;
  } else if (random_.chance(settings_.cut_ratio)) {
    mischief.kind = Mischief::Kind::cut;
    ++counts_.cut;
  } else if (random_.chance(settings_.garbage_ratio)) {
    mischief.kind = Mischief::Kind::garbage;
    mischief.draw = random_.next();
    ++counts_.garbage;
  }
  return mischief;
}

bool fits_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last '*', and how much text it has taken so far
  std::size_t taken = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace vfleet::platform
