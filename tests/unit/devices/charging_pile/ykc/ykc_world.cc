#include "tests/unit/devices/charging_pile/ykc/ykc_world.h"

#include "simulator/codec/ykc/body_writer.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/describe.h"
#include "simulator/codec/ykc/text.h"

namespace vfleet::pile::ykc {
namespace {

using codec::ykc::BodyReader;
using codec::ykc::BodyWriter;

const codec::ykc::Layout& layout() {
  return *codec::ykc::built_in("ykc");
}

config::Values with_dialect(config::Values values) {
  values.try_emplace("dialect", text("ykc"));
  return values;
}

}  // namespace

std::string SentFrame::text(std::string_view field) const {
  const codec::ykc::FrameLayout* frame = layout().find(type);
  if (frame == nullptr) return {};
  std::string out;
  append_value(BodyReader(layout(), *frame, body), frame->find(field), 0, out);
  return out;
}

std::string SentFrame::raw_order() const {
  std::string out = "raw:";
  codec::ykc::append_hex(std::string_view(body).substr(0, 16), out);
  return out;
}

std::int64_t SentFrame::number(std::string_view field, std::size_t row) const {
  const codec::ykc::FrameLayout* frame = layout().find(type);
  const auto value = BodyReader(layout(), *frame, body).number(frame->find(field), row);
  EXPECT_TRUE(value) << field << " in " << frame->name;
  return value.value_or(-1);
}

YkcWorld::YkcWorld(config::Values values, std::uint64_t seed)
    : PileWorld(with_dialect(std::move(values)), seed) {
  answers[0x01] = [this](const SentFrame& f) {
    platform(0x02, {{"pile", kPile}, {"result", "ok"}}, f.sequence);
  };
  answers[0x03] = [this](const SentFrame& f) {
    platform(0x04, {{"pile", kPile}, {"gun", f.text("gun")}}, f.sequence);
  };
  answers[0x05] = [this](const SentFrame& f) {
    const bool same = f.text("model") == "0017";
    platform(0x06, {{"pile", kPile}, {"model", f.text("model")}, {"result", same ? "same" : "differs"}},
             f.sequence);
  };
  answers[0x09] = [this](const SentFrame& f) { platform(0x0A, model_fields(), f.sequence); };
  for (const int bill : {0x3B, 0x3D}) {
    answers[static_cast<std::uint8_t>(bill)] = [this](const SentFrame& f) {
      platform(0x40, {{"order", f.raw_order()}, {"result", "ok"}}, f.sequence);
    };
  }
}

Fields YkcWorld::model_fields() {
  Fields fields = {{"pile", kPile}, {"model", "0017"}};
  const char* prices[][3] = {
      {"sharp", "1.2", "0.3"}, {"peak", "1.0", "0.3"}, {"flat", "0.8", "0.3"}, {"valley", "0.6", "0.3"}};
  for (const auto& [name, energy, service] : prices) {
    fields.emplace_back(std::string(name) + "_energy_price", energy);
    fields.emplace_back(std::string(name) + "_service_price", service);
  }
  const char* words[] = {"sharp", "peak", "flat", "valley"};
  for (int i = 0; i < 48; ++i) fields.emplace_back("rates[" + std::to_string(i) + "].rate", words[i % 4]);
  return fields;
}

std::string YkcWorld::frame(std::uint8_t type, const Fields& fields, std::uint16_t sequence) {
  std::string body;
  const codec::ykc::FrameLayout* frame = layout().find(type);
  BodyWriter writer(layout(), *frame, body);
  for (const auto& [name, value] : fields) {
    const Status set = writer.set(name, value);
    EXPECT_TRUE(set) << name << "=" << value << ": " << set.error().detail;
  }
  std::string bytes;
  codec::ykc::append_frame({.sequence = sequence, .type = type, .body = body}, bytes);
  return bytes;
}

void YkcWorld::platform(std::uint8_t type, const Fields& fields, int sequence) {
  inbox_.push_back(
      frame(type, fields, sequence >= 0 ? static_cast<std::uint16_t>(sequence) : platform_sequence_++));
}

void YkcWorld::start_remotely(int gun, const std::string& order, const std::string& balance) {
  platform(0x34, {{"order", order},
                  {"pile", kPile},
                  {"gun", std::to_string(gun)},
                  {"logical_card", "1000000573"},
                  {"physical_card", "D14B0A54"},
                  {"balance", balance}});
  run(Duration(0));
}

void YkcWorld::stop_remotely(int gun) {
  platform(0x36, {{"pile", kPile}, {"gun", std::to_string(gun)}});
  run(Duration(0));
}

void YkcWorld::log_in() {
  start();
  run(Duration(0));
  EXPECT_EQ(state("ykc_stage"), "ready");
}

void YkcWorld::run(Duration duration) {
  run_till([] { return false; }, duration);
}

bool YkcWorld::run_till(const std::function<bool()>& done, Duration limit) {
  bool reached = false;
  const TimePoint until = now() + limit;
  do {
    reached = run_until(
        [&] {
          pump();
          return done();
        },
        until - now());
    pump();
  } while (!reached && (!inbox_.empty() || (!rebooting() && device().next_event() <= now())));
  return reached || done();
}

void YkcWorld::pump() {
  if (std::exchange(hang_up_, false) && online()) {
    inbox_.clear();
    disconnect();
    if (wanted) connect();
  }
  if (std::exchange(come_back_, false) && wanted && !online() && !rebooting()) connect();
  if (!online()) inbox_.clear();  // there is nobody to hear it
  while (!inbox_.empty() && online()) {
    const std::string bytes = std::move(inbox_.front());
    inbox_.pop_front();
    if (!rebooting()) receive(bytes);
  }
}

void YkcWorld::heard(const SentFrame& frame) {
  if (const auto at = answers.find(frame.type); at != answers.end() && at->second) at->second(frame);
}

Result<std::uint32_t> YkcWorld::tell(const device::Telling& telling) {
  EXPECT_FALSE(rebooting()) << "a report while the power is off";
  if (!online()) return fail(Errc::link_down, "offline");
  const auto& reports = type().description().reports;
  device::Report report{.kind = telling.kind, .channel = telling.channel, .detail = telling.detail};
  report.head.type = reports.at(telling.kind).name;
  buffer_.clear();
  if (auto encoded = device().encode(*this, report, telling.overrides, buffer_); !encoded) {
    return tl::unexpected<Error>(encoded.error());
  }
  ++seq_;
  ++told_count;
  if (!keep) return seq_;
  SentFrame sent{.at = now(), .seq = seq_, .due = telling.due.value_or(now()), .channel = telling.channel};
  if (const auto frame = codec::ykc::parse_frame(buffer_)) {
    sent.type = frame->type;
    sent.sequence = frame->sequence;
    sent.crc_order = frame->crc_order;
    sent.body = frame->body;
    sent.encryption = frame->encryption;
    sent.wire = buffer_;
    EXPECT_EQ(reports.at(telling.kind).name, "ykc_" + layout().find(sent.type)->name);
  }
  frames_.push_back(sent);
  heard(sent);
  return seq_;
}

void YkcWorld::settle(std::uint32_t seq, device::Verdict verdict) {
  if (!keep) return;
  static constexpr const char* kNames[] = {"acked", "refused", "timed_out"};
  EXPECT_TRUE(verdicts_.emplace(seq, kNames[static_cast<int>(verdict)]).second) << "settled twice: " << seq;
}

Status YkcWorld::say(std::string_view bytes) {
  if (!online()) return fail(Errc::link_down, "offline");
  const auto frame = codec::ykc::parse_frame(bytes);
  if (!frame) {
    ADD_FAILURE() << "no frame was said";
    return {};
  }
  SentFrame sent{.at = now(),
                 .type = frame->type,
                 .sequence = frame->sequence,
                 .crc_order = frame->crc_order,
                 .body = std::string(frame->body),
                 .encryption = frame->encryption,
                 .wire = std::string(bytes)};
  if (keep) frames_.push_back(sent);
  heard(sent);
  return {};
}

void YkcWorld::reconnect(bool /*drain*/) {
  ++reconnects;
  hang_up_ = true;
}

void YkcWorld::want_link(bool wanted_now) {
  if (wanted_now && !wanted) come_back_ = true;
  if (!wanted_now && online()) hang_up_ = true;
  wanted = wanted_now;
}

std::vector<const SentFrame*> YkcWorld::all(std::uint8_t type) const {
  std::vector<const SentFrame*> out;
  for (const SentFrame& each : frames_) {
    if (each.type == type) out.push_back(&each);
  }
  return out;
}

const SentFrame& YkcWorld::newest(std::uint8_t type, device::Channel gun) const {
  for (auto at = frames_.rbegin(); at != frames_.rend(); ++at) {
    if (at->type == type && (gun == 0 || at->number("gun") == gun)) return *at;
  }
  static const SentFrame none;
  ADD_FAILURE() << "no frame " << codec::ykc::type_text(type) << " was sent";
  return none;
}

std::string YkcWorld::verdict(std::uint32_t seq) const {
  const auto at = verdicts_.find(seq);
  return at == verdicts_.end() ? "open" : at->second;
}

std::size_t YkcWorld::count_verdicts(std::string_view what) const {
  std::size_t count = 0;
  for (const auto& [seq, verdict] : verdicts_) count += verdict == what ? 1 : 0;
  return count;
}

Status YkcWorld::trigger_frame(std::string_view report, const Fields& fields, device::Channel gun,
                               bool unchecked) {
  device().advance(*this);
  return device().trigger(*this,
                          {.report = report, .channel = gun, .fields = fields, .unchecked = unchecked});
}

Status YkcWorld::answer_with(std::string message, std::string with, int times, Duration after) {
  return act("answer", {{"message", text(std::move(message))},
                        {"with", text(std::move(with))},
                        {"times", integer(times)},
                        {"after", duration(after)}});
}

}  // namespace vfleet::pile::ykc
