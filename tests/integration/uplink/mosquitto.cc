#include "tests/integration/uplink/mosquitto.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/free_port.h"

namespace vfleet::test {

using fleet_test::eventually;
using fleet_test::Process;
using fleet_test::read_file;
using Json = nlohmann::json;

Mosquitto::Mosquitto(const std::string& more, const std::string& listener) : port_(free_port()) {
  fleet_test::write_file(folder_ / "mosquitto.conf",
                         "listener " + std::to_string(port_) + " 127.0.0.1\n" + listener +
                             "user root\npersistence true\npersistence_location " + folder_.path() +
                             "/\nmax_queued_messages 0\nlog_dest stderr\n" + more);
}

void Mosquitto::launch() {
  server_ = std::make_unique<Process>(
      std::vector<std::string>{"/usr/sbin/mosquitto", "-c", folder_ / "mosquitto.conf"},
      folder_ / "server.out", folder_ / "server.err");
  EXPECT_TRUE(eventually([&] {
    return read_file(folder_ / "server.err").find(" running") != std::string::npos;
  })) << read_file(folder_ / "server.err");
}

void Mosquitto::stop(int signal) {
  server_->signal(signal);
  EXPECT_TRUE(server_->wait(std::chrono::seconds(20)).has_value());
}

void Mosquitto::listen(const std::string& name, const std::string& version, const std::string& filter) {
  listeners_[name] = std::make_unique<Process>(
      std::vector<std::string>{"/usr/bin/python3", "tests/integration/uplink/mqtt_listener.py",
                               std::to_string(port_), version, name, filter},
      folder_ / name, folder_ / (name + ".err"));
  EXPECT_TRUE(eventually([&] { return read_file(folder_ / name).find("ready") != std::string::npos; }))
      << read_file(folder_ / (name + ".err"));
}

std::vector<Json> Mosquitto::heard(const std::string& name) const {
  std::vector<Json> out;
  std::istringstream in(read_file(folder_ / name));
  for (std::string line; std::getline(in, line);) {
    Json json = Json::parse(line, nullptr, false);
    if (!json.is_discarded() && json.contains("topic")) out.push_back(std::move(json));
  }
  return out;
}

bool Mosquitto::publish(const std::string& topic, const std::string& payload, const std::string& qos) const {
  Process publisher({"/usr/bin/mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(port_), "-t", topic,
                     "-q", qos, "-m", payload},
                    folder_ / "pub.out", folder_ / "pub.err");
  return publisher.wait(std::chrono::seconds(20)) == 0;
}

}  // namespace vfleet::test
