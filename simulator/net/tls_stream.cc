#include "simulator/net/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <memory>
#include <utility>

#include "simulator/net/stream_source.h"
#include "simulator/net/tls_context.h"
#include "simulator/net/tls_error.h"

namespace vfleet::net {
namespace {

constexpr std::size_t kRecord = 16 * 1024;

/// Counted like a TCP stream: an event that we posted may outlive the release.
class TlsStream final : public Stream, StreamEvents {
 public:
  TlsStream(loop::EventLoop& loop, StreamSource& source, const TlsIdentity& identity, StreamEvents& events,
            const MakeCarrier& carrier)
      : loop_(loop), source_(source), events_(&events), owner_(TlsContext::owner(identity)) {
    auto made = source.tls()->connection(identity);
    if (!made) {
      detail_ = std::make_unique<std::string>(std::move(made.error().detail));
      return;
    }
    ssl_ = std::move(*made);
    SSL_set_app_data(ssl_.get(), this);
    BIO* bio = BIO_new(method());
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    carrier_ = carrier(*this);
  }

  StreamError connect(const Endpoint& to) override {
    if (ssl_ == nullptr) {
      source_.trouble(StreamError::certificate_unreadable, *detail_);
      return StreamError::certificate_unreadable;
    }
    return carrier_->connect(to);
  }

  IoResult write_some(std::string_view bytes) override {
    if (out_ != nullptr) flush();
    clear_errors();
    std::size_t taken = 0;
    while (taken < bytes.size() && can_write()) {
      const int size = static_cast<int>(std::min(bytes.size() - taken, kRecord));
      const int written = SSL_write(ssl_.get(), bytes.data() + taken, size);
      if (written <= 0) {
        classify(written);
        break;
      }
      taken += static_cast<std::size_t>(written);
    }
    if (write_error_ != StreamError::none && broken_ == StreamError::none) {
      look_for_alert();
      taken = 0;
    }
    settle();
    return {taken, taken == 0 ? broken_ : StreamError::none};
  }

  IoResult read_some(std::span<char> into) override {
    std::size_t got = 0;
    clear_errors();
    while (got < into.size() && broken_ == StreamError::none) {
      const int size = static_cast<int>(std::min<std::size_t>(into.size() - got, 1U << 30U));
      const int read = SSL_read(ssl_.get(), into.data() + got, size);
      if (read <= 0) {
        classify(read);
        break;
      }
      got += static_cast<std::size_t>(read);
    }
    settle();
    return {got, got == 0 ? broken_ : StreamError::none};
  }

  void wait_readable() override {
    if (reading_) return;
    reading_ = true;
    if (broken_ == StreamError::none && in_ == nullptr && SSL_pending(ssl_.get()) == 0) {
      carrier_->wait_readable();
      return;
    }
    // What there is to read has left the socket already.
    loop_.post([self = Ref(this)] { self->tell_readable(); });
  }

  void wait_writable() override {
    writing_ = true;
    carrier_->wait_writable();
  }

  std::string detail() const override {
    if (detail_ != nullptr) return *detail_;
    if (carried_ && !established_) {
      return "the server took the connection and does not go on with the TLS handshake; does it speak TLS on "
             "this "
             "port?";
    }
    return carrier_ == nullptr ? std::string() : carrier_->detail();
  }

  std::string_view protocol() const override {
    if (ssl_ == nullptr) return {};
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

  [[nodiscard]] bool keep(SSL_SESSION* session) {
    has_session_ = true;
    return source_.tls()->keep(owner_, session);
  }

 private:
  using Ref = boost::intrusive_ptr<TlsStream>;
  friend void intrusive_ptr_add_ref(TlsStream* stream) { ++stream->references_; }
  friend void intrusive_ptr_release(TlsStream* stream) {
    if (--stream->references_ == 0) delete stream;
  }

  // The carrier's events. Whoever is told may release us: nothing follows the telling.

  void stream_connected(StreamError error) override {
    if (error != StreamError::none) return events_->stream_connected(error);
    carried_ = true;
    handshake();
  }

  void stream_readable() override {
    if (!established_) return handshake();
    tell_readable();
  }

  void stream_writable() override {
    if (out_ != nullptr) flush();
    if (out_ != nullptr) return;
    if (std::exchange(writing_, false) && established_) events_->stream_writable();
  }

  void tell_readable() {
    if (events_ == nullptr || !std::exchange(reading_, false)) return;
    events_->stream_readable();
  }

  void handshake() {
    clear_errors();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      established_ = true;
      has_session_ = true;
      source_.count_handshake(SSL_session_reused(ssl_.get()) == 1);
      settle();
      return events_->stream_connected(StreamError::none);
    }
    classify(result);
    settle();
    if (broken_ == StreamError::none) return carrier_->wait_readable();
    // The server may have meant the session.
    source_.tls()->forget(owner_);
    events_->stream_connected(broken_);
  }

  static void clear_errors() {
    if (ERR_peek_error() != 0) ERR_clear_error();
  }

  [[nodiscard]] bool can_write() const {
    return out_ == nullptr && broken_ == StreamError::none && write_error_ == StreamError::none;
  }

  /// What it means that a call to OpenSSL did not succeed: nothing, or broken_.
  void classify(int result) {
    const int kind = SSL_get_error(ssl_.get(), result);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return;
    if (kind != SSL_ERROR_ZERO_RETURN && read_error_ == StreamError::none) {
      TlsTrouble trouble = take_tls_trouble(SSL_get_verify_result(ssl_.get()), !established_);
      broken_ = trouble.error;
      note(std::move(trouble.detail));
      return;
    }
    broken_ = kind == SSL_ERROR_ZERO_RETURN ? StreamError::closed_by_peer : read_error_;
    if (!established_ && broken_ == StreamError::closed_by_peer) {
      broken_ = StreamError::handshake_cut;
      note("the server ended the connection within the handshake; does it speak TLS on this port?");
    }
    clear_errors();
  }

  /// The carrier takes nothing more. What the peer said before it went is a better reason than that.
  void look_for_alert() {
    char byte;
    const int seen = SSL_peek(ssl_.get(), &byte, 1);
    if (seen <= 0) classify(seen);
    if (broken_ == StreamError::none || broken_ == read_error_) broken_ = write_error_;
  }

  void note(std::string text) {
    detail_ = std::make_unique<std::string>(std::move(text));
    source_.trouble(broken_, *detail_);
  }

  /// At the end of a call: gives back what the connection need not hold, OpenSSL's buffers if they are empty.
  /// What was read from the carrier and not used is kept: the buffer is everybody's.
  void settle() {
    drained_ = false;
    if (std::exchange(has_session_, false) && established_) source_.tls()->lighten(ssl_.get());
    // SSL_MODE_RELEASE_BUFFERS leaves the one for writing.
    SSL_free_buffers(ssl_.get());
    if (view_.empty()) {
      in_.reset();
    } else if (in_ == nullptr) {
      in_ = std::make_unique<std::string>(view_);
      view_ = *in_;
    }
  }

  /// Hands over what waits for the carrier; what still does stays in out_.
  void flush() {
    const auto [written, error] = carrier_->write_some(*out_);
    write_error_ = error;
    if (error != StreamError::none || written == out_->size()) {
      out_.reset();
    } else {
      out_->erase(0, written);
      carrier_->wait_writable();
    }
  }

  // OpenSSL's view of the carrier.

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "vfleet stream");
      BIO_meth_set_read(
          m, [](BIO* bio, char* into, int size) { return self(bio).carrier_read(bio, into, size); });
      BIO_meth_set_write(
          m, [](BIO* bio, const char* from, int size) { return self(bio).carrier_write(bio, from, size); });
      BIO_meth_set_ctrl(m, [](BIO* bio, int command, long, void*) -> long {
        if (command == BIO_CTRL_EOF) return self(bio).read_error_ != StreamError::none;
        return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
      });
      return m;
    }();
    return made;
  }

  static TlsStream& self(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

  int carrier_read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    if (view_.empty() && !drained_ && read_error_ == StreamError::none) {
      in_.reset();
      const std::span<char> buffer = source_.tls()->scratch();
      const auto [read, error] = carrier_->read_some(buffer);
      read_error_ = error;
      view_ = {buffer.data(), read};
      // Less than there is room for: the socket is empty, another call would only say so.
      drained_ = read < buffer.size();
    }
    if (view_.empty()) {
      if (read_error_ != StreamError::none) return 0;
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t part = std::min(view_.size(), static_cast<std::size_t>(size));
    std::copy_n(view_.data(), part, into);
    view_.remove_prefix(part);
    return static_cast<int>(part);
  }

  /// Takes everything, so that OpenSSL never has to be asked again with the same bytes.
  int carrier_write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    std::string_view bytes(from, static_cast<std::size_t>(size));
    if (write_error_ != StreamError::none) return size;
    if (out_ == nullptr) {
      const auto [written, error] = carrier_->write_some(bytes);
      write_error_ = error;
      bytes.remove_prefix(written);
      if (bytes.empty() || error != StreamError::none) return size;
      out_ = std::make_unique<std::string>();
      carrier_->wait_writable();
    }
    out_->append(bytes);
    return size;
  }

  void release() override {
    events_ = nullptr;
    if (established_ && can_write()) {
      SSL_shutdown(ssl_.get());  // says goodbye, if there is room for it
      clear_errors();
    }
    carrier_.reset();
    ssl_.reset();
    intrusive_ptr_release(this);
  }

  loop::EventLoop& loop_;
  StreamSource& source_;
  StreamEvents* events_;  // null: released
  std::uint64_t owner_;   // of sessions
  StreamPtr carrier_;     // null: the identity could not be used
  TlsContext::Ssl ssl_;
  std::string_view view_;             // read from the carrier, not yet by OpenSSL; into the scratch or in_
  std::unique_ptr<std::string> in_;   // between calls: what view_ is of; null: nothing is left
  std::unique_ptr<std::string> out_;  // encrypted, the carrier had no room; null: nothing
  std::unique_ptr<std::string> detail_;
  std::uint32_t references_ = 1;
  StreamError read_error_ = StreamError::none;   // the carrier's
  StreamError write_error_ = StreamError::none;  // the carrier's
  StreamError broken_ = StreamError::none;       // what every further call says
  bool carried_ = false;                         // the carrier is connected
  bool established_ = false;                     // and the handshake done
  bool has_session_ = false;                     // one of its own, which settle() takes away
  bool drained_ = false;                         // within a call: the carrier has no more for now
  bool reading_ = false;
  bool writing_ = false;
};

}  // namespace

StreamPtr make_tls_stream(loop::EventLoop& loop, StreamSource& source, const TlsIdentity& identity,
                          StreamEvents& events, const MakeCarrier& carrier) {
  return StreamPtr(new TlsStream(loop, source, identity, events, carrier));
}

bool keep_tls_session(SSL* ssl, SSL_SESSION* session) {
  return static_cast<TlsStream*>(SSL_get_app_data(ssl))->keep(session);
}

}  // namespace vfleet::net
