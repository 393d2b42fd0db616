#include "simulator/net/ftp_exchange.h"

#include <utility>

#include "simulator/codec/http/url.h"

namespace vfleet::net {
namespace {

using codec::ftp::Reply;

constexpr codec::http::Scheme kSchemes[] = {{"ftp", 21, false}};

// A server's words in ours.
std::string shown(const Reply& reply) {
  constexpr std::size_t kMost = 200;
  std::string out = "FTP " + std::to_string(reply.code) + " " + reply.text.substr(0, kMost);
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

bool is_ftp(std::string_view url) {
  return url.starts_with("ftp://");
}

FtpExchange::FtpExchange(loop::EventLoop& loop, Network& network, FileRequest request, Ended ended)
    : FileExchange(loop, network, std::move(request), std::move(ended)), data_(*this) {}

FileOutcome FtpExchange::outcome() const {
  return {status(), 0, status().has_value() ? std::string_view(file_) : std::string_view()};
}

void FtpExchange::start() {
  if (request_.method != FileRequest::Method::get)
    return end(fail(Errc::invalid_argument, "files are handed in over HTTP only"));
  const auto credentials = take_credentials(request_.url);
  auto url = codec::http::parse_url(request_.url, kSchemes);
  if (!url) return end(tl::unexpected(url.error()));
  user_ = credentials ? credentials->user : "anonymous";
  password_ = credentials ? credentials->password.value_or("vfleet@") : "vfleet@";
  path_ = percent_decoded(std::string_view(url->target).substr(1));
  if (path_.empty()) return end(fail(Errc::invalid_argument, "the URL names no file"));
  if (!is_one_line(user_) || !is_one_line(password_) || !is_one_line(path_))
    return end(fail(Errc::invalid_argument, "the URL has a line's end in it"));
  dial(url->host, url->port);
}

void FtpExchange::connected() {
  stream_->wait_readable();
}

void FtpExchange::say(Step next, std::string_view command, std::string_view argument) {
  step_ = next;
  out_.append(command);
  if (!argument.empty()) out_.append(" ").append(argument);
  out_.append("\r\n");
  write();
}

void FtpExchange::write() {
  while (!out_.empty()) {
    const IoResult result = stream_->write_some(out_);
    if (result.error != StreamError::none) return broken(*stream_, result.error);
    if (result.bytes == 0) return stream_->wait_writable();
    out_.erase(0, result.bytes);
  }
}

void FtpExchange::stream_writable() {
  if (!has_ended()) write();
}

void FtpExchange::stream_readable() {
  constexpr int kReadsMost = 16;  // in one turn
  for (int i = 0; i < kReadsMost && !has_ended(); ++i) {
    const std::span<char> buffer = network_.read_buffer();
    const IoResult result = stream_->read_some(buffer);
    if (result.error == StreamError::closed_by_peer)
      return end(fail(Errc::link_down, "the FTP server ended the connection"));
    if (result.error != StreamError::none) return broken(*stream_, result.error);
    if (result.bytes == 0) break;
    if (!replies_.feed({buffer.data(), result.bytes}))
      return end(fail(Errc::malformed, "the server does not speak FTP"));
    for (Reply reply; !has_ended() && replies_.next(reply);) replied(reply);
  }
  if (!has_ended()) stream_->wait_readable();
}

void FtpExchange::replied(const Reply& reply) {
  if (reply.code < 200) return;  // it goes on: more follows
  const auto refused = [&] { end(fail(Errc::rejected, shown(reply))); };
  const bool good = reply.code < 300;
  switch (step_) {
    case Step::greeting:
      return good ? say(Step::user, "USER", user_) : refused();
    case Step::user:
      if (reply.code == 331) return say(Step::password, "PASS", password_);
      [[fallthrough]];
    case Step::password:
      return good ? say(Step::type, "TYPE", "I") : refused();
    case Step::type:
      return good ? say(Step::passive, address().v6 ? "EPSV" : "PASV") : refused();
    case Step::passive:
      return good ? open_data(reply) : refused();
    case Step::data:
      return refused();  // nothing was asked
    case Step::retrieve:
      if (!good) return refused();
      is_whole_ = true;
      return finish_when_whole();
  }
}

void FtpExchange::open_data(const Reply& reply) {
  const auto port = address().v6 ? codec::ftp::port_of_epsv(reply) : codec::ftp::port_of_pasv(reply);
  if (!port) return end(fail(Errc::malformed, "the server names no port: " + shown(reply)));
  step_ = Step::data;
  Endpoint to = address();
  to.port = *port;
  data_.stream = network_.make_stream(data_);
  if (const StreamError error = data_.stream->connect(to); error != StreamError::none)
    broken(*data_.stream, error);
}

void FtpExchange::data_connected(StreamError error) {
  if (has_ended()) return;
  if (error != StreamError::none) return broken(*data_.stream, error);
  data_.stream->wait_readable();
  say(Step::retrieve, "RETR", path_);
}

void FtpExchange::data_readable() {
  constexpr int kReadsMost = 16;  // in one turn
  for (int i = 0; i < kReadsMost && !has_ended(); ++i) {
    const std::span<char> buffer = network_.read_buffer();
    const IoResult result = data_.stream->read_some(buffer);
    if (result.error == StreamError::closed_by_peer) {
      all_came_ = true;
      return finish_when_whole();
    }
    if (result.error != StreamError::none) return broken(*data_.stream, result.error);
    if (result.bytes == 0) break;
    if (file_.size() + result.bytes > request_.bytes_max)
      return end(fail(Errc::too_large, "more than " + std::to_string(request_.bytes_max) + " bytes"));
    file_.append(buffer.data(), result.bytes);
  }
  if (!has_ended()) data_.stream->wait_readable();
}

void FtpExchange::finish_when_whole() {
  if (!all_came_ || !is_whole_) return;
  (void)stream_->write_some("QUIT\r\n");  // whether it hears it or not
  end({});
}

}  // namespace vfleet::net
