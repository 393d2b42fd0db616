#pragma once

#include <memory>
#include <string_view>

#include "simulator/codec/json/writer.h"

namespace vfleet::codec::http {

/// Compresses bodies for Content-Encoding: gzip. One keeps 260 KiB, whatever the number of devices.
class Gzip {
 public:
  Gzip();
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  /// Replaces `out` by the compressed `bytes`. Allocates only while `out` grows. False: zlib refuses (no
  /// memory).
  [[nodiscard]] bool compress(std::string_view bytes, Buffer& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vfleet::codec::http
