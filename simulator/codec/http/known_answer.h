#pragma once

#include <string>
#include <string_view>

#include "simulator/codec/http/response_reader.h"

namespace vfleet::codec::http {

/// The last answer that came in one piece. A server says the same to most requests, and comparing bytes costs
/// a tenth of reading them: the same bytes, to a reader that has read nothing yet, mean the same.
class KnownAnswer {
 public:
  static constexpr std::size_t kBytesMax = 1024;  ///< longer ones are not kept

  [[nodiscard]] bool is(std::string_view bytes) const { return !bytes_.empty() && bytes == bytes_; }
  /// What it means. Valid until learn().
  [[nodiscard]] ResponseReader::Answer answer() const { return {status_, keep_alive_, body_}; }

  /// `bytes` are an answer, all of it and nothing else, that a fresh ResponseReader took for `answer`.
  void learn(std::string_view bytes, const ResponseReader::Answer& answer) {
    if (bytes.size() > kBytesMax) return;
    bytes_ = bytes;
    body_ = answer.body;
    status_ = answer.status;
    keep_alive_ = answer.keep_alive;
  }

 private:
  std::string bytes_;  // empty: none
  std::string body_;
  unsigned status_ = 0;
  bool keep_alive_ = false;
};

}  // namespace vfleet::codec::http
