#include "simulator/uplink/http/http_shared.h"

#include <charconv>
#include <utility>

#include "simulator/codec/http/command_list.h"

namespace vfleet::uplink {

HttpShared::HttpShared(loop::EventLoop& event_loop, net::Network& sockets, HttpConfig http,
                       codec::http::RequestTemplate request_template, StreamSettings stream,
                       std::uint64_t fleet_seed, LinkOwner& link_owner)
    : StreamHub(event_loop, sockets, std::move(stream), fleet_seed, link_owner),
      config(std::move(http)),
      request_(std::move(request_template)) {
  for (const auto& [report, text] : config.multipart) {
    if (auto parts = codec::http::Multipart::parse(text)) multipart_.emplace(report, std::move(*parts));
  }
  if (config.gzip) gzip_ = std::make_unique<codec::http::Gzip>();
  login_fields_.want(config.login.token);
  login_fields_.want(config.login.expires);
}

bool HttpShared::render(LinkKey key, const Message& message) {
  const codec::text::Names& names = owner.names(key);
  const codec::text::ReportText report{.type = message.type, .json = message.report};
  codec::http::RequestBody body{.bytes = message.body};
  const auto parts =
      multipart_.empty() || message.report.empty() ? multipart_.end() : multipart_.find(message.type);
  if (parts != multipart_.end()) {
    body_.clear();
    if (!parts->second.write(names, report, body_)) return false;
    body = {.bytes = body_, .type = codec::http::Multipart::kContentType};
  } else if (gzip_ != nullptr && message.body.size() >= config.gzip_min &&
             gzip_->compress(message.body, body_)) {
    body = {.bytes = body_, .encoding = "gzip"};
  }
  request_.write(names, report, body, scratch);
  return true;
}

LoginAnswer HttpShared::read_login(std::string_view body) const {
  LoginAnswer out;
  std::array<std::string_view, 2> found;  // the same place when both paths are one
  login_fields_.find(body, std::span(found).first(login_fields_.size()));
  if (!found[0].starts_with('"')) return out;
  codec::text::append_value(found[0], codec::text::Escape::line, out.token);
  std::string seconds;
  if (!config.login.expires.empty()) codec::text::append_value(found[1], codec::text::Escape::raw, seconds);
  std::uint32_t value = 0;
  std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
  out.lifetime = std::chrono::seconds(value);
  return out;
}

void HttpShared::login_failed(LinkKey key, unsigned status) {
  constexpr Duration kPause = std::chrono::minutes(1);
  ++counts.logins_failed;
  const TimePoint now = loop.now();
  if (!warn || now < warn_of_login_again_) return;
  warn_of_login_again_ = now + kPause;
  std::string text = "uplink http: the answer to the report " + config.login.report + " of ";
  text += owner.names(key).device_id();
  text += status >= 200 && status < 300 ? " has no text at " + config.login.token + " (login.token)"
                                        : " had the status " + std::to_string(status);
  warn(text + ": without a token its reports wait; " + std::to_string(counts.logins_failed) +
       " such answers so far (logins_failed_total)");
}

void HttpShared::deliver(LinkKey key, const Link& link, std::string_view body) {
  if (body.empty()) return;
  const auto found = codec::http::for_each_command(body, [&](std::string_view message) {
    ++counts.messages;
    owner.message_received(key, message);
    return link.up() || link.pending() != 0;
  });
  if (found == codec::http::CommandList::malformed) ++counts.malformed_commands;
}

std::unique_ptr<codec::http::ResponseReader> HttpShared::lend_reader() {
  if (readers_.empty()) return std::make_unique<codec::http::ResponseReader>();
  auto reader = std::move(readers_.back());
  readers_.pop_back();
  return reader;
}

void HttpShared::take_back(std::unique_ptr<codec::http::ResponseReader> reader) {
  constexpr std::size_t kKeep = 64;
  if (reader == nullptr || readers_.size() >= kKeep) return;
  reader->reset();
  readers_.push_back(std::move(reader));
}

}  // namespace vfleet::uplink
