#include "tests/integration/security/remote_fleet.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <zmq.hpp>

namespace vfleet::security_test {

using nlohmann::json;

namespace {

void set_keys(zmq::socket_t& socket, const bus::ClientKeys& keys) {
  const auto raw = [](const std::string& key) { return zmq::const_buffer(key.data(), key.size()); };
  socket.set(zmq::sockopt::curve_publickey, raw(keys.curve.keys.public_key));
  socket.set(zmq::sockopt::curve_secretkey, raw(keys.curve.keys.secret_key));
  socket.set(zmq::sockopt::curve_serverkey, raw(keys.curve.server_key));
}

}  // namespace

Answer vfleet(std::vector<std::string> words, const std::string& out_folder) {
  static std::atomic<int> calls{0};
  words.insert(words.begin(), fleet_test::program("vfleet"));
  words.emplace_back("--json");
  const std::string name = out_folder + "/remote-call-" + std::to_string(++calls);
  Process process(words, name + ".out", name + ".err");
  Answer answer;
  answer.status = process.wait(seconds(60)).value_or(-1);
  answer.out = fleet_test::read_file(name + ".out");
  answer.err = fleet_test::read_file(name + ".err");
  answer.json = json::parse(answer.out, nullptr, false);
  return answer;
}

KeyFolder::KeyFolder() {
  const Answer made = vfleet({"keygen", path(), "--server"}, folder_.path());
  EXPECT_EQ(made.status, 0) << made.out << made.err;
}

std::string KeyFolder::make(const std::string& name, const std::string& role,
                            const std::vector<std::string>& more) {
  std::vector<std::string> words = {"keygen", path(), name, "--role", role};
  words.insert(words.end(), more.begin(), more.end());
  const Answer made = vfleet(words, folder_.path());
  EXPECT_EQ(made.status, 0) << made.out << made.err;
  return path() + "/" + name + ".key";
}

std::string KeyFolder::take_out(const std::string& name) const {
  const std::string file = path() + "/allowed.yaml";
  std::string text = fleet_test::read_file(file);
  const std::size_t from = text.find("  - {name: " + name + ",");
  EXPECT_NE(from, std::string::npos) << text;
  const std::size_t end = text.find('\n', from) + 1;
  const std::string line = text.substr(from, end - from);
  text.erase(from, end - from);
  fleet_test::write_file(file + ".edited", text);
  std::filesystem::permissions(file + ".edited",
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::rename(file + ".edited", file);
  return line;
}

void KeyFolder::put_back(const std::string& line) const {
  const std::string file = path() + "/allowed.yaml";
  fleet_test::write_file(file, fleet_test::read_file(file) + line);
}

bus::ClientKeys KeyFolder::load(const std::string& name) const {
  auto keys = bus::load_client_keys(path() + "/" + name + ".key", bus::Role::worker);
  EXPECT_TRUE(keys) << keys.error().detail;
  return keys ? std::move(*keys) : bus::ClientKeys{};
}

RemoteFleet::RemoteFleet(const std::string& yaml, std::uint32_t shards, const std::string& host, int port) {
  keys_.make("op", "operator");
  keys_.make("look", "viewer");
  keys_.make("host", "worker");
  local_ = std::make_unique<fleet_test::RunningFleet>(
      yaml, shards, Process::Variables{},
      std::vector<std::string>{"--listen", "tcp://" + host + ":" + std::to_string(port), "--keys",
                               keys_.path()});
  const json info = json::parse(fleet_test::read_file(local_->socket("control.json")), nullptr, false);
  control_address_ = fleet_test::at(info, "/listen/operators").is_string()
                         ? fleet_test::at(info, "/listen/operators").get<std::string>()
                         : std::string();
  EXPECT_FALSE(control_address_.empty()) << info << local_->control_log();
}

std::string RemoteFleet::endpoint(int which) const {
  const std::size_t colon = control_address_.rfind(':');
  return control_address_.substr(0, colon + 1) +
         std::to_string(std::stoi(control_address_.substr(colon + 1)) + which);
}

Process& RemoteFleet::start_worker(std::uint32_t shard, const std::string& key, const std::string& log) {
  workers_.erase(shard);
  workers_[shard] = std::make_unique<Process>(
      std::vector<std::string>{fleet_test::program("vfleet-worker"), "--control", endpoint(), "--keys",
                               keys_.path() + "/" + key + ".key", "--shard", std::to_string(shard)},
      local_->file(log + ".out"), local_->file(log));
  return *workers_[shard];
}

Answer RemoteFleet::as(const std::string& key, std::vector<std::string> words) const {
  words.insert(words.end(), {"--control", endpoint(), "--keys", keys_.path() + "/" + key + ".key"});
  return vfleet(words, keys_.file(""));
}

struct KeyedOperator::Impl {
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::dealer};
};

KeyedOperator::KeyedOperator(const std::string& endpoint, const bus::ClientKeys& keys)
    : impl_(std::make_unique<Impl>()) {
  impl_->socket.set(zmq::sockopt::linger, 200);
  impl_->socket.set(zmq::sockopt::sndhwm, 0);
  impl_->socket.set(zmq::sockopt::rcvhwm, 0);
  set_keys(impl_->socket, keys);
  impl_->socket.connect(endpoint);
}

KeyedOperator::~KeyedOperator() = default;

void KeyedOperator::send(const std::string& id, const std::string& verb, const json& args) {
  send_raw(json{{"v", 1}, {"id", id}, {"verb", verb}, {"args", args}}.dump());
}

void KeyedOperator::send_raw(const std::string& frame) {
  impl_->socket.send(zmq::buffer(frame), zmq::send_flags::none);
}

std::optional<json> KeyedOperator::next(milliseconds patience) {
  impl_->socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
  zmq::message_t frame;
  if (!impl_->socket.recv(frame)) return std::nullopt;
  return json::parse(frame.to_string_view(), nullptr, false);
}

std::optional<json> KeyedOperator::result(milliseconds patience) {
  while (auto answer = next(patience)) {
    const std::string kind = answer->value("kind", "");
    if (kind == "result" || kind == "error") return answer;
  }
  return std::nullopt;
}

}  // namespace vfleet::security_test
