// How frames leave: reports of the pile's own, answers to the platform, what operators want said.
#include <fmt/format.h>
#include <algorithm>

#include "devices/charging_pile/description.h"
#include "devices/charging_pile/dialects/ykc/codes.h"
#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"
#include "devices/charging_pile/dialects/ykc/ykc_dialect.h"

namespace vfleet::pile::ykc {
namespace {

using namespace std::chrono_literals;
using codec::envelope::Override;

constexpr std::uint8_t kByVinHow = 3;
// Answers that an operator delays; what comes beyond that is said at once.
constexpr std::size_t kHeldMost = 256;

/// Bodies are made here and then put into a frame: grown once a thread.
std::string& scratch() {
  static thread_local std::string body;
  body.clear();
  return body;
}

bool is_bill(std::uint8_t type) {
  return type == type::kBill || type == type::kBillMetered;
}

bool is_start_request(std::uint8_t type) {
  return type == type::kStartRequest || type == type::kPairedStartRequest;
}

}  // namespace

PileView YkcConversation::look(Host& host) {
  return {host.station(), host.config(), host.context().now(), host.context().wall_now()};
}

Picture YkcConversation::draw(const PileView& at, std::uint8_t type, const Words& words) const {
  Picture picture;
  draw_pile(at, picture);
  const bool there = words.gun >= 1 && words.gun <= at.station.connector_count() && words.gun <= count();
  const Gun& it = there ? gun(words.gun) : guns_.front();
  if (there) draw_gun(at, words.gun, picture);
  picture.pile = as_view(pile_);
  for (const char pair : as_view(pile_).substr(3)) {
    picture.charger_number = picture.charger_number * 100 + (pair >> 4 & 0x0F) * 10 + (pair & 0x0F);
  }
  picture.gun = words.gun;
  picture.order = words.order.empty() ? as_view(it.order) : words.order;
  picture.physical_card = words.card.empty() ? as_view(it.card) : words.card;
  picture.logical_card = as_view(it.logical);
  picture.model = model_code_;
  picture.time = clock_ms(at, at.wall);
  picture.beat_state = there && at.station.connector(words.gun).status == ConnectorStatus::faulted ? 1 : 0;
  picture.result = words.result;
  picture.reason = words.reason;
  picture.how = words.how;
  picture.role = words.role;
  picture.pair = words.pair;
  picture.flag = words.flag;
  picture.cards = words.cards;
  picture.lock = it.lock_up ? 0x55 : 0xFF;
  picture.bay = picture.plugged != 0 ? 0xFF : 0;
  // An order that waits is not one that charges.
  const bool charging = there && at.station.connector(words.gun).active();
  if (type == type::kRealtime && !charging) picture.order = {};
  if (is_start_request(type)) {
    if (words.how == kByVinHow) picture.physical_card = {};
    if (words.how != kByVinHow) picture.vin = {};
  }
  if (is_bill(type)) {
    draw_bill(at, words.gun, picture);
    const WallTime began = charging ? at.station.connector(words.gun).visit->started_wall : at.wall;
    picture.start_time = clock_ms(at, began);
    picture.end_time = clock_ms(at, at.wall);
    picture.trade_mark = it.trade_mark;
    picture.stop_reason = it.stop_code;
  }
  return picture;
}

Status YkcConversation::write(const PileView& at, std::uint8_t type, const Words& words,
                              std::span<const Override> overrides, std::string& body) const {
  const Speech& how = speech(at.config);
  const codec::ykc::FrameLayout* frame = how.frame(type);
  if (frame == nullptr) {
    return fail(Errc::invalid_argument,
                fmt::format("{} has no frame {}", how.layout().name(), codec::ykc::type_text(type)));
  }
  return how.write(*frame, draw(at, type, words), overrides, words.unchecked, body);
}

Status YkcConversation::encode(const PileView& at, const device::Report& report,
                               std::span<const Override> overrides, codec::Buffer& out) const {
  const std::uint8_t type = frame_of(report.kind);
  if (type == 0) {
    return fail(Errc::invalid_argument, fmt::format("the pile speaks ykc: it has no {}",
                                                    pile_description().reports[report.kind].name));
  }
  const Words plain{.gun = std::max<int>(report.channel, 1)};
  const Words& words = words_ != nullptr ? *words_ : plain;
  std::string& body = scratch();
  const bool made =
      !words.record.empty() && std::all_of(overrides.begin(), overrides.end(),
                                           [](const auto& each) { return each.first.starts_with("$."); });
  if (made) {
    body = words.record;
  } else if (auto written = write(at, type, words, overrides, body); !written) {
    return written;
  }
  return speech(at.config).enclose(type, wire_, body, overrides, at.config.ykc.cipher.get(), out);
}

Result<std::uint32_t> YkcConversation::send(Host& host, std::uint8_t type, const Words& words,
                                            device::Telling telling) {
  const codec::ykc::FrameLayout* frame = speech(host.config()).frame(type);
  if (frame == nullptr) {
    return fail(Errc::invalid_argument,
                fmt::format("{} has no frame {}", speech(host.config()).layout().name(),
                            codec::ykc::type_text(type)));
  }
  telling.kind = report_of(type);
  telling.channel = static_cast<device::Channel>(frame->find("gun") >= 0 ? words.gun : 0);
  words_ = &words;
  wire_ = words.sequence.value_or(sequence_);
  // Before it is sent: what that does may send again.
  if (!words.sequence) ++sequence_;
  auto told = host.context().tell(telling);
  words_ = nullptr;
  if (!told && !words.sequence && sequence_ == static_cast<std::uint16_t>(wire_ + 1)) sequence_ = wire_;
  return told;
}

void YkcConversation::tell(Host& host, std::uint8_t type, const Words& words, std::optional<TimePoint> due) {
  // Nothing answers it: when it has left, it has arrived as far as anybody can know.
  if (auto told = send(host, type, words, {.due = due})) {
    host.context().settle(*told, device::Verdict::acked);
  }
}

bool YkcConversation::ask(Host& host, std::uint8_t type, const Words& words, Open& open,
                          std::optional<TimePoint> due) {
  settle(host, open, device::Verdict::timed_out);
  const std::uint16_t wire = words.sequence.value_or(sequence_);
  const auto told = send(host, type, words, {.due = due});
  if (told) open = {*told, wire};
  return told.has_value();
}

void YkcConversation::settle(Host& host, Open& open, device::Verdict verdict) {
  if (!open) return;
  const std::uint32_t seq = open.seq;
  open = {};
  host.context().settle(seq, verdict);
}

void YkcConversation::settle(const Heard& heard, Open& open, bool good) {
  if (good || !open) return settle(heard.host, open, device::Verdict::acked);
  const codec::ykc::FrameLayout& frame = heard.body.frame();
  std::string why = codec::ykc::type_text(heard.frame.type) + " " + frame.name;
  for (const std::string_view name : {"result", "reason"}) {
    const int field = frame.find(name);
    const std::optional<std::int64_t> value = field < 0 ? std::nullopt : heard.body.number(field);
    if (!value) continue;
    const codec::ykc::Word* word = frame.fields[static_cast<std::size_t>(field)].word(*value);
    why += fmt::format(" {}={}", name, word == nullptr ? std::to_string(*value) : word->text);
  }
  heard.host.context().refuse(std::exchange(open, {}).seq, why);
}

bool YkcConversation::say(Host& host, std::uint8_t type, std::uint16_t sequence, const Words& words) {
  const Speech& how = speech(host.config());
  const codec::ykc::FrameLayout* frame = how.frame(type);
  if (frame == nullptr) return true;  // a fork that knows no such answer
  const std::optional<AnswerRule> rule = rules_.empty() ? std::nullopt : rules_.use(frame->name);
  const std::span<const Override> fields =
      rule ? std::span<const Override>(rule->fields) : std::span<const Override>{};
  Words said = words;
  said.unchecked = rule.has_value();
  std::string& body = scratch();
  std::string bytes;
  Status made = write(look(host), type, said, fields, body);
  if (made) made = how.enclose(type, sequence, body, fields, host.config().ykc.cipher.get(), bytes);
  if (!made) {
    host.context().note(frame->name + ": " + made.error().detail);
    return true;
  }
  bool as_meant = true;
  if (rule) {
    const codec::ykc::BodyReader read(how.layout(), *frame, body);
    as_meant = read.number(frame->find("result")).value_or(words.result) == words.result;
  }
  if (rule && rule->silent) return as_meant;
  if (rule && rule->after > Duration(0) && held_.size() < kHeldMost) {
    held_.push_back({after(host, rule->after), std::move(bytes)});
  } else if (auto left = host.context().say(bytes); !left) {
    host.context().note(frame->name + " could not be said: " + left.error().detail);
  }
  return as_meant;
}

void YkcConversation::say_held(Host& host) {
  const TimePoint now = host.context().now();
  for (std::size_t i = 0; i < held_.size();) {
    if (held_[i].at > now) {
      ++i;
      continue;
    }
    const std::string frame = std::move(held_[i].frame);
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
    if (auto left = host.context().say(frame); !left) {
      host.context().note("a late answer could not be said: " + left.error().detail);
    }
  }
}

Open* YkcConversation::open_of(std::uint8_t type, ConnectorNumber number) {
  if (type == type::kLogin) return &login_;
  if (type == type::kModelCheck || type == type::kModelRequest) return &model_;
  if (type == type::kHeartbeat) return &gun(number).beat;
  if (is_start_request(type)) return &gun(number).asked;
  return is_bill(type) ? &odd_ : nullptr;
}

StoredBill* YkcConversation::newest_bill(ConnectorNumber number) {
  StoredBill* newest = nullptr;
  for (StoredBill& each : bills_.all()) {
    if (each.gun == number) newest = &each;
  }
  return newest;
}

Status YkcConversation::trigger(Host& host, const device::TriggerCall& call) {
  const int index = pile_description().report_index(call.report);
  const std::uint8_t type = index < 0 ? 0 : frame_of(static_cast<device::ReportIndex>(index));
  if (type == 0) {
    return fail(Errc::invalid_argument, fmt::format("the pile speaks ykc: it has no {}", call.report));
  }
  const int number = std::max<int>(call.channel, 1);
  if (number > count()) {
    return fail(Errc::invalid_argument,
                fmt::format("there is no connector {}: the pile has {}", number, count()));
  }
  Gun& it = gun(number);
  Words words{.gun = number, .result = 1, .unchecked = call.unchecked};
  for (const auto& [field, value] : call.fields) {
    if (field == "how" && (value == "vin" || value == "3")) words.how = kByVinHow;
  }
  StoredBill* bill = is_bill(type) ? newest_bill(number) : nullptr;
  if (bill != nullptr) words.record = bill->body;
  Open* open = open_of(type, number);
  if (bill != nullptr && call.fields.empty()) open = &bill->open;
  if (open != nullptr) settle(host, *open, device::Verdict::timed_out);
  const device::AnswerId answer = host.context().defer(5s);
  const std::uint16_t wire = sequence_;
  const auto told = send(host, type, words, {.answers = answer, .overrides = call.fields});
  const Status status = told ? Status{} : tl::unexpected<Error>(told.error());
  if (told && open != nullptr) *open = {*told, wire};
  if (told && open == nullptr) host.context().settle(*told, device::Verdict::acked);
  if (told && is_start_request(type) && it.wait == Wait::nothing &&
      !host.station().connector(number).active()) {
    it.wait = Wait::answer;
    it.how = static_cast<std::uint8_t>(words.how);
    it.until = after(host, host.config().ykc.answer_timeout);
  }
  host.context().answer(answer, status);
  return status;
}

Status YkcConversation::answer(Host& host, const config::Values& args) {
  auto read = read_answer_rule(args);
  const auto named = args.find("message");
  const std::string* name = named == args.end() ? nullptr : std::get_if<std::string>(&named->second.data);
  if (!read || name == nullptr) return tl::unexpected<Error>(read.error());
  std::string_view plain = *name;
  if (plain.starts_with("ykc_")) plain.remove_prefix(4);
  const Speech& how = speech(host.config());
  const codec::ykc::FrameLayout* frame = how.layout().find(plain);
  if (frame == nullptr || frame->type % 2 == 0) {
    return fail(Errc::invalid_argument,
                fmt::format("message: {} has no answer {}; `vfleet ykc frames` lists them",
                            how.layout().name(), *name));
  }
  if (!*read) {
    if (rules_.take_back(frame->name)) return {};
    return fail(Errc::rejected, fmt::format("{} has no rule", frame->name));
  }
  AnswerRule rule = std::move(**read);
  if (!rule.fields.empty() && rule.fields.front().first.empty()) {
    return fail(Errc::invalid_argument,
                "with: expected fields of " + frame->name + " as NAME=VALUE ..., none or default");
  }
  rule.message = frame->name;
  // What cannot be written is told now.
  std::string body;
  std::string bytes;
  if (auto good = write(look(host), frame->type, {.unchecked = true}, rule.fields, body); !good) return good;
  if (auto good = how.enclose(frame->type, 0, body, rule.fields, host.config().ykc.cipher.get(), bytes);
      !good) {
    return good;
  }
  rules_.set(std::move(rule));
  return {};
}

}  // namespace vfleet::pile::ykc
