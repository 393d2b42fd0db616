#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "simulator/uplink/message_uplink.h"
#include "simulator/uplink/tcp/tcp_link.h"
#include "simulator/uplink/websocket/websocket_link.h"

/// A dialect for tests, over a WebSocket and over TCP: it shows that what protocols of charging piles and
/// cameras need can be had from outside. A device logs in and is up when it is let in, asks one question at a
/// time (its reports and its heartbeats), and answers those of the platform meanwhile.
///
///   device:   login ID | report SEQ BODY | beat      | answer CALL TEXT
///   platform: welcome | refused | later SECONDS | ok SEQ | no SEQ | beaten | call CALL TEXT
///
/// Over TCP each message is a frame of its own: 'h', the number of the frame on this connection, the length
/// (two bytes, the high one first), the text. What does not begin with 'h' is skipped.
namespace vfleet::test {

inline constexpr Duration kBeatEvery = std::chrono::seconds(10);
inline constexpr Duration kBeatTimeout = std::chrono::seconds(5);

[[nodiscard]] inline std::string login_frame(std::string_view text, std::uint8_t number) {
  std::string frame = "h";
  frame += static_cast<char>(number);
  frame += static_cast<char>(text.size() >> 8);
  frame += static_cast<char>(text.size());
  frame += text;
  return frame;
}

[[nodiscard]] inline std::size_t login_frame_size(std::string_view front) {
  if (front.front() != 'h') return 1;
  if (front.size() < 4) return 0;
  return 4 + (std::size_t{static_cast<unsigned char>(front[2])} << 8 | static_cast<unsigned char>(front[3]));
}

/// "report 7 {}" -> "report", and "7 {}" stays.
[[nodiscard]] inline std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

[[nodiscard]] inline std::uint32_t number_of(std::string_view word) {
  std::uint32_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

template <class BaseHub>
class LoginHub final : public BaseHub {
 public:
  template <class Config, class... Others>
  explicit LoginHub(loop::EventLoop& loop, net::Network& network, Config config, Others&&... others)
      : BaseHub(loop, network, prepared(std::move(config)), std::forward<Others>(others)...) {}

 private:
  template <class Config>
  static Config prepared(Config config) {
    config.messages.ack = uplink::AckBy::dialect;
    config.messages.in_flight_max = 1;
    if constexpr (std::is_same_v<Config, uplink::TcpConfig>) {
      config.framing = {.kind = codec::framing::Kind::sized, .size_of = login_frame_size};
    }
    return config;
  }
};

template <class Base, class BaseHub>
class LoginLink final : public Base {
 public:
  LoginLink(LoginHub<BaseHub>& hub, uplink::LinkKey key) : Base(hub, key), hub_(hub) {}

 protected:
  static constexpr bool kFramed = std::is_same_v<Base, uplink::TcpLink>;

  void agreed() override { login(); }

  void take_message(std::string_view message) override {
    if constexpr (kFramed) {
      if (!message.starts_with('h')) return;  // between two frames
      message.remove_prefix(4);
    }
    const std::string_view what = take_word(message);
    if (what == "welcome") {
      next_ = this->now() + kBeatEvery;
      this->come_up();
    } else if (what == "refused") {
      this->fail("login_refused");
    } else if (what == "later") {
      next_ = this->now() + std::chrono::seconds(number_of(message));
      if (!this->stands()) this->hold();
      this->replan();
    } else if (what == "ok" || what == "no") {
      const std::uint8_t before = this->epoch();
      this->answered(number_of(message), what == "ok" ? uplink::Fate::acked : uplink::Fate::refused);
      if (this->epoch() == before && beat_is_due_ && this->in_flight() == 0) beat();
    } else if (what == "beaten" && beating_) {
      beating_ = false;
      beat_is_due_ = false;
      next_ = this->now() + kBeatEvery;
      this->replan();
      this->pump();
    } else if (what == "call") {
      this->deliver(message);
    }
  }

  bool encode_report(const uplink::Ticket& ticket, const uplink::Message& message,
                     std::string& out) override {
    std::string& text = hub_text();
    text = aside(message) ? "answer " : "report " + std::to_string(ticket.seq) + " ";
    text += message.body;
    if constexpr (kFramed) text = login_frame(text, 0);
    return this->encode(text, out);
  }

  [[nodiscard]] bool aside(const uplink::Message& message) const override { return message.type == "answer"; }

  void leaving(const uplink::Ticket&, std::span<char> bytes) override {
    if constexpr (kFramed) bytes[1] = static_cast<char>(number_++);
  }

  void unanswered(const uplink::Ticket&) override {
    if (beat_is_due_ && this->in_flight() == 0) beat();
  }

  [[nodiscard]] bool may_send() const override { return !beat_is_due_; }
  [[nodiscard]] TimePoint wake_time() const override { return next_; }

  void wake() override {
    if (!this->is_ready()) {
      next_ = kNever;
      login();
    } else if (beating_) {
      this->fail("heartbeat_timed_out", uplink::Fate::timed_out);
    } else {
      beat_is_due_ = true;
      next_ = kNever;
      if (this->in_flight() == 0) beat();
    }
  }

  void lost(uplink::Fate fate, bool closed) override {
    next_ = kNever;
    beating_ = false;
    beat_is_due_ = false;
    number_ = 0;
    Base::lost(fate, closed);
  }

 private:
  void login() { tell("login " + std::string(hub_.owner.names(this->key()).device_id())); }

  void beat() {
    beating_ = true;
    next_ = this->now() + kBeatTimeout;
    this->replan();
    tell("beat");
  }

  void tell(std::string_view text) {
    if constexpr (kFramed) {
      (void)this->say(login_frame(text, number_++));
    } else {
      (void)this->say(text);
    }
  }

  static std::string& hub_text() {
    static std::string text;
    return text;
  }

  LoginHub<BaseHub>& hub_;
  TimePoint next_ = kNever;  // the next login or heartbeat, or when the answer to one is late
  bool beating_ = false;     // and no answer yet
  bool beat_is_due_ = false;
  std::uint8_t number_ = 0;  // of the next frame
};

[[nodiscard]] inline uplink::UplinkKind login_over_tcp() {
  using namespace uplink;
  return message_kind<LoginHub<TcpHub>, LoginLink<TcpLink, TcpHub>, TcpTarget>("login_tcp", "For tests.",
                                                                               tcp_keys());
}

[[nodiscard]] inline uplink::UplinkKind login_over_websocket() {
  using namespace uplink;
  return message_kind<LoginHub<WebSocketHub>, LoginLink<WebSocketLink, WebSocketHub>, WebSocketTarget>(
      "login_websocket", "For tests.", websocket_keys());
}

}  // namespace vfleet::test
