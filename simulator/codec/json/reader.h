#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vfleet::codec::json {

/// Reads JSON text (RFC 8259, UTF-8) piece by piece in the order in which it stands: no tree, no allocation.
/// After the first place that is no JSON every call returns false and failed() is true; nothing outside of
/// the text is ever read.
///
///   Reader reader(text);
///   if (!reader.enter_object()) ...
///   for (std::string_view name; reader.next_member(name);) {
///     if (same_text(name, "status")) reader.string(status); else reader.skip();
///   }
///   if (reader.failed() || !reader.at_end()) ...
class Reader {
 public:
  enum class Kind : std::uint8_t { nothing, null, boolean, number, string, object, array };

  /// `text` must outlive the reader and the views that it gives.
  explicit Reader(std::string_view text) : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

  /// What kind of value comes next, by its first character; `nothing` where no value can begin.
  [[nodiscard]] Kind peek();

  bool enter_object();
  bool enter_array();
  /// The name of the next member, as it stands in the text (see same_text); its value must be read or skipped
  /// before the next call. False behind the last one, the closing bracket then being read, and on failure.
  bool next_member(std::string_view& name);
  /// Whether there is another element, which must be read or skipped before the next call; otherwise as
  /// next_member().
  bool next_element();

  /// Between its quotes, escapes as they stand.
  bool string(std::string_view& raw);
  /// As it stands; any number that JSON can write, but none that is past all that a double holds (1e400):
  /// what is read here is read by parsers that make doubles of numbers, too.
  bool number(std::string_view& text);
  bool boolean(bool& value);
  bool null();
  /// Any value. `raw` (optional) receives it as it stands. Values that nest more than 64 deep are a failure.
  bool skip(std::string_view* raw = nullptr);

  [[nodiscard]] bool failed() const { return failed_; }
  /// Whether only white space is left.
  [[nodiscard]] bool at_end();
  /// How much was read: of a failed reader, where the text is no JSON.
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  void skip_spaces();
  bool fail() {
    failed_ = true;
    return false;
  }
  bool take(char c);
  bool literal(std::string_view word);
  bool skip_value(int depth);
  bool digits();
  bool escape();

  const char* begin_;
  const char* at_;
  const char* end_;
  bool first_ = true;  // no member or element of the innermost object or array was read yet
  bool failed_ = false;
};

/// Whether the string that stands in the text as `raw` is `plain`.
[[nodiscard]] bool same_text(std::string_view raw, std::string_view plain);
/// How many characters (Unicode code points) the string that stands as `raw` has.
[[nodiscard]] std::size_t text_length(std::string_view raw);
/// Appends the string that stands as `raw`, as UTF-8.
void append_text(std::string_view raw, std::string& out);

}  // namespace vfleet::codec::json
