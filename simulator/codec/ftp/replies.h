#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What an FTP server says (RFC 959, 2428).
namespace vfleet::codec::ftp {

struct Reply {
  int code = 0;      ///< 100 .. 599
  std::string text;  ///< of its first line
};

/// Takes replies, of one line or of several, from bytes in any slices.
class Replies {
 public:
  static constexpr std::size_t kBytesMax = 16 * 1024;  ///< of a reply

  /// False: these are no replies, and none follows.
  [[nodiscard]] bool feed(std::string_view bytes);
  /// The next whole reply; false: there is none yet.
  [[nodiscard]] bool next(Reply& reply);

 private:
  [[nodiscard]] bool line(std::string_view text);

  std::string part_;          // of a line
  std::string whole_;         // replies that wait: lines "code text"
  int begun_ = 0;             // code of a reply of several lines; 0: none
  std::size_t of_reply_ = 0;  // bytes of it so far
};

/// The port of "227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)", with or without brackets. nullopt: none.
[[nodiscard]] std::optional<std::uint16_t> port_of_pasv(const Reply& reply);
/// Of "229 Entering Extended Passive Mode (|||port|)".
[[nodiscard]] std::optional<std::uint16_t> port_of_epsv(const Reply& reply);

}  // namespace vfleet::codec::ftp
