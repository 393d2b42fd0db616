#include "simulator/codec/text/field_index.h"

#include <algorithm>
#include <charconv>

namespace vfleet::codec::text {

std::uint32_t FieldIndex::child_of(std::uint32_t parent, std::string_view name) {
  std::uint32_t last = kNone;
  for (std::uint32_t at = nodes_[parent].child; at != kNone; at = nodes_[at].next) {
    if (nodes_[at].name == name) return at;
    last = at;
  }
  const auto made = static_cast<std::uint32_t>(nodes_.size());
  Node node;
  node.name = name;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) node.element = number;
  nodes_.push_back(std::move(node));
  (last == kNone ? nodes_[parent].child : nodes_[last].next) = made;
  return made;
}

std::size_t FieldIndex::want(std::string_view path) {
  std::uint32_t at = 0;
  while (true) {
    const std::size_t dot = path.find('.');
    at = child_of(at, path.substr(0, dot));
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  if (nodes_[at].slot == kNone) nodes_[at].slot = static_cast<std::uint32_t>(wanted_++);
  return nodes_[at].slot;
}

/// One pass over one text. Every function returns false where the text is no JSON, or when nothing is missing
/// any more.
class FieldIndex::Walk {
 public:
  Walk(const FieldIndex& index, std::string_view json, std::span<std::string_view> values)
      : nodes_(index.nodes_),
        values_(values),
        at_(json.data()),
        end_(json.data() + json.size()),
        missing_(index.wanted_) {}

  // Below the depth of the paths nothing is descended into: the recursion is as deep as the longest path.
  bool value(std::uint32_t index) {
    const Node& node = nodes_[index];
    skip_spaces();
    const char* const begin = at_;
    bool good = false;
    if (node.child != kNone && at_ != end_ && *at_ == '{') {
      good = object(node);
    } else if (node.child != kNone && at_ != end_ && *at_ == '[') {
      good = array(node);
    } else {
      good = skip_value();
    }
    if (!good) return false;
    if (node.slot != kNone && values_[node.slot].data() == nullptr) {
      values_[node.slot] = {begin, static_cast<std::size_t>(at_ - begin)};
      --missing_;
    }
    return missing_ > 0;
  }

 private:
  bool object(const Node& node) {
    ++at_;
    if (take('}')) return true;
    while (true) {
      skip_spaces();
      std::string_view name;
      if (!string(name) || !take(':')) return false;
      std::uint32_t child = node.child;
      while (child != kNone && nodes_[child].name != name) child = nodes_[child].next;
      if (!(child == kNone ? skip_value() : value(child))) return false;
      if (take(',')) continue;
      return take('}');
    }
  }

  bool array(const Node& node) {
    ++at_;
    if (take(']')) return true;
    for (std::uint32_t element = 0;; ++element) {
      std::uint32_t child = node.child;
      while (child != kNone && nodes_[child].element != element) child = nodes_[child].next;
      if (!(child == kNone ? skip_value() : value(child))) return false;
      if (take(',')) continue;
      return take(']');
    }
  }

  bool take(char c) {
    skip_spaces();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  void skip_spaces() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  // Without its quotes, escapes as they are.
  bool string(std::string_view& out) {
    if (at_ == end_ || *at_ != '"') return false;
    const char* const begin = ++at_;
    for (; at_ != end_; ++at_) {
      if (*at_ == '"') {
        out = {begin, static_cast<std::size_t>(at_ - begin)};
        ++at_;
        return true;
      }
      if (*at_ == '\\' && ++at_ == end_) return false;
    }
    return false;
  }

  bool skip_value() {
    skip_spaces();
    if (at_ == end_) return false;
    std::string_view ignored;
    if (*at_ == '"') return string(ignored);
    if (*at_ != '{' && *at_ != '[') return scalar();
    for (std::size_t depth = 0; at_ != end_;) {
      const char c = *at_;
      if (c == '"') {
        if (!string(ignored)) return false;
        continue;
      }
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return true;
    }
    return false;
  }

  bool scalar() {
    const char* const begin = at_;
    while (at_ != end_ && ((*at_ >= '0' && *at_ <= '9') || (*at_ >= 'a' && *at_ <= 'z') || *at_ == '.' ||
                           *at_ == '-' || *at_ == '+' || *at_ == 'E')) {
      ++at_;
    }
    return at_ != begin;
  }

  const std::vector<Node>& nodes_;
  std::span<std::string_view> values_;
  const char* at_;
  const char* end_;
  std::size_t missing_;
};

void FieldIndex::find(std::string_view json, std::span<std::string_view> values) const {
  std::fill(values.begin(), values.end(), std::string_view());
  if (wanted_ > 0) (void)Walk(*this, json, values).value(0);
}

}  // namespace vfleet::codec::text
