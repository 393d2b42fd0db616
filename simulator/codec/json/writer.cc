#include "simulator/codec/json/writer.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace vfleet::codec::json {
namespace {

constexpr std::array<std::int64_t, 10> kPowers{1,      10,      100,      1000,      10000,
                                               100000, 1000000, 10000000, 100000000, 1000000000};

constexpr bool plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

}  // namespace

Writer& Writer::text(std::string_view value) {
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

Writer& Writer::integer(std::int64_t value) {
  separate();
  const fmt::format_int digits(value);
  out_.append(digits.data(), digits.size());
  return *this;
}

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
  separate();
  if (scaled < 0) out_.push_back('-');
  const auto magnitude = scaled < 0 ? 0 - static_cast<std::uint64_t>(scaled) : static_cast<std::uint64_t>(scaled);
  const auto power = static_cast<std::uint64_t>(kPowers[static_cast<std::size_t>(decimals)]);
  const fmt::format_int whole(magnitude / power);
  out_.append(whole.data(), whole.size());
  if (decimals == 0) return *this;
  out_.push_back('.');
  const fmt::format_int fraction(magnitude % power);
  out_.append(static_cast<std::size_t>(decimals) - fraction.size(), '0');
  out_.append(fraction.data(), fraction.size());
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
