#include "simulator/config/key_mistakes.h"

#include "simulator/core/ascii.h"

namespace vfleet::config {
namespace {

bool in_path(char c) {
  return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.';
}

/// How much of the front of `text` is the path of a key; 0: there is none.
std::size_t path_size(std::string_view text, const Schema& schema, std::string_view prefix) {
  std::size_t size = 0;
  while (size < text.size() && in_path(text[size])) ++size;
  if (size == 0 || schema.find(std::string(prefix) + std::string(text.substr(0, size))) == nullptr) return 0;
  if (size >= text.size() || text[size] != '[') return size;
  const auto end = text.find(']', size);
  return end == std::string_view::npos ? size : end + 1;
}

}  // namespace

std::vector<KeyMistake> split_mistakes(std::string_view text, const Schema& schema, std::string_view prefix) {
  constexpr std::string_view kBetween = "; ";
  std::vector<KeyMistake> out;
  while (!text.empty()) {
    const std::size_t path = path_size(text, schema, prefix);
    // A sentence may have "; " in it: the next one begins with a key.
    std::size_t end = text.find(kBetween);
    while (end != std::string_view::npos &&
           path_size(text.substr(end + kBetween.size()), schema, prefix) == 0) {
      end = text.find(kBetween, end + kBetween.size());
    }
    std::string_view sentence = text.substr(0, end);
    KeyMistake& mistake = out.emplace_back();
    if (path > 0) mistake.path = std::string(prefix) + std::string(sentence.substr(0, path));
    if (path > 0 && sentence.substr(path).starts_with(": ")) sentence.remove_prefix(path + 2);
    mistake.message = sentence;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + kBetween.size());
  }
  return out;
}

}  // namespace vfleet::config
