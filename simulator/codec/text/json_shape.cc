#include "simulator/codec/text/json_shape.h"

namespace vfleet::codec::text {
namespace {

bool space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool scalar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' || c == 'E';
}

}  // namespace

bool JsonShape::character(char c) {
  good_ = good_ && step(c);
  return good_;
}

bool JsonShape::place() {
  if (state_ == State::string) return good_;
  good_ = good_ && (state_ == State::value || state_ == State::value_or_end);
  state_ = State::after;
  return good_;
}

bool JsonShape::begin_value(char c) {
  if (c == '{' || c == '[') {
    open_.push_back(c);
    state_ = c == '{' ? State::key_or_end : State::value_or_end;
    return true;
  }
  key_ = false;
  state_ = c == '"' ? State::string : State::scalar;
  return c == '"' || scalar(c);
}

bool JsonShape::end_of(char c) {
  if (open_.empty() || (c == '}') != (open_.back() == '{')) return false;
  open_.pop_back();
  state_ = State::after;
  return true;
}

bool JsonShape::step(char c) {
  switch (state_) {
    case State::string:
      if (c == '\\') state_ = State::escape;
      if (c == '"') state_ = key_ ? State::colon : State::after;
      return static_cast<unsigned char>(c) >= 0x20;
    case State::escape:
      state_ = State::string;
      return true;
    case State::scalar:
      if (scalar(c)) return true;
      state_ = State::after;
      break;
    default:
      break;
  }
  if (space(c)) return true;
  switch (state_) {
    case State::value_or_end:
      if (c == ']') return end_of(c);
      [[fallthrough]];
    case State::value:
      return begin_value(c);
    case State::key_or_end:
      if (c == '}') return end_of(c);
      [[fallthrough]];
    case State::key:
      key_ = true;
      state_ = State::string;
      return c == '"';
    case State::colon:
      state_ = State::value;
      return c == ':';
    default:  // after a value
      if (c == '}' || c == ']') return end_of(c);
      if (open_.empty() || c != ',') return false;
      state_ = open_.back() == '{' ? State::key : State::value;
      return true;
  }
}

}  // namespace vfleet::codec::text
