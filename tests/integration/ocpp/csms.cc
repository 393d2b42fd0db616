#include "tests/integration/ocpp/csms.h"

#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/metrics/http_client.h"
#include "tests/integration/ocpp/node.h"

namespace vfleet::ocpp_test {
namespace {

/// A member by its path of names; null when it is not there.
nlohmann::json member(const nlohmann::json& tree, const std::string& pointer) {
  const nlohmann::json::json_pointer path(pointer);
  return tree.is_object() && tree.contains(path) ? tree.at(path) : nlohmann::json();
}

}  // namespace

using fleet_test::eventually;
using fleet_test::Process;
using fleet_test::read_file;
using nlohmann::json;

Csms::Csms(const std::string& script)
    : process_(std::make_unique<Process>(node(script, {folder_ / "recording"}), folder_ / "out",
                                         folder_ / "err")) {
  const std::string word = "listening ";
  EXPECT_TRUE(eventually([&] { return read_file(folder_ / "out").find('\n') != std::string::npos; }))
      << read_file(folder_ / "err");
  const std::string out = read_file(folder_ / "out");
  if (out.starts_with(word)) port_ = static_cast<std::uint16_t>(std::stoi(out.substr(word.size())));
}

json Csms::get(const std::string& path) const {
  return json::parse(metrics_test::body_of(metrics_test::get(port_, path)), nullptr, false);
}

json Csms::order(const json& order) const {
  const std::string body = order.dump();
  const metrics_test::Client client(port_);
  client.send("POST /do HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  json answer = json::parse(metrics_test::body_of(client.rest()), nullptr, false);
  EXPECT_TRUE(answer.is_object() && !answer.contains("failed")) << body << "\n"
                                                                << answer << read_file(folder_ / "err");
  return answer;
}

json Csms::call(const std::string& device, const std::string& action, const json& payload) const {
  return order({{"do", "call"}, {"device", device}, {"action", action}, {"payload", payload}});
}

std::string Csms::status_of(const std::string& device, const std::string& action, const json& payload) const {
  const json answer = call(device, action, payload);
  const json status = member(answer, "/result/status");
  return status.is_string() ? status.get<std::string>() : answer.dump();
}

json Csms::raw(const std::string& device, const std::string& text, const std::string& id,
               fleet_test::milliseconds wait) const {
  return order(
      {{"do", "raw"}, {"device", device}, {"text", text}, {"id", id}, {"wait", wait.count()}})["answer"];
}

std::uint16_t Csms::listen(const Tls& tls) const {
  json words = {{"do", "tls"},
                {"name", tls.name},
                {"certificate", tls.certificate},
                {"key", tls.key},
                {"demand", tls.demand}};
  if (!tls.clients.empty()) words["clients"] = tls.clients;
  return order(words).value("port", std::uint16_t{0});
}

void Csms::set(const json& values) const {
  (void)order({{"do", "set"}, {"values", values}});
}

void Csms::mischief(const std::string& device, const std::string& action, const std::string& how,
                    int count) const {
  (void)order({{"do", "mischief"}, {"device", device}, {"action", action}, {"how", how}, {"count", count}});
}

void Csms::drop(const std::string& device) const {
  json order_drop = {{"do", "drop"}};
  if (!device.empty()) order_drop["device"] = device;
  (void)order(order_drop);
}

std::uint64_t Csms::got(const std::string& device, const std::string& action) const {
  const json count = member(state(device), "/got/" + action);
  return count.is_number() ? count.get<std::uint64_t>() : 0;
}

json Csms::last(const std::string& device, const std::string& action) const {
  return member(state(device), "/last/" + action);
}

std::string Csms::status(const std::string& device, int connector) const {
  const json status = member(state(device), "/status/" + std::to_string(connector));
  return status.is_string() ? status.get<std::string>() : std::string();
}

std::string Csms::violations() const {
  std::string lines;
  const json all = state();
  for (const json& each : all["violations"]) lines += each.dump() + "\n";
  return lines;
}

std::string Csms::second_opinion(std::uint64_t& messages) {
  process_->signal(SIGTERM);
  EXPECT_EQ(process_->wait(std::chrono::seconds(20)), 0) << read_file(folder_ / "err");
  Process check(node("check_recording.mjs", {folder_ / "recording"}), folder_ / "check.out",
                folder_ / "check.err");
  EXPECT_TRUE(check.wait(std::chrono::seconds(60)).has_value());
  const json verdict = json::parse(read_file(folder_ / "check.out"), nullptr, false);
  if (!verdict.is_object()) return "no verdict: " + read_file(folder_ / "check.err");
  messages = verdict["messages"].get<std::uint64_t>();
  std::string lines;
  for (const json& each : verdict["failures"]) lines += each.dump() + "\n";
  return lines;
}

}  // namespace vfleet::ocpp_test
