#include "simulator/codec/json/writer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace vfleet::codec::json {
namespace {

constexpr std::array<std::int64_t, 10> kPowers{1,      10,      100,      1000,      10000,
                                               100000, 1000000, 10000000, 100000000, 1000000000};

constexpr std::size_t kShort = 60;  // texts up to here are put together before they are appended

constexpr bool plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

}  // namespace

Writer& Writer::text(std::string_view value) {
  if (value.size() <= kShort && std::all_of(value.begin(), value.end(), plain)) {
    std::array<char, kShort + 3> text;
    char* at = text.data();
    if (std::exchange(comma_, true)) *at++ = ',';
    *at++ = '"';
    at = std::copy(value.begin(), value.end(), at);
    *at++ = '"';
    out_.append(text.data(), static_cast<std::size_t>(at - text.data()));
    return *this;
  }
  separate();
  out_.push_back('"');
  std::size_t begin = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (plain(c)) continue;
    out_.append(value.substr(begin, i - begin));
    begin = i + 1;
    switch (c) {
      case '"': out_.append("\\\"", 2); break;
      case '\\': out_.append("\\\\", 2); break;
      case '\n': out_.append("\\n", 2); break;
      case '\r': out_.append("\\r", 2); break;
      case '\t': out_.append("\\t", 2); break;
      default: {
        constexpr std::string_view kHex = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        out_.append("\\u00", 4);
        out_.push_back(kHex[byte >> 4]);
        out_.push_back(kHex[byte & 15]);
      }
    }
  }
  out_.append(value.substr(begin));
  out_.push_back('"');
  return *this;
}

Writer& Writer::integer(std::int64_t value) { return fixed(value, 0); }

Writer& Writer::boolean(bool value) {
  separate();
  out_.append(value ? "true" : "false");
  return *this;
}

Writer& Writer::null() {
  separate();
  out_.append("null", 4);
  return *this;
}

Writer& Writer::fixed(std::int64_t scaled, int decimals) {
  // A comma, a sign, 20 digits and a point; from its end.
  std::array<char, 24> text;
  char* const end = text.data() + text.size();
  char* at = end;
  auto rest = scaled < 0 ? 0 - static_cast<std::uint64_t>(scaled) : static_cast<std::uint64_t>(scaled);
  const auto digit = [&] {
    *--at = static_cast<char>('0' + rest % 10);
    rest /= 10;
  };
  if (decimals > 0) {
    for (int i = 0; i < decimals; ++i) digit();
    *--at = '.';
  }
  do digit();
  while (rest != 0);
  if (scaled < 0) *--at = '-';
  if (std::exchange(comma_, true)) *--at = ',';
  out_.append(at, static_cast<std::size_t>(end - at));
  return *this;
}

Writer& Writer::number(double value, int decimals) {
  const double scaled = value * static_cast<double>(kPowers[static_cast<std::size_t>(decimals)]);
  if (!(std::abs(scaled) < 9.0e18)) return null();
  return fixed(static_cast<std::int64_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5), decimals);
}

Writer& Writer::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

}  // namespace vfleet::codec::json
