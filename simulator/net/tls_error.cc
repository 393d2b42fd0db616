#include "simulator/net/tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace vfleet::net {
namespace {

StreamError of_verify(long result) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return StreamError::certificate_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return StreamError::certificate_name;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return StreamError::certificate_untrusted;
    default:
      return StreamError::certificate_invalid;
  }
}

StreamError of_alert(int alert) {
  switch (alert) {
    case SSL_AD_HANDSHAKE_FAILURE:
      return StreamError::tls_alert_handshake_failure;
    case SSL_AD_BAD_CERTIFICATE:
      return StreamError::tls_alert_bad_certificate;
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
      return StreamError::tls_alert_unsupported_certificate;
    case SSL_AD_CERTIFICATE_REVOKED:
      return StreamError::tls_alert_certificate_revoked;
    case SSL_AD_CERTIFICATE_EXPIRED:
      return StreamError::tls_alert_certificate_expired;
    case SSL_AD_CERTIFICATE_UNKNOWN:
      return StreamError::tls_alert_certificate_unknown;
    case SSL_AD_UNKNOWN_CA:
      return StreamError::tls_alert_unknown_ca;
    case SSL_AD_ACCESS_DENIED:
      return StreamError::tls_alert_access_denied;
    case SSL_AD_DECRYPT_ERROR:
      return StreamError::tls_alert_decrypt_error;
    case SSL_AD_PROTOCOL_VERSION:
      return StreamError::tls_alert_protocol_version;
    case SSL_AD_INSUFFICIENT_SECURITY:
      return StreamError::tls_alert_insufficient_security;
    case SSL_AD_INTERNAL_ERROR:
      return StreamError::tls_alert_internal_error;
    case SSL_AD_UNRECOGNIZED_NAME:
      return StreamError::tls_alert_unrecognized_name;
    case SSL_AD_CERTIFICATE_REQUIRED:
      return StreamError::tls_alert_certificate_required;
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return StreamError::tls_alert_no_application_protocol;
    default:
      return StreamError::tls_alert_other;
  }
}

StreamError of_reason(unsigned long code, long verify_result, bool within_handshake) {
  const StreamError other = within_handshake ? StreamError::handshake_failed : StreamError::tls_failed;
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return other;
  const int reason = ERR_GET_REASON(code);
  if (reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255) {
    return of_alert(reason - SSL_AD_REASON_OFFSET);
  }
  switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return of_verify(verify_result);
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_INAPPROPRIATE_FALLBACK:
      return StreamError::tls_version;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_UNEXPECTED_MESSAGE:
      return within_handshake && reason != SSL_R_UNEXPECTED_MESSAGE ? StreamError::not_tls : other;
    default:
      return other;
  }
}

}  // namespace

TlsTrouble take_tls_trouble(long verify_result, bool within_handshake) {
  const unsigned long code = ERR_peek_error();
  TlsTrouble trouble;
  trouble.error = of_reason(code, verify_result, within_handshake);
  trouble.detail = take_tls_text();
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    trouble.detail += std::string(": ") + X509_verify_cert_error_string(verify_result);
  }
  return trouble;
}

std::string take_tls_text() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    char buffer[256];
    if (reason == nullptr) {
      ERR_error_string_n(code, buffer, sizeof buffer);
      reason = buffer;
    }
    // The same words at every level of the call say nothing more.
    if (text.ends_with(reason)) continue;
    text += (text.empty() ? "" : ", ") + std::string(reason);
  }
  return text;
}

}  // namespace vfleet::net
