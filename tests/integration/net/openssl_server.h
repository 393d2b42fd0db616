#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace vfleet::test {

/// A real `openssl s_server` on a free loopback port that answers each line backwards.
class OpensslServer {
 public:
  /// `words` follow "openssl s_server -accept 127.0.0.1:0 -rev".
  explicit OpensslServer(const std::vector<std::string>& words);
  ~OpensslServer();  ///< ends it
  OpensslServer(const OpensslServer&) = delete;
  OpensslServer& operator=(const OpensslServer&) = delete;

  /// 0: it did not start; output() says why.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& output() const { return output_; }

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
  std::uint16_t port_ = 0;
  std::string output_;
};

}  // namespace vfleet::test
