#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "simulator/codec/http/command_list.h"
#include "simulator/codec/http/response_reader.h"

// The first byte sets the size of the slices; the answer and its body must come out the same in any slices.
namespace {

using vfleet::codec::http::ResponseReader;

struct Outcome {
  ResponseReader::Progress progress = ResponseReader::Progress::more;
  std::size_t consumed = 0;
  std::string body;
};

Outcome read(std::string_view bytes, std::size_t slice) {
  ResponseReader reader;
  Outcome out;
  while (out.progress == ResponseReader::Progress::more && out.consumed < bytes.size()) {
    std::size_t consumed = 0;
    out.progress = reader.feed(bytes.substr(out.consumed, slice), consumed);
    out.consumed += consumed;
  }
  if (out.progress == ResponseReader::Progress::more) out.progress = reader.end();
  if (out.progress == ResponseReader::Progress::done) out.body = reader.body();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Outcome whole = read(bytes, bytes.size());
  const Outcome sliced = read(bytes, 1 + data[0]);
  if (whole.progress == ResponseReader::Progress::done) {
    if (sliced.progress != whole.progress || sliced.consumed != whole.consumed || sliced.body != whole.body) {
      std::abort();
    }
    vfleet::codec::http::for_each_command(whole.body, [](std::string_view) { return true; });
  }
  return 0;
}
