#include "tests/integration/fleet/operator_client.h"

#include <zmq.hpp>

namespace vfleet::fleet_test {

using nlohmann::json;

struct OperatorClient::Impl {
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::dealer};
};

OperatorClient::OperatorClient(const std::string& socket) : impl_(std::make_unique<Impl>()) {
  impl_->socket.set(zmq::sockopt::linger, 200);
  impl_->socket.set(zmq::sockopt::sndhwm, 0);
  impl_->socket.set(zmq::sockopt::rcvhwm, 0);
  impl_->socket.connect("ipc://" + socket);
}

OperatorClient::~OperatorClient() = default;

void OperatorClient::send(const std::string& id, const std::string& verb, const json& args) {
  send_raw({json{{"v", 1}, {"id", id}, {"verb", verb}, {"args", args}}.dump()});
}

void OperatorClient::send_raw(std::initializer_list<std::string> frames) {
  std::size_t left = frames.size();
  for (const std::string& frame : frames) {
    impl_->socket.send(zmq::buffer(frame), --left > 0 ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
}

std::optional<json> OperatorClient::result(milliseconds patience) {
  impl_->socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
  for (;;) {
    zmq::message_t frame;
    if (!impl_->socket.recv(frame)) return std::nullopt;
    json answer = json::parse(frame.to_string_view(), nullptr, false);
    if (!answer.is_object()) continue;
    const std::string kind = answer.value("kind", "");
    if (kind == "result" || kind == "error") return answer;
  }
}

}  // namespace vfleet::fleet_test
