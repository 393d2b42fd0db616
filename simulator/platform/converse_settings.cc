#include "simulator/platform/converse_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulator/core/nesting.h"
#include "simulator/core/utf8.h"
#include "simulator/platform/misbehaviour.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;

constexpr const char* kBoots[] = {"accepted", "pending", "rejected"};
constexpr const char* kBills[] = {"checked", "accepted", "refused", "unanswered"};
constexpr const char* kCrcs[] = {"as_received", "low", "high"};
constexpr const char* kCipherModes[] = {"ecb", "cbc"};
constexpr const char* kPaddings[] = {"pkcs7", "zeros"};
constexpr const char* kTagStates[] = {"Invalid", "Blocked", "Expired", "ConcurrentTx"};
constexpr double kSecondsMax = 10'000'000;
constexpr std::size_t kTextMax = 256;
constexpr std::size_t kPatternsMax = 10'000;

// What a key takes, for people; empty: it was taken.
using Wrong = std::string;

template <class Enum, std::size_t kCount>
Wrong read_word(const json& value, const char* const (&words)[kCount], Enum& out) {
  std::string list;
  for (std::size_t i = 0; i < kCount; ++i) {
    if (value == words[i]) {
      out = static_cast<Enum>(i);
      return {};
    }
    list += (i == 0 ? "" : ", ") + std::string(words[i]);
  }
  return "one of " + list;
}

template <class Number>
Wrong read_number(const json& value, double low, double high, Number& out) {
  const bool good = value.is_number() && value.get<double>() >= low && value.get<double>() <= high &&
                    (std::is_floating_point_v<Number> || value.is_number_integer());
  if (!good) {
    return "a number from " + json(low).dump() + " to " + json(high).dump();
  }
  out = value.get<Number>();
  return {};
}

Wrong read_flag(const json& value, bool& out) {
  if (!value.is_boolean()) return "true or false";
  out = value.get<bool>();
  return {};
}

Wrong read_text(const json& value, std::string& out) {
  if (!value.is_string() || value.get_ref<const std::string&>().size() > kTextMax)
    return "a text of at most 256 bytes";
  out = value.get<std::string>();
  return {};
}

Wrong read_patterns(const json& value, std::vector<std::string>& out) {
  const bool good = value.is_array() && value.size() <= kPatternsMax &&
                    std::all_of(value.begin(), value.end(), [](const json& each) {
                      return each.is_string() && each.get_ref<const std::string&>().size() <= kTextMax;
                    });
  if (!good) return "a list of texts, in which * stands for any text";
  out = value.get<std::vector<std::string>>();
  return {};
}

Wrong read_digits(const json& value, std::size_t size, char last, std::string& out) {
  const auto* text = value.is_string() ? &value.get_ref<const std::string&>() : nullptr;
  if (text == nullptr || text->size() != size ||
      !std::all_of(text->begin(), text->end(), [last](char c) { return c >= '0' && c <= last; })) {
    return std::to_string(size) + " digits from 0 to " + last;
  }
  out = *text;
  return {};
}

Wrong read_prices(const json& value, std::array<std::uint32_t, 4>& out) {
  const bool good =
      value.is_array() && value.size() == 4 && std::all_of(value.begin(), value.end(), [](const json& each) {
        return each.is_number() && each.get<double>() >= 0 && each.get<double>() <= 10'000;
      });
  if (!good) return "four prices a kWh: sharp, peak, flat, valley";
  for (std::size_t i = 0; i < 4; ++i) {
    out[i] = static_cast<std::uint32_t>(value[i].get<double>() * 100'000 + 0.5);
  }
  return {};
}

json price_tree(const std::array<std::uint32_t, 4>& prices) {
  json out = json::array();
  for (const std::uint32_t price : prices) out.push_back(price / 100'000.0);
  return out;
}

Wrong read_unit(const json& value, char& out) {
  if (value != "W" && value != "A") return "W or A";
  out = value.get_ref<const std::string&>().front();
  return {};
}

Wrong read_ocpp(const std::string& key, const json& value, OcppSettings& out) {
  if (key == "boot") return read_word(value, kBoots, out.boot);
  if (key == "interval_s") return read_number(value, 0, kSecondsMax, out.interval_s);
  if (key == "tags") return read_patterns(value, out.tags);
  if (key == "invalid_tags") return read_patterns(value, out.invalid_tags);
  if (key == "call_timeout_s") return read_number(value, 0.1, kSecondsMax, out.call_timeout_s);
  if (key == "sessions_per_s") return read_number(value, 0, 100'000, out.sessions_per_s);
  if (key == "session_s") return read_number(value, 0, kSecondsMax, out.session_s);
  if (key == "password") return read_text(value, out.password);
  if (key == "no_subprotocol") return read_flag(value, out.no_subprotocol);
  if (key == "strict") return read_flag(value, out.strict);
  if (key == "limit") return read_number(value, 0, 1e7, out.limit);
  if (key == "limit_unit") return read_unit(value, out.limit_unit);
  if (key != "invalid_as") return "no such key";
  std::size_t which = 0;
  Wrong wrong = read_word(value, kTagStates, which);
  if (wrong.empty()) out.invalid_as = kTagStates[which];
  return wrong;
}

Wrong read_ykc(const std::string& key, const json& value, YkcSettings& out) {
  if (key == "login") return read_flag(value, out.login);
  if (key == "cards") return read_patterns(value, out.cards);
  if (key == "refused_cards") return read_patterns(value, out.refused_cards);
  if (key == "balance_cents") return read_number(value, 0, 4e9, out.balance_cents);
  if (key == "bills") return read_word(value, kBills, out.bills);
  if (key == "model_code") return read_digits(value, 4, '9', out.model_code);
  if (key == "energy_prices") return read_prices(value, out.energy_prices);
  if (key == "service_prices") return read_prices(value, out.service_prices);
  if (key == "periods") return read_digits(value, 48, '3', out.periods);
  if (key == "utc_offset_min") return read_number(value, -1440, 1440, out.utc_offset_min);
  if (key == "set_clock") return read_flag(value, out.set_clock);
  if (key == "crc") return read_word(value, kCrcs, out.crc);
  if (key == "swapped_echo") return read_flag(value, out.swapped_echo);
  if (key == "answer_timeout_s") return read_number(value, 0.1, kSecondsMax, out.answer_timeout_s);
  if (key == "sessions_per_s") return read_number(value, 0, 100'000, out.sessions_per_s);
  if (key == "session_s") return read_number(value, 0, kSecondsMax, out.session_s);
  if (key == "cipher_key") return read_text(value, out.encryption.key);
  if (key == "cipher_mode") return read_word(value, kCipherModes, out.encryption.mode);
  if (key == "cipher_iv") return read_text(value, out.encryption.iv);
  if (key == "cipher_padding") return read_word(value, kPaddings, out.encryption.padding);
  return "no such key";
}

// What bodies are encrypted with, of the keys together.
Status make_cipher(YkcSettings& settings) {
  settings.cipher = nullptr;
  if (settings.encryption.key.empty()) return {};
  auto cipher = codec::ykc::Cipher::make(settings.encryption);
  if (!cipher) return fail(Errc::invalid_argument, "ykc.cipher_key: " + cipher.error().detail);
  settings.cipher = std::make_shared<const codec::ykc::Cipher>(std::move(*cipher));
  return {};
}

}  // namespace

Status ConverseSettings::merge(std::string_view text) {
  if (!nests_at_most(text)) return fail(Errc::invalid_argument, "expected JSON that nests at most 64 deep");
  const json tree = json::parse(text, nullptr, false);
  if (!tree.is_object()) return fail(Errc::invalid_argument, "expected {\"ocpp\":{..},\"ykc\":{..}}");
  ConverseSettings changed = *this;
  for (const auto& [role, members] : tree.items()) {
    if ((role != "ocpp" && role != "ykc") || !members.is_object())
      return fail(Errc::invalid_argument, "expected {\"ocpp\":{..},\"ykc\":{..}}");
    for (const auto& [key, value] : members.items()) {
      const Wrong wrong =
          role == "ocpp" ? read_ocpp(key, value, changed.ocpp) : read_ykc(key, value, changed.ykc);
      if (wrong.empty()) continue;
      return fail(Errc::invalid_argument, wrong == "no such key" ? role + ": no key \"" + key + "\""
                                                                 : role + "." + key + ": expected " + wrong);
    }
  }
  if (Status made = make_cipher(changed.ykc); !made) return made;
  *this = std::move(changed);
  return {};
}

std::string ConverseSettings::to_json() const {
  const json tree = {{"ocpp",
                      {{"boot", kBoots[static_cast<std::size_t>(ocpp.boot)]},
                       {"interval_s", ocpp.interval_s},
                       {"tags", ocpp.tags},
                       {"invalid_tags", ocpp.invalid_tags},
                       {"invalid_as", ocpp.invalid_as},
                       {"call_timeout_s", ocpp.call_timeout_s},
                       {"sessions_per_s", ocpp.sessions_per_s},
                       {"session_s", ocpp.session_s},
                       {"no_subprotocol", ocpp.no_subprotocol},
                       {"strict", ocpp.strict},
                       {"limit", ocpp.limit},
                       {"limit_unit", std::string(1, ocpp.limit_unit)}}},
                     {"ykc",
                      {{"login", ykc.login},
                       {"cards", ykc.cards},
                       {"refused_cards", ykc.refused_cards},
                       {"balance_cents", ykc.balance_cents},
                       {"bills", kBills[static_cast<std::size_t>(ykc.bills)]},
                       {"model_code", ykc.model_code},
                       {"energy_prices", price_tree(ykc.energy_prices)},
                       {"service_prices", price_tree(ykc.service_prices)},
                       {"periods", ykc.periods},
                       {"utc_offset_min", ykc.utc_offset_min},
                       {"set_clock", ykc.set_clock},
                       {"crc", kCrcs[static_cast<std::size_t>(ykc.crc)]},
                       {"swapped_echo", ykc.swapped_echo},
                       {"answer_timeout_s", ykc.answer_timeout_s},
                       {"sessions_per_s", ykc.sessions_per_s},
                       {"session_s", ykc.session_s},
                       {"cipher_mode", kCipherModes[static_cast<std::size_t>(ykc.encryption.mode)]},
                       {"cipher_iv", ykc.encryption.iv},
                       {"cipher_padding", kPaddings[static_cast<std::size_t>(ykc.encryption.padding)]}}}};
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool fits_any(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [text](const std::string& pattern) { return fits_glob(pattern, text); });
}

}  // namespace vfleet::platform
