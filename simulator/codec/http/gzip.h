#pragma once

#include <memory>
#include <string_view>

#include "simulator/codec/json/writer.h"
#include "simulator/core/result.h"

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

/// Expands bodies of Content-Encoding: gzip. One keeps some 40 KiB once it was used.
class Gunzip {
 public:
  Gunzip();
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  /// Replaces `out` by what `bytes`, one whole gzip stream, hold. Errors: malformed; too_large, when that is
  /// more than `bytes_max`; `out` then holds anything.
  [[nodiscard]] Status expand(std::string_view bytes, std::size_t bytes_max, Buffer& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vfleet::codec::http
