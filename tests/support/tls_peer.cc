#include "tests/support/tls_peer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>

namespace vfleet::test {

void TlsPeer::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

void TlsPeer::Free::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

TlsPeer::TlsPeer(SimulatedServer& server, const net::PemPair& certificate)
    : context_(SSL_CTX_new(TLS_server_method())) {
  BIO* pem =
      BIO_new_mem_buf(certificate.certificate.data(), static_cast<int>(certificate.certificate.size()));
  X509* own = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
  BIO_free(pem);
  pem = BIO_new_mem_buf(certificate.key.data(), static_cast<int>(certificate.key.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(pem, nullptr, nullptr, nullptr);
  BIO_free(pem);
  SSL_CTX_use_certificate(context_.get(), own);
  SSL_CTX_use_PrivateKey(context_.get(), key);
  X509_free(own);
  EVP_PKEY_free(key);
  server.accepted = [this](SimulatedConnection& connection) {
    SSL* ssl = SSL_new(context_.get());
    SSL_set_accept_state(ssl);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    sessions_[connection.number()].reset(ssl);
  };
  server.received = [this](SimulatedConnection& connection, std::string_view bytes) {
    feed(connection, bytes);
  };
}

TlsPeer::~TlsPeer() = default;

void TlsPeer::feed(SimulatedConnection& connection, std::string_view bytes) {
  SSL* const ssl = sessions_[connection.number()].get();
  BIO_write(SSL_get_rbio(ssl), bytes.data(), static_cast<int>(bytes.size()));
  std::array<char, 16384> buffer{};
  std::string text;
  while (true) {
    const int size = SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (size <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  ERR_clear_error();
  flush(connection, ssl);
  if (!text.empty()) received(connection, text);
}

void TlsPeer::send(SimulatedConnection& connection, std::string_view bytes) {
  SSL* const ssl = sessions_[connection.number()].get();
  SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
  flush(connection, ssl);
}

void TlsPeer::close(SimulatedConnection& connection) {
  SSL* const ssl = sessions_[connection.number()].get();
  SSL_shutdown(ssl);
  flush(connection, ssl);
  connection.close();
}

void TlsPeer::flush(SimulatedConnection& connection, SSL* ssl) {
  std::array<char, 16384> buffer{};
  while (true) {
    const int size = BIO_read(SSL_get_wbio(ssl), buffer.data(), static_cast<int>(buffer.size()));
    if (size <= 0) return;
    connection.send({buffer.data(), static_cast<std::size_t>(size)});
  }
}

}  // namespace vfleet::test
