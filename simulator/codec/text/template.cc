#include "simulator/codec/text/template.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <span>

namespace vfleet::codec::text {

bool Template::is_constant() const {
  return std::all_of(pieces_.begin(), pieces_.end(),
                     [](const Piece& piece) { return piece.source == Source::none; });
}

void Template::render(const Names& names, const ReportText& report, Buffer& out) const {
  // A kilobyte that most templates do not need.
  std::optional<std::array<std::string_view, kFieldsMax>> values;
  if (fields_.size() > 0) fields_.find(report.json, std::span(values.emplace()).first(fields_.size()));
  for (const Piece& piece : pieces_) {
    out.append(piece.text);
    const std::size_t begin = out.size();
    switch (piece.source) {
      case Source::none:
        break;
      case Source::device_id:
        append_text(names.device_id(), piece.escape, out);
        break;
      case Source::device_type:
        append_text(names.device_type(), piece.escape, out);
        break;
      case Source::group:
        append_text(names.group(), piece.escape, out);
        break;
      case Source::label:
        append_text(names.label(piece.label), piece.escape, out);
        break;
      case Source::report_type:
        append_text(report.type, piece.escape, out);
        break;
      case Source::report:
        append_value(report.json, piece.escape, out);
        break;
      case Source::field:
        if (piece.time == Time::none) {
          append_value((*values)[piece.slot], piece.escape, out);
        } else {
          append_time((*values)[piece.slot], piece, out);
        }
        break;
    }
    if (piece.one_line) drop_control_characters(out, begin);
  }
}

void Template::append_time(std::string_view json, const Piece& piece, Buffer& out) {
  namespace chrono = std::chrono;
  std::int64_t us = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), us);
  // Years that have four digits.
  constexpr std::int64_t kYear10000 = 253'402'300'800LL * 1'000'000;
  const bool good = error == std::errc() && end == json.data() + json.size();
  if (!good || (piece.time == Time::iso && (us < 0 || us >= kYear10000)))
    return append_value({}, piece.escape, out);
  std::array<char, 32> text{};
  const auto put = [&](std::size_t at, std::int64_t value, int digits) {
    for (int i = digits; i-- > 0; value /= 10)
      text[at + static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
  };
  if (piece.time != Time::iso) {
    const std::int64_t value = piece.time == Time::seconds ? us / 1'000'000 : us / 1000;
    const auto last = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return append_value({text.data(), static_cast<std::size_t>(last - text.data())}, piece.escape, out);
  }
  const auto days = us / 86'400'000'000;
  const auto rest = us % 86'400'000'000;
  const chrono::year_month_day date{chrono::sys_days(chrono::days(days))};
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000000Z";
  std::copy(kShape.begin(), kShape.end(), text.begin());
  put(0, static_cast<int>(date.year()), 4);
  put(5, static_cast<unsigned>(date.month()), 2);
  put(8, static_cast<unsigned>(date.day()), 2);
  put(11, rest / 3'600'000'000, 2);
  put(14, rest / 60'000'000 % 60, 2);
  put(17, rest / 1'000'000 % 60, 2);
  put(20, rest % 1'000'000, 6);
  append_text({text.data(), kShape.size()}, piece.escape, out);
}

}  // namespace vfleet::codec::text
