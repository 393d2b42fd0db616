#include "simulator/platform/roles/ykc/outgoing.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "simulator/codec/json/reader.h"
#include "simulator/codec/json/writer.h"
#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/text.h"
#include "simulator/platform/roles/ykc/frame_types.h"

namespace vfleet::platform::ykc {
namespace {

using codec::json::Reader;
using codec::ykc::BodyWriter;
using codec::ykc::FrameLayout;

// A JSON value as BodyWriter::set() takes it.
Status set_value(BodyWriter& body, const std::string& name, std::string_view raw) {
  std::string text;
  if (raw.starts_with('"')) {
    codec::json::append_text(raw.substr(1, raw.size() - 2), text);
  } else {
    text = raw;
  }
  return body.set(name, text);
}

// {"gun":1,"cards":[{"logical_card":"1"}],"rates":[0,1]}
Status set_members(BodyWriter& body, const std::string& before, std::string_view object) {
  Reader reader(object);
  if (!reader.enter_object()) return fail(Errc::invalid_argument, "data: expected the frame's fields");
  for (std::string_view name; reader.next_member(name);) {
    std::string_view raw;
    if (!reader.skip(&raw)) break;
    const std::string path = before + std::string(name);
    if (!raw.starts_with('[')) {
      if (const Status set = set_value(body, path, raw); !set) return set;
      continue;
    }
    Reader rows(raw);
    rows.enter_array();
    for (std::size_t row = 0; rows.next_element(); ++row) {
      std::string_view element;
      if (!rows.skip(&element)) break;
      const std::string at = fmt::format("{}[{}]", path, row);
      const Status set =
          element.starts_with('{') ? set_members(body, at + ".", element) : set_value(body, at, element);
      if (!set) return set;
    }
  }
  return {};
}

void put_digits(unsigned value, std::size_t at, std::size_t digits, OrderId& out) {
  for (std::size_t i = digits; i-- > 0; value /= 10) {
    const std::size_t nibble = at + i;
    const auto digit = static_cast<unsigned>(value % 10);
    out[nibble / 2] =
        static_cast<char>(static_cast<unsigned char>(out[nibble / 2]) | digit << (nibble % 2 == 0 ? 4U : 0U));
  }
}

std::string_view view(const OrderId& id) {
  return {id.data(), id.size()};
}

}  // namespace

std::int64_t Outgoing::local_ms() const {
  return to_us(platform_.clock().wall_now()) / 1000 + std::int64_t{settings_.utc_offset_min} * 60'000;
}

void Outgoing::enclose(Pile& pile, std::uint8_t type, std::uint16_t sequence, std::string& out) {
  using Crc = YkcSettings::Crc;
  const auto order = settings_.crc == Crc::low    ? codec::ykc::CrcOrder::low_first
                     : settings_.crc == Crc::high ? codec::ykc::CrcOrder::high_first
                                                  : pile.crc_order;
  codec::ykc::Frame frame{.sequence = sequence, .type = type, .body = body_, .crc_order = order};
  encrypted_.clear();
  if (pile.encrypted && settings_.cipher != nullptr && settings_.cipher->encrypt(body_, encrypted_)) {
    frame.encryption = codec::ykc::kTripleDes;
    frame.body = encrypted_;
  }
  // What fits into its layout fits into a frame; what is too long to be encrypted goes as it is.
  (void)codec::ykc::append_frame(frame, out);
}

void Outgoing::expect(Pile& pile, std::uint8_t type, std::int64_t gun, std::string command) {
  ++counts_.frames_sent;
  const auto answer = answer_to(type);
  if (!answer) return;
  if (pile.asked.size() >= Pile::kAskedMax) pile.asked.erase(pile.asked.begin());
  const auto wait =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(settings_.answer_timeout_s));
  pile.asked.push_back({.answer = *answer,
                        .gun = static_cast<std::uint8_t>(gun),
                        .command = std::move(command),
                        .tariff = nullptr,
                        .until = platform_.clock().now() + wait});
}

Order& Outgoing::new_order(Pile& pile, std::int64_t gun, bool own) {
  OrderId id{};
  std::copy(pile.number.begin(), pile.number.end(), id.begin());
  put_digits(static_cast<unsigned>(gun), 14, 2, id);
  const std::chrono::sys_time<std::chrono::milliseconds> now{std::chrono::milliseconds(local_ms())};
  const auto midnight = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - midnight));
  put_digits(static_cast<unsigned>(static_cast<int>(date.year()) % 100), 16, 2, id);
  put_digits(static_cast<unsigned>(date.month()), 18, 2, id);
  put_digits(static_cast<unsigned>(date.day()), 20, 2, id);
  put_digits(static_cast<unsigned>(time.hours().count()), 22, 2, id);
  put_digits(static_cast<unsigned>(time.minutes().count()), 24, 2, id);
  put_digits(static_cast<unsigned>(time.seconds().count()), 26, 2, id);
  put_digits(static_cast<unsigned>((counts_.orders_made * place_.count + place_.index) % 10'000), 28, 4, id);
  ++counts_.orders_made;
  // One that is never billed must not fill the memory: the oldest is given up.
  if (pile.orders.size() >= Pile::kOrdersMax) pile.orders.erase(pile.orders.begin());
  Order& order = pile.orders.emplace_back();
  order.id = id;
  order.gun = static_cast<std::uint8_t>(gun);
  order.own = own;
  return order;
}

void Outgoing::set_clock(Pile& pile, std::string& out) {
  ask(pile, kSetClock, 0, out,
      [this](BodyWriter& body, const FrameLayout& frame) { body.number(frame.find("time"), local_ms()); });
}

void Outgoing::remote_start(Pile& pile, std::int64_t gun, bool own, std::string& out) {
  const Order& order = new_order(pile, gun, own);
  ask(pile, kRemoteStart, gun, out, [&](BodyWriter& body, const FrameLayout& frame) {
    body.bytes(frame.find("order"), view(order.id)).number(frame.find("gun"), gun);
    body.number(frame.find("balance"), settings_.balance_cents);
  });
}

void Outgoing::remote_stop(Pile& pile, std::int64_t gun, std::string& out) {
  ask(pile, kRemoteStop, gun, out,
      [gun](BodyWriter& body, const FrameLayout& frame) { body.number(frame.find("gun"), gun); });
}

void Outgoing::append_commands(Pile& pile, std::string& out) {
  if (!platform_.commands().anything_waits()) return;
  while (const auto command = platform_.commands().take_next(pile.id)) append_command(pile, *command, out);
}

void Outgoing::append_command(Pile& pile, const CommandBook::Given& command, std::string& out) {
  if (command.type == "raw") {
    const std::string_view data = command.data;
    if (!data.starts_with('"') || !codec::ykc::append_bytes(data.substr(1, data.size() - 2), out))
      return refuse_command(pile, command.id, "raw: expected \"data\" to be hexadecimal digits");
    ++counts_.frames_sent;
    return;
  }
  const Frames::Known* const known = frames_.find(command.type);
  if (known == nullptr)
    return refuse_command(pile, command.id,
                          "no frame of YKC has this name or type: try \"remote_start\" or \"0x34\"");
  const std::uint8_t type = known->layout->type;
  body_.clear();
  BodyWriter body(frames_.layout(), *known->layout, body_);
  body.bytes(known->pile, {pile.number.data(), pile.number.size()});
  body.number(known->gun, 1);
  if (type == kRemoteStart || type == kPairedRemoteStart)
    body.number(known->layout->find("balance"), settings_.balance_cents);
  if (type == kSetClock) body.number(known->layout->find("time"), local_ms());
  if (type == kSetModel || type == kModelAnswer) Tariff::of(settings_).write(body, *known->layout);
  if (const Status set = set_members(body, {}, command.data); !set)
    return refuse_command(pile, command.id, set.error().detail);
  if (!body.good()) return refuse_command(pile, command.id, body.error());
  const codec::ykc::BodyReader made(frames_.layout(), *known->layout, body_);
  const std::int64_t gun = made.number(known->gun).value_or(0);
  if (type == kRemoteStart || type == kPairedRemoteStart) {
    // The operator's own order number, or a new one.
    const std::string_view given = made.bytes(known->order);
    if (given.find_first_not_of('\0') == std::string_view::npos) {
      body.bytes(known->order, view(new_order(pile, gun, false).id));
    } else if (pile.order(given) == nullptr) {
      OrderId id;
      std::copy(given.begin(), given.end(), id.begin());
      new_order(pile, gun, false).id = id;
    }
  }
  enclose(pile, type, pile.sequence++, out);
  expect(pile, type, gun, command.id);
  if (Tariff tariff; type == kSetModel && Tariff::read(made, tariff))
    pile.asked.back().tariff = std::make_shared<const Tariff>(std::move(tariff));
}

// What cannot be sent is answered here.
void Outgoing::refuse_command(const Pile& pile, const std::string& command, std::string_view why) {
  std::string answer;
  codec::json::Writer writer(answer);
  writer.begin_object().key("data").begin_object();
  writer.key("error").text(why);
  writer.end_object().end_object();
  platform_.commands().answered(pile.id, command, answer);
}

bool Outgoing::answered(Pile& pile, std::uint8_t type, std::int64_t gun, std::int64_t result,
                        std::string_view bytes) {
  const auto found = std::find_if(pile.asked.begin(), pile.asked.end(), [&](const Asked& each) {
    return each.answer == type && (each.gun == 0 || gun == 0 || each.gun == gun);
  });
  if (found == pile.asked.end()) return false;
  ++counts_.frames_answered;
  if (!found->command.empty())
    platform_.commands().answered(pile.id, found->command, frame_json(frames_.layout(), bytes));
  if (found->tariff && result == 1) pile.tariff = found->tariff;
  pile.asked.erase(found);
  return true;
}

void Outgoing::lost(Pile& pile) {
  counts_.frames_lost += pile.asked.size();
  pile.asked.clear();
}

void Outgoing::expire(Pile& pile, TimePoint now) {
  counts_.frames_timed_out +=
      std::erase_if(pile.asked, [now](const Asked& each) { return each.until <= now; });
}

}  // namespace vfleet::platform::ykc
