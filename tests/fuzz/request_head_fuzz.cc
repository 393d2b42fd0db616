// Whatever the bytes: no crash, and a head that is whole reads the same without what follows it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "simulator/platform/http/request_head.h"
#include "simulator/platform/http/target.h"

namespace {

constexpr std::size_t kHeadMax = 1024;

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  namespace http = vfleet::platform::http;
  const std::string_view in(reinterpret_cast<const char*>(bytes), size);
  http::RequestHead head;
  const auto whole = http::read_request_head(in, kHeadMax, head);
  if (!whole || *whole == 0) return 0;
  check(*whole <= in.size() && *whole <= kHeadMax);
  check(!head.method.empty() && head.target.starts_with('/'));
  http::RequestHead alone;
  check(http::read_request_head(in.substr(0, *whole), kHeadMax, alone).value_or(0) == *whole);
  check(alone.target == head.target && alone.content_length == head.content_length);
  check(alone.keep_alive == head.keep_alive && alone.chunked == head.chunked);
  // One byte less is not whole yet.
  check(http::read_request_head(in.substr(0, *whole - 1), kHeadMax, alone).value_or(0) == 0);
  if (const auto target = http::parse_target(head.target)) {
    for (const auto& segment : target->segments) check(segment.size() <= head.target.size());
  }
  return 0;
}
