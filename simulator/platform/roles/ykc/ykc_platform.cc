#include "simulator/platform/roles/ykc/ykc_platform.h"

#include <algorithm>

#include "simulator/codec/ykc/text.h"
#include "simulator/platform/roles/ykc/frame_types.h"

namespace vfleet::platform::ykc {
namespace {

using codec::ykc::BodyReader;
using codec::ykc::BodyWriter;
using codec::ykc::Frame;
using codec::ykc::FrameLayout;

constexpr std::size_t kPilesPerConnection = 256;
constexpr std::string_view kUnknown = "(unknown)";
constexpr std::size_t kExpirePerTick = 4096;  // piles whose answers are looked at

// Frames that piles send to answer; all others they send of their own.
bool is_answer(std::uint8_t type) {
  return type > kStartRequest && type != kBill && type != kBillMetered && type != kParkingLock &&
         type != kPairedStartRequest;
}

}  // namespace

YkcPlatform::YkcPlatform(Platform& platform, const YkcSettings& settings, Place place)
    : platform_(platform),
      settings_(settings),
      place_(place),
      outgoing_(platform, settings, frames_, counts_, place),
      ticked_(platform.clock().now()) {}

// ---- frames come ----

YkcPlatform::Taken YkcPlatform::take(Connection& connection, std::string_view bytes, const Source& source,
                                     std::string& out) {
  Taken taken;
  auto frame = codec::ykc::parse_frame(bytes);
  if (!frame) {
    reject(connection, bytes, "not_ykc", kUnknown, "no frame");
    return taken;
  }
  const Frames::Known* const known = frames_.find(frame->type);
  if (known == nullptr || !is_of_piles(frame->type)) {
    reject(connection, bytes, "not_ykc", known == nullptr ? kUnknown : std::string_view(known->report),
           known == nullptr ? "there is no such frame" : "piles do not send it");
    return taken;
  }
  const bool encrypted = frame->encryption != 0;
  if (encrypted) {
    plain_.clear();
    const codec::ykc::Cipher* const cipher = settings_.cipher.get();
    if (frame->encryption != codec::ykc::kTripleDes || cipher == nullptr ||
        !cipher->decrypt(frame->body, plain_)) {
      reject(connection, bytes, "not_ykc", known->report,
             cipher == nullptr ? "it is encrypted, and ykc.cipher_key is not set"
                               : "it is encrypted in another way than ykc.cipher_* say");
      return taken;
    }
    frame->body = codec::ykc::without_padding(frames_.layout(), *known->layout, plain_);
    // It is looked at, and kept, as if it had come so.
    frame->encryption = 0;
    shown_.clear();
    (void)codec::ykc::append_frame(*frame, shown_);
    bytes = shown_;
  }
  const BodyReader body(frames_.layout(), *known->layout, frame->body);
  Pile* const pile = pile_of(connection, *known, body);
  if (pile == nullptr) {
    reject(connection, bytes, frame->type == kLogin ? "not_ykc" : "before_login", known->report,
           frame->type == kLogin ? "it names no pile" : "its pile has not logged in on this connection");
    return taken;
  }
  for (const codec::ykc::Deviation& each : body.check())
    platform_.complain("deviation", pile->id, known->report, each.field + ": " + each.what);
  pile->crc_order = frame->crc_order;
  pile->encrypted = encrypted;
  const Heard heard{.connection = connection,
                    .pile = *pile,
                    .frame = *frame,
                    .body = body,
                    .known = *known,
                    .gun = body.number(known->gun).value_or(0),
                    .out = out};
  const bool awaited = outgoing_.answered(*pile, frame->type, heard.gun, heard.number("result"), bytes);
  // An answer that nobody waits for is one that the pile sends of its own: the late success of a start.
  const bool counts = !awaited || !is_answer(frame->type);
  if (counts) taken.mischief = platform_.misbehaviour().decide(known->report, pile->id);
  Verdict verdict;
  const bool refuse = taken.mischief.kind == Mischief::Kind::refuse;
  if (!refuse) verdict = dispatch(heard);
  if (counts) {
    text_.clear();
    codec::ykc::append_hex(bytes, text_);
    Source from = source;
    from.device = pile->id;
    platform_.take_spoken(pile->id, known->report, text_, from, verdict.refused || refuse);
  }
  if (frame->type == kLogin && pile->line != nullptr) taken.logged_in = pile;
  taken.end = verdict.end;
  return taken;
}

// The pile that a frame is of; one that has not logged in here only of a login.
Pile* YkcPlatform::pile_of(Connection& connection, const Frames::Known& known, const BodyReader& body) {
  const std::string_view number = body.bytes(known.pile);
  for (Pile* pile : connection.piles) {
    // One that has come on another connection meanwhile is not here any more.
    if (pile->line == connection.line && pile->link == connection.link &&
        std::string_view(pile->number.data(), pile->number.size()) == number) {
      return pile;
    }
  }
  if (known.layout->type != kLogin || number.empty()) return nullptr;
  text_.clear();
  codec::ykc::append_hex(number, text_);
  auto found = piles_.find(text_);
  if (found == piles_.end()) {
    if (piles_.size() >= platform_.devices().limits().devices_max) return nullptr;
    found = piles_.emplace(text_, std::make_unique<Pile>()).first;
    found->second->id = text_;
    std::copy(number.begin(), number.end(), found->second->number.begin());
  }
  return found->second.get();
}

std::string YkcPlatform::name_of(const Connection& connection) const {
  return connection.piles.empty() ? std::string(kUnknown) : connection.piles.front()->id;
}

void YkcPlatform::reject(const Connection& connection, std::string_view bytes, std::string_view kind,
                         std::string_view about, std::string_view what) {
  text_.clear();
  codec::ykc::append_hex(bytes, text_);
  platform_.reject(text_);
  platform_.complain(kind, name_of(connection), about, what);
}

YkcPlatform::Verdict YkcPlatform::dispatch(const Heard& heard) {
  switch (heard.frame.type) {
    case kLogin:
      return log_in(heard);
    case kHeartbeat:
      outgoing_.answer(heard.pile, kHeartbeatAnswer, heard.frame.sequence, heard.out,
                       [&](BodyWriter& body, const FrameLayout& frame) {
                         body.bytes(frame.find("gun"), heard.body.bytes(heard.known.gun));
                       });
      return {};
    case kModelCheck:
      check_model(heard);
      return {};
    case kModelRequest:
      give_model(heard);
      return {};
    case kRealtime:
      realtime(heard);
      return {};
    case kStartRequest:
    case kPairedStartRequest:
      return start_request(heard);
    case kRemoteStartAnswer:
    case kPairedRemoteStartAnswer:
      remote_start_answered(heard);
      return {};
    case kBill:
    case kBillMetered:
      return bill(heard);
    default:  // nothing answers it
      return {};
  }
}

// ---- login and billing model ----

YkcPlatform::Verdict YkcPlatform::log_in(const Heard& heard) {
  const bool good = settings_.login && !platform_.misbehaviour().refuses_connect(heard.pile.id) &&
                    heard.connection.piles.size() < kPilesPerConnection;
  if (good) {
    enter(heard.connection, heard.pile);
    ++counts_.logins;
  } else {
    ++counts_.logins_refused;
  }
  outgoing_.answer(heard.pile, kLoginAnswer, heard.frame.sequence, heard.out,
                   [good](BodyWriter& body, const FrameLayout& frame) {
                     body.number(frame.find("result"), good ? 0 : 1);
                   });
  if (!good) return {.refused = true, .end = true};
  if (settings_.set_clock) outgoing_.set_clock(heard.pile, heard.out);
  return {};
}

void YkcPlatform::enter(Connection& connection, Pile& pile) {
  if (pile.line == connection.line && pile.link == connection.link) return;
  if (pile.line != nullptr) {
    Line& before = *pile.line;
    const std::uint64_t link = pile.link;
    leave(pile);
    before.end(link);
  }
  if (pile.forgotten != platform_.forgotten()) pile.forget();
  pile.forgotten = platform_.forgotten();
  pile.line = connection.line;
  pile.link = connection.link;
  pile.place = connected_.size();
  pile.sequence = 0;
  connected_.push_back(&pile);
  if (std::find(connection.piles.begin(), connection.piles.end(), &pile) == connection.piles.end())
    connection.piles.push_back(&pile);
}

void YkcPlatform::leave(Pile& pile) {
  pile.line = nullptr;
  connected_[pile.place] = connected_.back();
  connected_[pile.place]->place = pile.place;
  connected_.pop_back();
  outgoing_.lost(pile);
}

void YkcPlatform::gone(Connection& connection) {
  for (Pile* pile : connection.piles) {
    if (pile->line != connection.line || pile->link != connection.link) continue;
    leave(*pile);
    platform_.withdraw(pile->id, connection.link);
  }
  connection.piles.clear();
}

const std::shared_ptr<const Tariff>& YkcPlatform::tariff() {
  Tariff now = Tariff::of(settings_);
  if (!tariff_ || *tariff_ != now) tariff_ = std::make_shared<const Tariff>(std::move(now));
  return tariff_;
}

void YkcPlatform::check_model(const Heard& heard) {
  const bool same = heard.text("model") == settings_.model_code;
  outgoing_.answer(heard.pile, kModelCheckAnswer, heard.frame.sequence, heard.out,
                   [&](BodyWriter& body, const FrameLayout& frame) {
                     body.bytes(frame.find("model"), heard.body.bytes(heard.known.layout->find("model")));
                     body.number(frame.find("result"), same ? 0 : 1);
                   });
}

void YkcPlatform::give_model(const Heard& heard) {
  heard.pile.tariff = tariff();
  outgoing_.answer(
      heard.pile, kModelAnswer, heard.frame.sequence, heard.out,
      [&](BodyWriter& body, const FrameLayout& frame) { heard.pile.tariff->write(body, frame); });
}

// ---- frames go ----

bool YkcPlatform::commands_wait(std::string_view id) {
  const auto found = piles_.find(id);
  if (found == piles_.end() || found->second->line == nullptr) return false;
  Pile& pile = *found->second;
  std::string bytes;
  outgoing_.append_commands(pile, bytes);
  return bytes.empty() || pile.line->send(pile.link, bytes);
}

void YkcPlatform::tick() {
  const TimePoint now = platform_.clock().now();
  for (std::size_t i = std::min(kExpirePerTick, connected_.size()); i > 0; --i) {
    expired_at_ = (expired_at_ + 1) % connected_.size();
    if (!connected_[expired_at_]->asked.empty()) outgoing_.expire(*connected_[expired_at_], now);
  }
  end_charges(now);
  begin_charges(now);
  ticked_ = now;
}

}  // namespace vfleet::platform::ykc
