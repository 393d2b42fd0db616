#include "simulator/codec/http/response_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <string>

namespace vfleet::codec::http {
namespace {

namespace beast = boost::beast;
using Error = boost::system::error_code;
using Progress = ResponseReader::Progress;

/// Beast's grammar, keeping only the status and the body: no header is copied.
class Parser final : public beast::http::basic_parser<false> {
 public:
  Parser(std::string& body, std::size_t limit) : body_(body) {
    eager(true);
    header_limit(ResponseReader::kHeadLimit);
    body_limit(limit);
  }

  int status = 0;

 private:
  using View = beast::string_view;
  void on_request_impl(beast::http::verb, View, View, int, Error&) override {}
  void on_response_impl(int code, View, int, Error& error) override {
    error = {};
    status = code;
  }
  void on_field_impl(beast::http::field, View, View, Error& error) override { error = {}; }
  void on_header_impl(Error& error) override { error = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error& error) override { error = {}; }
  std::size_t on_body_impl(View bytes, Error& error) override {
    error = {};
    body_.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, Error& error) override { error = {}; }
  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, Error& error) override {
    return on_body_impl(bytes, error);
  }
  void on_finish_impl(Error& error) override { error = {}; }

  std::string& body_;
};

Progress failure(const Error& error) {
  const bool large = error == beast::http::error::body_limit || error == beast::http::error::header_limit;
  return large ? Progress::too_large : Progress::malformed;
}

}  // namespace

struct ResponseReader::State {
  explicit State(std::size_t body_limit) : limit(body_limit) {}

  const std::size_t limit;  // of the body
  std::string body;
  std::string pending;  // the start of something whose end has not come
  std::optional<Parser> parser;

  void start() {
    body.clear();
    parser.emplace(body, limit);
  }
};

constexpr std::size_t kLastChunkBytes = 5;  // "0\r\n\r\n"

ResponseReader::ResponseReader(std::size_t body_limit) : state_(std::make_unique<State>(body_limit)) {
  state_->start();
}
ResponseReader::~ResponseReader() = default;

void ResponseReader::reset() {
  constexpr std::size_t kKeep = 4096;
  state_->pending.clear();
  if (state_->pending.capacity() > kKeep) state_->pending.shrink_to_fit();
  state_->start();
  if (state_->body.capacity() > kKeep) state_->body.shrink_to_fit();
}

Progress ResponseReader::feed(std::string_view bytes, std::size_t& consumed) {
  State& s = *state_;
  const std::size_t before = s.pending.size();
  const bool joined = before != 0;
  if (joined) s.pending.append(bytes);
  const std::string_view in = joined ? std::string_view(s.pending) : bytes;
  consumed = bytes.size();

  std::size_t used = 0;
  while (used < in.size()) {
    // Beast's parser takes it for granted that a last chunk, once it saw its head, comes with its end. No
    // chunk that is still to come is shorter than that.
    if (s.parser->chunked() && in.size() - used < kLastChunkBytes) break;
    Error error;
    const std::size_t taken =
        s.parser->put(boost::asio::const_buffer(in.data() + used, in.size() - used), error);
    used += taken;
    if (error == beast::http::error::need_more) break;
    if (error) return failure(error);
    if (s.parser->is_done()) {
      if (s.parser->status == 101) return Progress::malformed;
      if (s.parser->status >= 200) {
        consumed = used - before;
        return Progress::done;
      }
      s.start();
    } else if (taken == 0) {
      break;
    }
  }
  std::string rest(in.substr(used));
  if (rest.size() > kHeadLimit) return Progress::too_large;
  s.pending = std::move(rest);
  return Progress::more;
}

Progress ResponseReader::end() {
  Parser& parser = *state_->parser;
  if (!parser.got_some() || !state_->pending.empty()) return Progress::malformed;
  Error error;
  parser.put_eof(error);
  return !error && parser.is_done() ? Progress::done : Progress::malformed;
}

unsigned ResponseReader::status() const {
  return static_cast<unsigned>(state_->parser->status);
}
bool ResponseReader::keep_alive() const {
  return state_->parser->keep_alive();
}
std::string_view ResponseReader::body() const {
  return state_->body;
}

}  // namespace vfleet::codec::http
