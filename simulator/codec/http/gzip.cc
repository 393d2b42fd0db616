#include "simulator/codec/http/gzip.h"

#include <zlib.h>

namespace vfleet::codec::http {

struct Gzip::State {
  z_stream stream{};
  bool good = false;
};

Gzip::Gzip() : state_(std::make_unique<State>()) {
  constexpr int kGzip = 15 + 16;  // the largest window, a gzip header
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

}  // namespace vfleet::codec::http
