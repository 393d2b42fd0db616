// What the platform says, as far as it can be read.
#include <fmt/format.h>
#include <algorithm>

#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"

namespace vfleet::pile::ykc {

void YkcConversation::not_understood(Host& host, std::string_view why) {
  ++not_understood_;
  host.context().note(fmt::format("a frame of the platform is not understood: {}", why));
}

void YkcConversation::received(Host& host, std::string_view message) {
  auto frame = codec::ykc::parse_frame(message);
  if (!frame) return not_understood(host, "it is no frame");
  const codec::ykc::Layout& layout = speech(host.config()).layout();
  const codec::ykc::FrameLayout* known = frame->type % 2 == 0 ? layout.find(frame->type) : nullptr;
  if (known == nullptr) {
    return not_understood(host, fmt::format("{} has no frame {} of a platform", layout.name(),
                                            codec::ykc::type_text(frame->type)));
  }
  std::string plain;
  if (!decrypted(host, *known, *frame, plain)) return;
  const codec::ykc::BodyReader body(layout, *known, frame->body);
  if (host.config().ykc.strict && !strictly(host, *frame, body)) return;
  Heard heard{.host = host, .frame = *frame, .body = body};
  const std::string_view pile = heard.bytes("pile");
  heard.ours = pile.empty() || pile == as_view(pile_);
  heard.raw_gun = static_cast<int>(heard.number("gun", 1));
  if (heard.raw_gun >= 1 && heard.raw_gun <= count()) heard.gun = heard.raw_gun;
  dispatch(heard);
}

// Whether the body can be read; if it was encrypted, from `plain`.
bool YkcConversation::decrypted(Host& host, const codec::ykc::FrameLayout& known, codec::ykc::Frame& frame,
                                std::string& plain) {
  const codec::ykc::Cipher* cipher = host.config().ykc.cipher.get();
  const auto wrong = [&](std::string_view why) {
    not_understood(host, fmt::format("{} {}", codec::ykc::type_text(frame.type), why));
    return false;
  };
  if (frame.encryption == 0) {
    if (cipher != nullptr && host.config().ykc.strict) return wrong("is not encrypted; the pile has a key");
    return true;
  }
  if (frame.encryption != codec::ykc::kTripleDes)
    return wrong(fmt::format("is encrypted in a way that nobody knows ({})", frame.encryption));
  if (cipher == nullptr) return wrong("is encrypted, and ykc.cipher_key is not set");
  if (!cipher->decrypt(frame.body, plain))
    return wrong("is encrypted in another way than ykc.cipher_key, _mode, _iv and _padding say");
  frame.body = without_padding(speech(host.config()).layout(), known, plain);
  return true;
}

bool YkcConversation::strictly(Host& host, const codec::ykc::Frame& frame,
                               const codec::ykc::BodyReader& body) {
  if (frame.crc_order != body.layout().settings().crc_order) {
    not_understood(host, codec::ykc::type_text(frame.type) + ": its CRC stands in the other order");
    return false;
  }
  const auto deviations = body.check();
  if (deviations.empty()) return true;
  const codec::ykc::Deviation& first = deviations.front();
  not_understood(host, fmt::format("{} {}: {}{}{}", codec::ykc::type_text(frame.type), body.frame().name,
                                   first.field, first.field.empty() ? "" : ": ", first.what));
  return false;
}

void YkcConversation::dispatch(const Heard& heard) {
  // Those that have words for it tell the platform that they are another pile's.
  switch (heard.frame.type) {
    case type::kRemoteStart:
    case type::kPairedRemoteStart:
      return on_start(heard);
    case type::kRemoteStop:
      return on_stop(heard);
    case type::kBalanceUpdate:
      return on_balance(heard);
    case type::kUpdate:
      return on_update(heard);
    default:
      break;
  }
  if (!heard.ours) {
    return not_understood(heard.host, codec::ykc::type_text(heard.frame.type) + " is for another pile");
  }
  switch (heard.frame.type) {
    case type::kLoginAnswer:
      return on_login(heard);
    case type::kHeartbeatAnswer:
      return on_heartbeat(heard);
    case type::kModelCheckAnswer:
      return on_model_check(heard);
    case type::kModelAnswer:
      return on_model(heard);
    case type::kSetModel:
      return on_set_model(heard);
    case type::kRealtimeRequest:
      return on_realtime_request(heard);
    case type::kStartRequestAnswer:
    case type::kPairedStartRequestAnswer:
      return on_start_answer(heard);
    case type::kBillAnswer:
      return on_bill_answer(heard);
    case type::kOfflineCards:
      return on_offline_cards(heard);
    case type::kClearCards:
      return on_clear_cards(heard);
    case type::kQueryCards:
      return on_query_cards(heard);
    case type::kWorkParameters:
      return on_work_parameters(heard);
    case type::kSetClock:
      return on_clock(heard);
    case type::kParkingLockControl:
      return on_parking_lock(heard);
    case type::kRestart:
      return on_restart(heard);
    case type::kQrPrefix:
      return on_qr_prefix(heard);
    default:
      not_understood(heard.host, codec::ykc::type_text(heard.frame.type) + " " + heard.body.frame().name +
                                     ": a pile does nothing with it");
  }
}

void YkcConversation::on_realtime_request(const Heard& heard) {
  if (heard.gun == 0) {
    return not_understood(heard.host, fmt::format("0x12: there is no gun {}", heard.raw_gun));
  }
  gun(heard.gun).news = false;
  tell(heard.host, type::kRealtime, {.gun = heard.gun, .sequence = heard.frame.sequence});
}

bool YkcConversation::answers(const Heard& heard, const Open& open) {
  if (!open) {
    not_understood(heard.host, codec::ykc::type_text(heard.frame.type) + " answers nothing that was asked");
    return false;
  }
  if (heard.host.config().ykc.strict && heard.frame.sequence != open.wire) {
    not_understood(heard.host,
                   fmt::format("{} has sequence {}; the question had {}",
                               codec::ykc::type_text(heard.frame.type), heard.frame.sequence, open.wire));
    return false;
  }
  return true;
}

}  // namespace vfleet::pile::ykc
