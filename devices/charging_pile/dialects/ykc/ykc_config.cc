#include "devices/charging_pile/dialects/ykc/ykc_config.h"

#include <algorithm>
#include <charconv>

#include "devices/charging_pile/dialects/ykc/layout_choice.h"
#include "devices/charging_pile/dialects/ykc/speech.h"
#include "simulator/device/report_keys.h"

namespace vfleet::pile::ykc {
namespace {

using namespace std::chrono_literals;

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void identity_keys(config::Struct<YkcConfig>& keys) {
  keys.text(
          "ykc.pile_number", [](auto& c) -> auto& { return c.pile_number; })
      .effect(config::Effect::boot)
      .doc(
          "The pile's number: 14 digits, of which {:06} stands for so many of the number at the end of the "
          "device's id.");
  keys.text(
          "ykc.program_version", [](auto& c) -> auto& { return c.program_version; })
      .doc("Program version in the login, at most 8 characters; empty: what `firmware` says.");
  keys.choice(
          "ykc.network", [](auto& c) -> auto& { return c.network; },
          {{"sim", Network::sim}, {"lan", Network::lan}, {"wan", Network::wan}, {"other", Network::other}})
      .doc("How the pile says it is connected.");
  keys.text(
          "ykc.sim", [](auto& c) -> auto& { return c.sim; })
      .doc("Number of its SIM card, at most 20 hexadecimal digits; 0: none.");
  keys.choice("ykc.operator", [](auto& c) -> auto& { return c.operator_code; },
              {{"mobile", Operator::mobile},
               {"telecom", Operator::telecom},
               {"unicom", Operator::unicom},
               {"other", Operator::other}})
      .doc("Whose SIM card it is.");
}

void wire_keys(config::Struct<YkcConfig>& keys) {
  keys.choice("ykc.version", [](auto& c) -> auto& { return c.version; },
              {{"1.5", Version::v1_5}, {"1.6", Version::v1_6}})
      .effect(config::Effect::connection)
      .doc("Version of the protocol; 1.6 adds the frames of paired charging, 0xA1 to 0xA4.");
  keys.text(
          "ykc.layout", [](auto& c) -> auto& { return c.layout; })
      .effect(config::Effect::connection)
      .doc(
          "The fields of the frames: ykc-1.5, ykc-1.6, ykc-1.7, or a vendor's fork as a YAML file (`vfleet "
          "ykc "
          "frames --as yaml` writes one to begin with). Empty: as ykc.version says.");
  keys.text(
          "ykc.layout_folder", [](auto& c) -> auto& { return c.layout_folder; })
      .effect(config::Effect::connection)
      .folder_of("ykc.layout")
      .doc("Where the file of ykc.layout is, on the worker's host.");
  keys.choice("ykc.crc_order", [](auto& c) -> auto& { return c.crc_order; },
              {{"layout", CrcFirst::layout}, {"low", CrcFirst::low}, {"high", CrcFirst::high}})
      .doc(
          "Which byte of the CRC is sent first; layout: as that says (low). Both are read, unless "
          "ykc.strict.");
  keys.choice("ykc.fault_bit_base", [](auto& c) -> auto& { return c.fault_bit_base; },
              {{"layout", FaultBitBase::layout}, {"1", FaultBitBase::one}, {"0", FaultBitBase::zero}})
      .doc(
          "Number of the lowest bit of the faults in 0x13: 1, or 0 (then the lowest stays unused); layout: "
          "as that "
          "says (1).");
  keys.choice(
          "ykc.card_order", [](auto& c) -> auto& { return c.card_order; },
          {{"layout", CardOrder::layout}, {"printed", CardOrder::printed}, {"reversed", CardOrder::reversed}})
      .doc(
          "Physical card numbers as they are printed, or reversed, as integers with the low byte first; "
          "layout: as "
          "that says (printed).");
  keys.choice("ykc.weekday", [](auto& c) -> auto& { return c.weekday; },
              {{"layout", Weekday::layout}, {"off", Weekday::off}, {"on", Weekday::on}})
      .doc("Whether times are sent with the day of the week; layout: as that says (off).");
  keys.boolean(
          "ykc.strict", [](auto& c) -> auto& { return c.strict; })
      .doc(
          "Whether frames of the platform must be exact: their length, the sequence of an answer, the order "
          "of "
          "the CRC. What is not is left unanswered and shown as state ykc_not_understood.");
}

void cipher_keys(config::Struct<YkcConfig>& keys) {
  using Mode = codec::ykc::CipherSettings::Mode;
  using Padding = codec::ykc::CipherSettings::Padding;
  keys.text(
          "ykc.cipher_key", [](auto& c) -> auto& { return c.encryption.key; })
      .secret()
      .doc(
          "Key of 3DES: 48 hexadecimal digits, or 32. With one every frame of the pile is encrypted "
          "(encryption 1), and those of the platform may be. Empty: none is.");
  keys.choice("ykc.cipher_mode", [](auto& c) -> auto& { return c.encryption.mode; },
              {{"ecb", Mode::ecb}, {"cbc", Mode::cbc}})
      .doc("Mode of 3DES, which the protocol does not name.");
  keys.text(
          "ykc.cipher_iv", [](auto& c) -> auto& { return c.encryption.iv; })
      .doc("What each frame begins with in mode cbc: 16 hexadecimal digits; empty: zeros.");
  keys.choice("ykc.cipher_padding", [](auto& c) -> auto& { return c.encryption.padding; },
              {{"pkcs7", Padding::pkcs7}, {"zeros", Padding::zeros}})
      .doc("What bodies are filled up with to a multiple of 8 bytes.");
}

void timer_keys(config::Struct<YkcConfig>& keys) {
  const auto every = [&keys](std::string path, auto get, std::string doc) {
    keys.duration(
            path, [get](auto& c) -> auto& { return get(c).period; })
        .range(Duration::zero(), 24h)
        .doc(std::move(doc));
    keys.check([get, path](const YkcConfig& c, std::vector<std::string>& mistakes) {
      device::detail::check_period(path, get(const_cast<YkcConfig&>(c)).period, mistakes);
    });
  };
  every(
      "ykc.heartbeat_every", [](auto& c) -> auto& { return c.heartbeat; },
      "Time between two heartbeats (0x03); 0: none.");
  every(
      "ykc.realtime_charging_every", [](auto& c) -> auto& { return c.realtime; },
      "Time between two 0x13 of a gun that charges; 0: none but at changes.");
  every(
      "ykc.realtime_idle_every", [](auto& c) -> auto& { return c.realtime_idle; },
      "Time between two 0x13 of a gun that does not charge; 0: none but at changes.");
  every(
      "ykc.bms_every", [](auto& c) -> auto& { return c.bms; },
      "Time between two 0x23 and 0x25 of a DC gun that charges; 0: none.");
  keys.choice("ykc.heartbeat_of", [](auto& c) -> auto& { return c.heartbeat_of; },
              {{"pile", BeatOf::pile}, {"gun", BeatOf::gun}})
      .doc("Whether a heartbeat is one frame for the pile (of a faulted gun, if there is one) or one a gun.");
  keys.integer(
          "ykc.heartbeat_misses", [](auto& c) -> auto& { return c.heartbeat_misses; })
      .range(1, 100)
      .doc("After so many heartbeats without an answer the connection is dead and is made anew.");
  const auto time = [&keys](std::string path, auto get, Duration low, Duration high, std::string doc) {
    keys.duration(std::move(path), get).range(low, high).doc(std::move(doc));
  };
  time(
      "ykc.answer_timeout", [](auto& c) -> auto& { return c.answer_timeout; }, 1s, 10min,
      "How long a question of the pile waits for its answer.");
  time(
      "ykc.login_retry", [](auto& c) -> auto& { return c.login_retry; }, 1s, 24h,
      "A refused login: the pile hangs up and comes again after this, then after twice that, up to 16 "
      "times.");
  time(
      "ykc.model_retry", [](auto& c) -> auto& { return c.model_retry; }, 1s, 24h,
      "Time after which the billing model is asked for again when it did not come.");
  time(
      "ykc.plug_timeout", [](auto& c) -> auto& { return c.plug_timeout; }, 0s, 1h,
      "A remote start that came before the cable holds so long.");
  time(
      "ykc.pair_timeout", [](auto& c) -> auto& { return c.pair_timeout; }, 0s, 1h,
      "A gun of a paired start waits so long for the other one of this pile; then neither starts. 0: it does not "
      "wait, the other one may be another pile's.");
  time(
      "ykc.bill_delay", [](auto& c) -> auto& { return c.bill_delay; }, 0s, 30s,
      "From the end of a session to its bill.");
  time(
      "ykc.bill_retry", [](auto& c) -> auto& { return c.bill_retry; }, 1s, 1h,
      "A bill that is not confirmed is sent again after this.");
  keys.integer(
          "ykc.bill_retries", [](auto& c) -> auto& { return c.bill_retries; })
      .range(0, 100)
      .doc("How often it is sent again.");
  time(
      "ykc.bill_last_retry", [](auto& c) -> auto& { return c.bill_last_retry; }, 0s, 24h,
      "And once more after this, then no more until the next login; 0: not.");
  time(
      "ykc.parking_lock_every", [](auto& c) -> auto& { return c.parking_lock_every; }, 1s, 24h,
      "Time between two 0x61 of a gun with a parking lock.");
  time(
      "ykc.update_time", [](auto& c) -> auto& { return c.update_time; }, 1s, 24h,
      "How long a new program (0x94) is installed once it was fetched, before the pile answers and restarts; "
      "model time.");
  time(
      "ykc.update_limit", [](auto& c) -> auto& { return c.update_limit; }, 1s, 24h,
      "How long it is fetched at most where the platform's time-out is 0.");
}

void behaviour_keys(config::Struct<YkcConfig>& keys) {
  keys.integer(
          "ykc.bills_max", [](auto& c) -> auto& { return c.bills_max; })
      .range(1, 64)
      .effect(config::Effect::boot)
      .doc("Unconfirmed bills that a pile keeps; the oldest is lost when there is one more.");
  keys.integer(
          "ykc.offline_realtime_max", [](auto& c) -> auto& { return c.offline_realtime_max; })
      .range(0, 64)
      .doc("0x13 of a session that a pile keeps while it is offline, the newest.");
  keys.integer(
          "ykc.offline_cards_max", [](auto& c) -> auto& { return c.offline_cards_max; })
      .range(0, 1000)
      .doc("Cards of 0x44 that a pile has room for; 16 bytes each.");
  keys.boolean(
          "ykc.balance_limits", [](auto& c) -> auto& { return c.balance_limits; })
      .doc("Whether a session ends when its cost reaches the balance that the platform told. 0 is no limit.");
  keys.boolean(
          "ykc.ask_by_vin", [](auto& c) -> auto& { return c.ask_by_vin; })
      .doc("Whether the pile asks for a start (0x31, by VIN) when a vehicle is plugged in.");
  keys.boolean(
          "ykc.parking_lock", [](auto& c) -> auto& { return c.parking_lock; })
      .doc("Whether each gun's bay has a parking lock (0x61 to 0x63).");
  keys.choice(
          "ykc.update_transport", [](auto& c) -> auto& { return c.update_transport; },
          {{"ftp", UpdateTransport::ftp}, {"http", UpdateTransport::http}, {"none", UpdateTransport::none}})
      .doc(
          "How the file of 0x94 is fetched: ftp, as the protocol says; http, from http://HOST:PORT/PATH; "
          "none: "
          "nothing is fetched, only ykc.update_time passes.");
  keys.integer(
          "ykc.update_bytes_max", [](auto& c) -> auto& { return c.update_bytes_max; })
      .range(1, 256 * 1024 * 1024)
      .doc("A larger file is not taken.");
  keys.choice("ykc.update_result", [](auto& c) -> auto& { return c.update_result; },
              {{"ok", UpdateResult::ok},
               {"wrong_pile", UpdateResult::wrong_pile},
               {"wrong_model", UpdateResult::wrong_model},
               {"timed_out", UpdateResult::timed_out}})
      .doc("How updates end that were fetched and installed. What cannot be fetched is timed_out.");
}

}  // namespace

bool NumberTemplate::parse(std::string_view text, NumberTemplate& out) {
  out = {};
  const std::size_t open = text.find('{');
  out.before = text.substr(0, open);
  if (open != std::string_view::npos) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos || !text.substr(open).starts_with("{:0")) return false;
    const std::string_view width = text.substr(open + 3, close - open - 3);
    const auto [end, error] = std::from_chars(width.data(), width.data() + width.size(), out.digits);
    if (error != std::errc{} || end != width.data() + width.size() || out.digits < 1) return false;
    out.after = text.substr(close + 1);
  }
  return all_digits(out.before) && all_digits(out.after) && out.digits <= 14 &&
         out.before.size() + out.after.size() + static_cast<std::size_t>(out.digits) == PileNumber{}.size();
}

PileNumber NumberTemplate::of(std::string_view device) const {
  PileNumber out;
  out.fill('0');
  std::copy(before.begin(), before.end(), out.begin());
  std::copy(after.begin(), after.end(), out.end() - static_cast<std::ptrdiff_t>(after.size()));
  std::size_t at = before.size() + static_cast<std::size_t>(digits);
  for (int left = digits; left > 0 && !device.empty(); --left) {
    const char c = device.back();
    if (c < '0' || c > '9') break;
    out[--at] = c;
    device.remove_suffix(1);
  }
  return out;
}

config::Struct<YkcConfig> ykc_keys() {
  config::Struct<YkcConfig> keys;
  identity_keys(keys);
  wire_keys(keys);
  cipher_keys(keys);
  timer_keys(keys);
  behaviour_keys(keys);
  keys.derive([](YkcConfig& c) {
    (void)NumberTemplate::parse(c.pile_number, c.number);  // what is wrong with it is told below
    LayoutChoice layout = choose_layout(c.layout, c.layout_folder, c.version);
    c.layout_mistake = std::move(layout.mistake);
    c.speech = Speech::of({std::move(layout.text), c.crc_order, c.fault_bit_base, c.card_order, c.weekday});
    if (c.speech == nullptr && c.layout_mistake.empty()) c.layout_mistake = "is no layout";
    c.cipher = nullptr;
    if (c.encryption.key.empty()) return;
    if (auto cipher = codec::ykc::Cipher::make(c.encryption))  // what is wrong with it is told below
      c.cipher = std::make_shared<const codec::ykc::Cipher>(std::move(*cipher));
  });
  keys.check([](const YkcConfig& c, std::vector<std::string>& mistakes) {
    if (NumberTemplate number; !NumberTemplate::parse(c.pile_number, number)) {
      mistakes.push_back("ykc.pile_number: '" + c.pile_number +
                         "' does not make 14 digits: expected something like 32010600{:06}");
    }
    if (!c.encryption.key.empty() && c.cipher == nullptr) {
      mistakes.push_back("ykc.cipher_key: " + codec::ykc::Cipher::make(c.encryption).error().detail);
    }
    if (!c.layout_mistake.empty()) mistakes.push_back("ykc.layout: '" + c.layout + "' " + c.layout_mistake);
    if (c.program_version.size() > 8) mistakes.push_back("ykc.program_version: at most 8 characters");
    const bool hex = std::all_of(c.sim.begin(), c.sim.end(), [](char d) {
      return (d >= '0' && d <= '9') || (d >= 'A' && d <= 'F') || (d >= 'a' && d <= 'f');
    });
    if (!hex || c.sim.size() > 20) mistakes.push_back("ykc.sim: expected at most 20 hexadecimal digits");
  });
  return keys;
}

}  // namespace vfleet::pile::ykc
