#include "simulator/codec/http/gzip.h"

#include <zlib.h>

#include <algorithm>

namespace vfleet::codec::http {
namespace {

constexpr int kGzip = 15 + 16;  // the largest window, a gzip header

}  // namespace

struct Gzip::State {
  z_stream stream{};
  bool good = false;
};

Gzip::Gzip() : state_(std::make_unique<State>()) {
  constexpr int kMemory = 8;
  // Level 1: what real devices can afford, and a third of the time of the default.
  state_->good = deflateInit2(&state_->stream, 1, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) == Z_OK;
}

Gzip::~Gzip() {
  if (state_->good) deflateEnd(&state_->stream);
}

bool Gzip::compress(std::string_view bytes, Buffer& out) {
  z_stream& stream = state_->stream;
  if (!state_->good || deflateReset(&stream) != Z_OK) return false;
  out.resize(deflateBound(&stream, bytes.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return false;
  out.resize(stream.total_out);
  return true;
}

struct Gunzip::State {
  z_stream stream{};
  bool good = false;
};

Gunzip::Gunzip() : state_(std::make_unique<State>()) {
  state_->good = inflateInit2(&state_->stream, kGzip) == Z_OK;
}

Gunzip::~Gunzip() {
  if (state_->good) inflateEnd(&state_->stream);
}

Status Gunzip::expand(std::string_view bytes, std::size_t bytes_max, Buffer& out) {
  constexpr std::size_t kFirst = 4096;
  z_stream& stream = state_->stream;
  if (!state_->good || inflateReset(&stream) != Z_OK) return fail(Errc::malformed, "no memory for gzip");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  out.clear();
  for (;;) {
    // One byte more than is allowed, so that the end of what fits exactly is seen.
    const std::size_t have = out.size();
    out.resize(std::min(std::max(kFirst, 2 * have), bytes_max + 1));
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + have;
    stream.avail_out = static_cast<uInt>(out.size() - have);
    const int outcome = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
    if (out.size() > bytes_max) return fail(Errc::too_large, "the body expands to too much");
    if (outcome == Z_STREAM_END) break;
    if (outcome != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0))
      return fail(Errc::malformed, "the body is no whole gzip stream");
  }
  if (stream.avail_in != 0) return fail(Errc::malformed, "bytes behind the gzip stream");
  return {};
}

}  // namespace vfleet::codec::http
