#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vfleet::codec {

/// Bytes of one message. Reused from report to report, so that in steady state nothing is allocated.
using Buffer = std::string;

}  // namespace vfleet::codec

namespace vfleet::codec::json {

/// Appends JSON text to a Buffer: no tree, no allocation once the buffer has grown to its size. Commas are
/// put by the writer; keys are literals and are not escaped, values are.
///
///   writer.begin_object();
///   writer.key("power_w").fixed(72345, 1);      // "power_w":7234.5
///   writer.key("status").text("charging");
///   writer.end_object();
class Writer {
 public:
  explicit Writer(Buffer& out) : out_(out) {}

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }

  /// `name` must need no escaping.
  Writer& key(std::string_view name) {
    if (comma_) out_.push_back(',');
    out_.push_back('"');
    out_.append(name);
    out_.append("\":", 2);
    comma_ = false;
    return *this;
  }

  Writer& text(std::string_view value);
  Writer& integer(std::int64_t value);
  Writer& boolean(bool value);
  Writer& null();
  /// `scaled` / 10^decimals, exactly: fixed(72345, 1) is 7234.5. decimals: 0..9.
  Writer& fixed(std::int64_t scaled, int decimals);
  /// `value` rounded half away from zero to `decimals` digits; null when it is not finite or does not fit.
  Writer& number(double value, int decimals);
  /// JSON text made elsewhere, as it is.
  Writer& raw(std::string_view json);

  /// The buffer as it grows: for back-patching by who knows the offsets.
  [[nodiscard]] Buffer& buffer() { return out_; }

 private:
  Writer& open(char c) {
    if (comma_) out_.push_back(',');
    out_.push_back(c);
    comma_ = false;
    return *this;
  }
  Writer& close(char c) {
    out_.push_back(c);
    comma_ = true;
    return *this;
  }
  void separate() {
    if (comma_) out_.push_back(',');
    comma_ = true;
  }

  Buffer& out_;
  bool comma_ = false;  // whether a value stands before the next one
};

}  // namespace vfleet::codec::json
