#include "simulator/platform/roles/http_ingest.h"

#include "simulator/platform/http/response.h"
#include "simulator/platform/http/target.h"

namespace vfleet::platform {
namespace {

using codec::envelope::Head;
using http::Next;

constexpr std::string_view kIngest = "/ingest";
constexpr std::string_view kDevices = "/v1/devices/";
constexpr std::size_t kExpandedMax = std::size_t{4} << 20U;  // as much as a body that came as it is
// What nearly every request gets: written in one piece.
constexpr std::string_view kTaken =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{\"code\":0}";

bool is_ingest(std::string_view target) {
  if (target.starts_with(kDevices)) return true;
  if (!target.starts_with(kIngest)) return false;
  const std::string_view rest = target.substr(kIngest.size());
  return rest.empty() || rest.front() == '/' || rest.front() == '?';
}

// Whether /v1/devices/{dev}/{type} names the report's own device and type; other paths name nothing.
bool path_fits(std::string_view target, const Head& report) {
  if (!target.starts_with(kDevices)) return true;
  const std::string_view names = target.substr(kDevices.size(), target.find('?') - kDevices.size());
  const std::size_t slash = names.find('/');
  if (slash == std::string_view::npos) return false;
  const auto device = http::percent_decode(names.substr(0, slash), false);
  const auto type = http::percent_decode(names.substr(slash + 1), false);
  return device == report.device && type == report.type;
}

// What a body without an envelope is counted as: the last part of the path.
std::string_view last_part(std::string_view target) {
  target = target.substr(0, target.find('?'));
  return target.substr(target.rfind('/') + 1);
}

// Answers that no client can make sense of.
void write_garbage(std::string& out, std::uint64_t draw) {
  switch (draw % 4) {
    case 0:
      out += "\x16\x03\x01\x02\x01\x01\xfc not HTTP at all\r\n\r\n";
      return;
    case 1:
      out += "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"code\":,<html>\xff\xfe";
      return;
    case 2:
      out += "HTTP/1.1 99999 \r\nContent-Length: -5\r\n\r\n";
      return;
    default:
      out += "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n{}";
      return;
  }
}

}  // namespace

bool HttpIngest::takes(std::string_view target) const {
  return is_ingest(target) || tokens_.gives(target);
}

Next HttpIngest::handle(const http::Request& request, std::string& out) {
  const http::RequestHead& head = request.head;
  if (!takes(head.target)) return others_.handle(request, out);
  if (head.method != "POST" && head.method != "PUT" && head.method != "PATCH") {
    http::write_error(out, 405, "reports come with POST, PUT or PATCH", head.keep_alive);
    return {};
  }
  std::string_view body = request.body;
  if (head.encoding == http::RequestHead::Encoding::other) {
    platform_.reject(body);
    http::write_error(out, 415, "the Content-Encoding of a report is gzip or none", head.keep_alive);
    return {};
  }
  if (head.encoding == http::RequestHead::Encoding::gzip) {
    if (const auto expanded = gunzip_.expand(body, kExpandedMax, expanded_); !expanded) {
      platform_.reject(body);
      http::write_error(out, expanded.error().code == Errc::too_large ? 413 : 400, expanded.error().detail,
                        head.keep_alive);
      return {};
    }
    body = expanded_;
  }
  if (head.target.starts_with(kDevices)) {
    const auto report = codec::envelope::read_head(body);
    if (report && !path_fits(head.target, *report)) {
      platform_.reject(body);
      http::write_error(out, 400, "the path names another device or type than the report", head.keep_alive);
      return {};
    }
  }
  if (tokens_.gives(head.target)) return log_in(head, body, out);
  if (tokens_.wanted()) {
    const auto report = codec::envelope::read_head(body);
    if (!tokens_.let_in(head.authorization, report ? report->device : std::string_view())) {
      ++counts_.tokens_refused;
      platform_.turn_away(body);
      http::write_error(out, 401, "a bearer token is wanted, and this is none or no longer one",
                        head.keep_alive);
      return {};
    }
  }
  const Arrival arrival =
      platform_.take(body, {.way = Way::http, .type = last_part(head.target), .device = {}});
  if (!arrival.taken) {
    http::write_error(out, 400, "this is no report", head.keep_alive);
    return {};
  }
  Next next = arrival.mischief.kind == Mischief::Kind::none ? answer(arrival.device, head.keep_alive, out)
                                                            : answer_badly(arrival, head.keep_alive, out);
  next.delay = arrival.mischief.delay;
  return next;
}

Next HttpIngest::log_in(const http::RequestHead& head, std::string_view body, std::string& out) {
  // Who logs in with something else than a report gets a token that is good for every device.
  if (!codec::envelope::read_head(body)) {
    ++counts_.tokens_given;
    http::write_json(out, 200, "{\"code\":0," + tokens_.issue({}) + "}", head.keep_alive);
    return {};
  }
  const Arrival arrival =
      platform_.take(body, {.way = Way::http, .type = last_part(head.target), .device = {}});
  if (!arrival.taken) {
    http::write_error(out, 400, "this is no report", head.keep_alive);
    return {};
  }
  if (arrival.mischief.kind != Mischief::Kind::none) {
    Next next = answer_badly(arrival, head.keep_alive, out);
    next.delay = arrival.mischief.delay;
    return next;
  }
  ++counts_.tokens_given;
  Next next = answer(arrival.device, head.keep_alive, out, tokens_.issue(arrival.device));
  next.delay = arrival.mischief.delay;
  return next;
}

Next HttpIngest::answer(std::string_view device, bool keep_alive, std::string& out, std::string_view more) {
  if (keep_alive && more.empty() && !platform_.commands().anything_waits()) {
    out += kTaken;
    return {};
  }
  std::string body = "{\"code\":0";
  if (!more.empty()) (body += ',') += more;
  platform_.commands().deliver(device, body);
  body += '}';
  http::write_json(out, 200, body, keep_alive);
  return {};
}

Next HttpIngest::answer_badly(const Arrival& arrival, bool keep_alive, std::string& out) {
  const MisbehaviourSettings& settings = platform_.misbehaviour().settings();
  switch (arrival.mischief.kind) {
    case Mischief::Kind::refuse:
      http::write_error(out, settings.refuse_status, "refused, as it was asked for", keep_alive);
      return {};
    case Mischief::Kind::garbage:
      write_garbage(out, arrival.mischief.draw);
      return {};
    case Mischief::Kind::cut:
      if (settings.cut_point == MisbehaviourSettings::CutPoint::after_answer) {
        answer(arrival.device, keep_alive, out);
      } else {
        out += settings.cut_part(kTaken);
      }
      return {Next::Then::cut};
    case Mischief::Kind::none:
      break;
  }
  return answer(arrival.device, keep_alive, out);
}

}  // namespace vfleet::platform
