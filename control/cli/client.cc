#include "control/cli/client.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>
#include <zmq.hpp>

#include "simulator/bus/keep_trying.h"

namespace vfleet::cli {
namespace {

constexpr std::int64_t kFrameBytesMax = 4 << 20;
constexpr const char* kMonitor = "inproc://handshakes";
/// A server that ends breaks handshakes off, too.
constexpr int kBrokenOffMax = 3;
constexpr Duration kAliveEvery = std::chrono::seconds(1);

std::string outcome_unknown(std::string_view id) {
  return fmt::format(
      "the outcome is unknown: the command may still be carried out; repeating it with --command-id {} is "
      "safe",
      id);
}

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

ExitStatus status_of(const nlohmann::json& answer) {
  const auto at = answer.find("status");
  if (at == answer.end() || !at->is_number_integer()) return ExitStatus::failed;
  const int status = at->get<int>();
  return status >= 0 && status <= 7 ? static_cast<ExitStatus>(status) : ExitStatus::failed;
}

}  // namespace

std::string new_command_id() {
  std::array<unsigned char, 16> bytes = {};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) bytes.fill(0);
  std::string id;
  for (const unsigned char byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

struct Client::Impl {
  Impl(const Environment& environment, RunDir run_dir) : env(environment), dir(std::move(run_dir)) {
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::maxmsgsize, kFrameBytesMax);
    socket.set(zmq::sockopt::sndhwm, 0);
    socket.set(zmq::sockopt::rcvhwm, 0);
    if (dir.remote) {
      connect_remote();
    } else {
      socket.connect("ipc://" + dir.operator_socket().string());
    }
  }

  void connect_remote() {
    const Remote& remote = *dir.remote;
    if (remote.keys) {
      const auto key = [](const std::string& raw) { return zmq::const_buffer(raw.data(), raw.size()); };
      const bus::CurveClient& curve = remote.keys->curve;
      socket.set(zmq::sockopt::curve_publickey, key(curve.keys.public_key));
      socket.set(zmq::sockopt::curve_secretkey, key(curve.keys.secret_key));
      socket.set(zmq::sockopt::curve_serverkey, key(curve.server_key));
    }
    socket.set(zmq::sockopt::heartbeat_ivl, 1000);
    socket.set(zmq::sockopt::heartbeat_timeout, 3000);
    socket.set(zmq::sockopt::handshake_ivl, 5000);
    if (remote.endpoint.find("://[") != std::string::npos) socket.set(zmq::sockopt::ipv6, true);
    zmq_socket_monitor(socket.handle(), kMonitor,
                       ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                           ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    monitor.connect(kMonitor);
    socket.connect(remote.endpoint);
  }

  /// Why control does not let this client in, as far as it is known; looked at again with each call.
  [[nodiscard]] std::optional<std::string> refusal() {
    zmq::message_t event;
    while (dir.remote && monitor.recv(event, zmq::recv_flags::dontwait)) {
      std::uint16_t number = 0;
      if (event.size() >= sizeof number) std::memcpy(&number, event.data(), sizeof number);
      while (event.more() && monitor.recv(event, zmq::recv_flags::dontwait)) {
      }
      if (number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) broken_off = 0;
      if (number == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) failed = bus::Handshake::denied;
      if (number == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) failed = bus::Handshake::protocol;
      if (number == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL && ++broken_off == kBrokenOffMax)
        failed = bus::Handshake::broken_off;
    }
    if (!failed) return std::nullopt;
    return bus::explain(*failed, dir.remote->endpoint, dir.remote->keys);
  }

  [[nodiscard]] bool control_lives() const {
    if (dir.remote) return true;  // a timeout tells
    if (dir.pid > 0 && ::kill(dir.pid, 0) != 0 && errno == ESRCH) return false;
    return is_listening(dir.operator_socket());
  }

  const Environment& env;
  RunDir dir;
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::dealer};
  zmq::socket_t monitor{context, zmq::socket_type::pair};  // connected when control is remote
  int broken_off = 0;
  std::optional<bus::Handshake> failed;
};

Client::Client(const Environment& env, const RunDir& dir) : impl_(std::make_unique<Impl>(env, dir)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

std::string Client::send(std::string_view verb, const nlohmann::json& args, std::string id) {
  if (id.empty()) id = new_command_id();
  const nlohmann::json request = {{"v", 1}, {"id", id}, {"verb", verb}, {"args", args}};
  const std::string text = request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  impl_->socket.send(zmq::buffer(text), zmq::send_flags::dontwait);
  return id;
}

std::optional<nlohmann::json> Client::receive() {
  for (;;) {
    zmq::message_t frame;
    if (!impl_->socket.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
    auto answer = nlohmann::json::parse(frame.to_string_view(), nullptr, false);
    if (answer.is_object() && !text_of(answer, "kind").empty()) return answer;
  }
}

void Client::wait(std::span<const int> fds, Duration longest) {
  std::vector<zmq::pollitem_t> items = {{impl_->socket.handle(), 0, ZMQ_POLLIN, 0}};
  if (impl_->dir.remote) items.push_back({impl_->monitor.handle(), 0, ZMQ_POLLIN, 0});
  for (const int fd : fds) items.push_back({nullptr, fd, ZMQ_POLLIN, 0});
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(
      std::clamp<Duration>(longest, Duration::zero(), std::chrono::hours(1)));
  try {
    zmq::poll(items.data(), items.size(), ms);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;
  }
}

Outcome<nlohmann::json> Client::call(const Call& call, const nlohmann::json& args) {
  const Clock& clock = impl_->env.clock;
  const std::string id = send(call.verb, args, call.id);
  const std::string unknown = call.changes ? outcome_unknown(id) : std::string();

  const TimePoint begin = clock.now();
  const TimePoint deadline = call.timeout < std::chrono::hours(1000) ? begin + call.timeout : kNever;
  TimePoint next_check = begin + kAliveEvery;
  TimePoint next_idle = call.on_idle ? begin + call.idle_every : kNever;
  bool answered = false;

  for (;;) {
    while (auto answer = receive()) {
      if (text_of(*answer, "id") != id) continue;
      answered = true;
      const std::string kind = text_of(*answer, "kind");
      if (kind == "result") return std::move(*answer);
      if (kind == "error") {
        return give_up(status_of(*answer), text_of(*answer, "code"), text_of(*answer, "message"),
                       text_of(*answer, "hint"));
      }
      if (call.on_answer) call.on_answer(*answer);
      if (call.on_end && call.on_end()) return nlohmann::json::object();
    }

    while (const auto number = impl_->env.signals.take()) {
      if (*number != SIGINT && *number != SIGTERM) continue;
      return give_up(ExitStatus::interrupted, "interrupted",
                     call.changes ? "interrupted; " + unknown : "interrupted");
    }

    if (auto why = impl_->refusal()) return give_up(ExitStatus::no_control, "denied", std::move(*why));

    const TimePoint now = clock.now();
    if (now >= deadline) {
      return give_up(ExitStatus::failed, "timed_out",
                     fmt::format("no result within {} s{}{}", to_seconds(call.timeout),
                                 call.changes ? "; " : "", unknown),
                     "--timeout with more time, or `vfleet status` to see which worker is slow");
    }
    if (!answered && now - begin >= call.first_answer) {
      return give_up(
          ExitStatus::no_control, "no_control",
          fmt::format("{} does not answer{}{}", impl_->dir.control(), call.changes ? "; " : "", unknown),
          impl_->dir.where_to_look());
    }
    if (now >= next_check) {
      next_check = now + kAliveEvery;
      if (!impl_->control_lives()) {
        return give_up(ExitStatus::no_control, "no_control",
                       fmt::format("control in {} went away{}{}", impl_->dir.path.string(),
                                   call.changes ? "; " : "", unknown),
                       fmt::format("look into {}", (impl_->dir.path / "control.log").string()));
      }
    }
    if (now >= next_idle) {
      next_idle = now + call.idle_every;
      if (!call.on_idle()) return nlohmann::json::object();
    }

    const std::array<int, 1> fds = {impl_->env.signals.fd()};
    wait(fds, std::min({deadline, next_check, next_idle}) - now);
  }
}

}  // namespace vfleet::cli
