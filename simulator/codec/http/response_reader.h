#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace vfleet::codec::http {

/// Reads one HTTP response from bytes in any slices. Reusable: reset() keeps its memory.
class ResponseReader {
 public:
  static constexpr std::size_t kHeadLimit = 16 * 1024;
  static constexpr std::size_t kBodyLimit = 64 * 1024;

  enum class Progress : std::uint8_t {
    more,       ///< everything was consumed and the response goes on
    done,       ///< the response is complete
    malformed,  ///< not HTTP, or a 101 that nobody asked for
    too_large,  ///< past kHeadLimit or the body's limit
  };

  /// A complete response.
  struct Answer {
    unsigned status = 0;
    bool keep_alive = false;
    std::string_view body = {};
  };

  /// A body of more than `body_limit` is too_large.
  explicit ResponseReader(std::size_t body_limit = kBodyLimit);
  ~ResponseReader();

  void reset();

  /// Takes the next bytes. On done, `consumed` says how many of them belonged to this response; interim
  /// responses (1xx) before it are skipped. After anything but `more` only reset() may follow.
  [[nodiscard]] Progress feed(std::string_view bytes, std::size_t& consumed);

  /// The peer closed the connection: done if that ends the response, else malformed.
  [[nodiscard]] Progress end();

  /// Of a complete response; its body is valid until reset().
  [[nodiscard]] Answer answer() const { return {status(), keep_alive(), body()}; }
  [[nodiscard]] unsigned status() const;
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] std::string_view body() const;  ///< until reset()

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vfleet::codec::http
