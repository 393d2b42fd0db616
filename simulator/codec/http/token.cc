#include "simulator/codec/http/token.h"

#include <algorithm>
#include <array>

#include "simulator/core/ascii.h"

namespace vfleet::codec::http {
namespace {

constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 128; ++c) table[c] = is_letter_or_digit(static_cast<char>(c));
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

}  // namespace vfleet::codec::http
