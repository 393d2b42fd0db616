#include "simulator/net/stream.h"

namespace vfleet::net {

std::string_view to_string(StreamError error) {
  switch (error) {
    case StreamError::none:
      return "none";
    case StreamError::connection_refused:
      return "connection_refused";
    case StreamError::connect_timed_out:
      return "connect_timed_out";
    case StreamError::unreachable:
      return "unreachable";
    case StreamError::reset:
      return "reset";
    case StreamError::closed_by_peer:
      return "closed_by_peer";
    case StreamError::no_descriptors:
      return "no_descriptors";
    case StreamError::no_ports:
      return "no_ports";
    case StreamError::too_long:
      return "too_long";
    case StreamError::no_buffers:
      return "no_buffers";
    case StreamError::source_address:
      return "source_address";
    case StreamError::certificate_untrusted:
      return "certificate_untrusted";
    case StreamError::certificate_expired:
      return "certificate_expired";
    case StreamError::certificate_name:
      return "certificate_name";
    case StreamError::certificate_invalid:
      return "certificate_invalid";
    case StreamError::certificate_unreadable:
      return "certificate_unreadable";
    case StreamError::handshake_cut:
      return "handshake_cut";
    case StreamError::handshake_failed:
      return "handshake_failed";
    case StreamError::tls_version:
      return "tls_version";
    case StreamError::not_tls:
      return "not_tls";
    case StreamError::tls_failed:
      return "tls_failed";
    case StreamError::tls_alert_handshake_failure:
      return "tls_alert_handshake_failure";
    case StreamError::tls_alert_bad_certificate:
      return "tls_alert_bad_certificate";
    case StreamError::tls_alert_unsupported_certificate:
      return "tls_alert_unsupported_certificate";
    case StreamError::tls_alert_certificate_revoked:
      return "tls_alert_certificate_revoked";
    case StreamError::tls_alert_certificate_expired:
      return "tls_alert_certificate_expired";
    case StreamError::tls_alert_certificate_unknown:
      return "tls_alert_certificate_unknown";
    case StreamError::tls_alert_unknown_ca:
      return "tls_alert_unknown_ca";
    case StreamError::tls_alert_access_denied:
      return "tls_alert_access_denied";
    case StreamError::tls_alert_decrypt_error:
      return "tls_alert_decrypt_error";
    case StreamError::tls_alert_protocol_version:
      return "tls_alert_protocol_version";
    case StreamError::tls_alert_insufficient_security:
      return "tls_alert_insufficient_security";
    case StreamError::tls_alert_internal_error:
      return "tls_alert_internal_error";
    case StreamError::tls_alert_unrecognized_name:
      return "tls_alert_unrecognized_name";
    case StreamError::tls_alert_certificate_required:
      return "tls_alert_certificate_required";
    case StreamError::tls_alert_no_application_protocol:
      return "tls_alert_no_application_protocol";
    case StreamError::tls_alert_other:
      return "tls_alert_other";
    case StreamError::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace vfleet::net
