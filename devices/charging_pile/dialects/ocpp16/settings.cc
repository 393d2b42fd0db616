#include "devices/charging_pile/dialects/ocpp16/settings.h"

#include <algorithm>
#include <array>

namespace vfleet::pile::ocpp16 {
namespace {

struct Word {
  std::string_view name;
  Quantity quantity;
  bool phases;  // can be told for one phase
};

constexpr std::array<Word, 8> kWords{{
    {"Energy.Active.Import.Register", Quantity::energy, false},
    {"Power.Active.Import", Quantity::power, true},
    {"Current.Import", Quantity::current, true},
    {"Voltage", Quantity::voltage, true},
    {"SoC", Quantity::soc, false},
    {"Temperature", Quantity::temperature, false},
    {"Power.Offered", Quantity::power_offered, false},
    {"Current.Offered", Quantity::current_offered, false},
}};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Result<Measurand> parse_one(std::string_view text) {
  for (const Word& word : kWords) {
    if (text == word.name) return Measurand{word.quantity, 0};
    if (!word.phases || !text.starts_with(word.name)) continue;
    const std::string_view rest = text.substr(word.name.size());
    if (rest.size() == 3 && rest.starts_with(".L") && rest[2] >= '1' && rest[2] <= '3') {
      return Measurand{word.quantity, static_cast<std::uint8_t>(rest[2] - '0')};
    }
  }
  return fail(Errc::invalid_argument, "'" + std::string(text) + "' is no measurand of this charge point");
}

}  // namespace

Result<Measurands> parse_measurands(std::string_view csv) {
  Measurands out;
  if (trimmed(csv).empty()) return out;
  for (bool last = false; !last;) {
    const std::size_t comma = csv.find(',');
    last = comma == std::string_view::npos;
    auto one = parse_one(trimmed(csv.substr(0, comma)));
    if (!one) return tl::unexpected(one.error());
    out.push_back(*one);
    if (out.size() > kMeasurandsMost) {
      return fail(Errc::invalid_argument, "at most " + std::to_string(kMeasurandsMost) + " measurands");
    }
    if (!last) csv.remove_prefix(comma + 1);
  }
  return out;
}

bool is_phase_rotation(std::string_view csv) {
  constexpr std::string_view kRotations[] = {"NotApplicable", "Unknown", "RST", "RTS",
                                             "SRT",           "STR",     "TRS", "TSR"};
  for (bool last = false; !last;) {
    const std::size_t comma = csv.find(',');
    last = comma == std::string_view::npos;
    std::string_view each = trimmed(csv.substr(0, comma));
    if (const std::size_t point = each.find('.'); point != std::string_view::npos) {
      const std::string_view connector = each.substr(0, point);
      if (connector.empty() || connector.find_first_not_of("0123456789") != std::string_view::npos)
        return false;
      each.remove_prefix(point + 1);
    }
    if (std::find(std::begin(kRotations), std::end(kRotations), each) == std::end(kRotations)) return false;
    if (!last) csv.remove_prefix(comma + 1);
  }
  return true;
}

std::string_view to_string(Quantity quantity) {
  return kWords[static_cast<std::size_t>(quantity)].name;
}

}  // namespace vfleet::pile::ocpp16
