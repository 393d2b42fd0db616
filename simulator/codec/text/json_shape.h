#pragma once

#include <string>

namespace vfleet::codec::text {

/// Whether a text with places for values is JSON once the values are there: takes it character by character.
/// What numbers and words look like is not checked.
class JsonShape {
 public:
  /// False from the first character on that cannot stand there.
  bool character(char c);
  /// A place for a value: within a string, or where a whole value is expected.
  bool place();
  /// Whether the next character is inside of a string.
  [[nodiscard]] bool in_string() const { return state_ == State::string || state_ == State::escape; }
  /// Whether the text may end here.
  [[nodiscard]] bool complete() const { return good_ && open_.empty() && after_value(); }

 private:
  enum class State { value, value_or_end, key, key_or_end, colon, scalar, string, escape, after };
  [[nodiscard]] bool after_value() const { return state_ == State::after || state_ == State::scalar; }
  bool begin_value(char c);
  bool end_of(char c);
  bool step(char c);

  std::string open_;  // '{' and '[', those not closed
  State state_ = State::value;
  bool key_ = false;  // the string is the name of a member
  bool good_ = true;
};

}  // namespace vfleet::codec::text
