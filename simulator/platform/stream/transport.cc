#include "simulator/platform/stream/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "simulator/platform/stream/tls.h"

namespace vfleet::platform::stream {
namespace {

constexpr std::size_t kRecordMax = 16U * 1024;

std::ptrdiff_t of_socket(ssize_t result) {
  if (result > 0) return result;
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return 0;
  return -1;
}

}  // namespace

Transport::Transport(Fd socket, TlsContext* tls) : socket_(std::move(socket)) {
  if (tls == nullptr) return;
  ssl_ = SSL_new(tls->native());
  SSL_set_fd(ssl_, socket_.get());
  SSL_set_accept_state(ssl_);
}

Transport::~Transport() {
  if (ssl_ != nullptr) SSL_free(ssl_);
}

Transport::Handshake Transport::handshake() {
  if (ssl_ == nullptr) return Handshake::done;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return Handshake::done;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Handshake::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Handshake::wants_write;
    default:
      return Handshake::failed;
  }
}

std::ptrdiff_t Transport::read_some(char* into, std::size_t size) {
  if (ssl_ == nullptr) return of_socket(::recv(socket_.get(), into, size, 0));
  // A call gives at most one record: whole records are fetched while there is room for one more.
  std::size_t total = 0;
  while (total < size) {
    std::size_t got = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_, into + total, size - total, &got);
    if (result != 1) {
      if (total != 0) break;
      return SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    total += got;
    if (SSL_pending(ssl_) == 0 && (got < kRecordMax || size - total < kRecordMax)) break;
  }
  return static_cast<std::ptrdiff_t>(total);
}

std::ptrdiff_t Transport::write_some(const char* from, std::size_t size) {
  if (ssl_ == nullptr) return of_socket(::send(socket_.get(), from, size, MSG_NOSIGNAL));
  std::size_t written = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_, from, size, &written);
  if (result == 1) return static_cast<std::ptrdiff_t>(written);
  const int error = SSL_get_error(ssl_, result);
  return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
}

std::size_t Transport::peek(char* into, std::size_t size) const {
  if (ssl_ != nullptr) return 0;
  return static_cast<std::size_t>(
      std::max<ssize_t>(0, ::recv(socket_.get(), into, size, MSG_PEEK | MSG_DONTWAIT)));
}

bool Transport::shutdown() {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
  }
  return ::shutdown(socket_.get(), SHUT_WR) == 0;
}

}  // namespace vfleet::platform::stream
