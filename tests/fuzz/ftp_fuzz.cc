// What an FTP server says, the first byte is the size of the slices: replies are the same however they are
// cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/ftp/replies.h"

namespace {

using vfleet::codec::ftp::Replies;
using vfleet::codec::ftp::Reply;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Said {
  std::vector<std::string> replies;
  bool good = true;
  friend bool operator==(const Said&, const Said&) = default;
};

Said said(std::string_view bytes, std::size_t slice) {
  Said out;
  Replies replies;
  for (std::size_t at = 0; at < bytes.size() && out.good; at += slice) {
    out.good = replies.feed(bytes.substr(at, slice));
    if (!out.good) break;
    for (Reply reply; replies.next(reply);) {
      require(reply.code >= 100 && reply.code <= 599);
      require(reply.text.size() <= Replies::kBytesMax);
      const auto passive = vfleet::codec::ftp::port_of_pasv(reply);
      const auto extended = vfleet::codec::ftp::port_of_epsv(reply);
      require(passive != 0 && extended != 0);
      out.replies.push_back(std::to_string(reply.code) + reply.text);
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kInputMax = 8192;  // below all bounds: those depend on the slices
  if (size < 2 || size > kInputMax) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const Said one = said(bytes, 1);
  const Said other = said(bytes, 1 + data[0]);
  // Where they are none, a larger slice has more of them behind it that are not looked at any more.
  require(one.good == other.good);
  if (one.good) require(one == other);
  return 0;
}
