// The roles, seen by programs that are not ours.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "simulator/core/clock.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::platform {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Ran {
  int status = -1;
  std::string output;
};

/// Runs a shell command to its end.
Ran run(const std::string& command) {
  Ran ran;
  FILE* pipe = ::popen(("timeout 20 " + command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ran;
  char bytes[4096];
  for (std::size_t got = 0; (got = std::fread(bytes, 1, sizeof bytes, pipe)) > 0;)
    ran.output.append(bytes, got);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

std::string port_in(const std::string& address) {
  return address.substr(address.rfind(':') + 1);
}

/// A folder that goes with the test.
struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "vfleet-roles-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
};

std::string publish(const PlatformProcess& platform, const std::string& file, const std::string& more) {
  return "mosquitto_pub -h 127.0.0.1 -p " + port_in(platform.listening("mqtt")) + " -t up/pile-1/meter -f " +
         file + " " + more;
}

TEST(PlatformMqtt, TakesEveryQosOfAClientThatIsNotOurs) {
  const Folder folder;
  PlatformProcess platform({"--mqtt", "127.0.0.1:0"});
  std::uint64_t seq = 0;
  for (const std::string version : {"311", "5"}) {
    for (const std::string qos : {"0", "1", "2"}) {
      const std::string file = folder.write("report", make_report("pile-1", ++seq));
      const Ran ran = run(publish(platform, file, "-V " + version + " -q " + qos + " -i pile-1"));
      EXPECT_EQ(ran.status, 0) << version << " QoS " << qos << ": " << ran.output;
    }
  }
  ASSERT_TRUE(platform.figures_become([](const json& figures) { return figures["received"] == 6; }));
  const json figures = platform.figures();
  EXPECT_EQ(figures["by_way"]["mqtt"], 6);
  EXPECT_EQ(figures["missing"], 0);
  EXPECT_EQ(figures["duplicates"], 0);
  EXPECT_EQ(figures["mqtt"]["qos1"], 2);
  EXPECT_EQ(figures["mqtt"]["qos2"], 2);
  EXPECT_EQ(figures["mqtt"]["protocol_errors"], 0);
  EXPECT_EQ(figures["mqtt"]["wills"], 0);
}

TEST(PlatformMqtt, SendsACommandOnTheTopicThatTheDeviceSubscribed) {
  PlatformProcess platform({"--mqtt", "127.0.0.1:0"});
  std::string heard;
  std::thread subscriber([&] {
    heard = run("mosquitto_sub -h 127.0.0.1 -p " + port_in(platform.listening("mqtt")) +
                " -i pile-1 -t 'down/pile-1/#' -q 1 -C 1 -F '%t %q %p'")
                .output;
  });
  EXPECT_TRUE(
      platform.figures_become([](const json& figures) { return figures["mqtt"]["subscriptions"] == 1; }));
  const json queued =
      platform.call("POST", "/devices/pile-1/commands", R"({"type":"reboot","data":{"delay_s":1}})");
  subscriber.join();
  EXPECT_TRUE(heard.starts_with("down/pile-1/command 1 ")) << heard;
  const json command = json::parse(heard.substr(std::min<std::size_t>(22, heard.size())), nullptr, false);
  EXPECT_EQ(command, (json{{"id", queued["id"]}, {"type", "reboot"}, {"data", {{"delay_s", 1}}}})) << heard;
  EXPECT_EQ(platform.call("GET", "/commands/" + queued["id"].get<std::string>())["state"], "delivered");
}

TEST(PlatformMqtt, KeepsTheSessionOfAClientThatComesBack) {
  PlatformProcess platform({"--mqtt", "127.0.0.1:0"});
  const std::string at = "-h 127.0.0.1 -p " + port_in(platform.listening("mqtt"));
  // Subscribes, and goes without waiting for a message.
  EXPECT_EQ(run("mosquitto_sub " + at + " -i pile-1 -c -q 1 -t down/pile-1 -E").status, 0);
  const json queued = platform.call("POST", "/devices/pile-1/commands", R"({"type":"reboot","data":{}})");
  EXPECT_EQ(platform.call("GET", "/commands/" + queued["id"].get<std::string>())["state"], "queued");
  const Ran ran = run("mosquitto_sub " + at + " -i pile-1 -c -q 1 -t other -C 1");
  EXPECT_NE(ran.output.find("\"reboot\""), std::string::npos) << ran.output;
  EXPECT_EQ(platform.figures()["mqtt"]["sessions_resumed"], 1);
}

TEST(PlatformMqtt, RefusesToConnectWithTheCodeItWasTold) {
  const Folder folder;
  PlatformProcess platform({"--mqtt", "127.0.0.1:0"});
  (void)platform.call("POST", "/misbehave", R"({"refuse_connect_ratio":1,"refuse_connect_code":5})");
  const std::string file = folder.write("report", make_report("pile-1", 1));
  Ran ran = run(publish(platform, file, "-q 1"));
  EXPECT_NE(ran.status, 0);
  EXPECT_NE(ran.output.find("not authorised"), std::string::npos) << ran.output;
  (void)platform.call("DELETE", "/misbehave");
  ran = run(publish(platform, file, "-q 1"));
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_EQ(platform.figures()["misbehaviour"]["refused_connects"], 1);
}

TEST(PlatformMqtt, CountsWhatIsNoReport) {
  const Folder folder;
  const std::string file = folder.write("text", "42.5 kW");
  {
    PlatformProcess platform({"--mqtt", "127.0.0.1:0"});
    EXPECT_EQ(run(publish(platform, file, "-q 1")).status, 0);
    EXPECT_EQ(platform.figures()["malformed"], 1);
  }
  PlatformProcess platform({"--mqtt", "127.0.0.1:0", "--any-payload"});
  EXPECT_EQ(run(publish(platform, file, "-q 1")).status, 0);
  const json figures = platform.figures();
  EXPECT_EQ(figures["malformed"], 0);
  EXPECT_EQ(figures["unchecked"], 1);
  EXPECT_EQ(figures["by_type"], (json{{"meter", 1}})) << "by the last level of the topic";
}

TEST(PlatformTls, IsTrustedByTheCertificateItMakes) {
  const Folder folder;
  const std::string ca = (folder.path / "ca.pem").string();
  PlatformProcess platform({"--https", "127.0.0.1:0", "--mqtts", "127.0.0.1:0", "--ca-file", ca});
  const std::string file = folder.write("report", make_report("pile-1", 1));
  const std::string url = "https://localhost:" + port_in(platform.listening("https")) + "/ingest";
  Ran ran = run("curl -sS --cacert " + ca + " --data-binary @" + file + " " + url);
  EXPECT_EQ(ran.output, "{\"code\":0}");
  ran = run("curl -sS --data-binary @" + file + " " + url);
  EXPECT_NE(ran.status, 0) << "nobody trusts it who was not told to";
  folder.write("report", make_report("pile-1", 2));
  ran = run("mosquitto_pub -h 127.0.0.1 -p " + port_in(platform.listening("mqtts")) + " --cafile " + ca +
            " -t up -q 2 -f " + file);
  EXPECT_EQ(ran.status, 0) << ran.output;
  ran = run("openssl s_client -connect " + platform.listening("mqtts") +
            " -verify_return_error -verify_ip 127.0.0.1 "
            "-CAfile " +
            ca + " -alpn mqtt </dev/null");
  EXPECT_NE(ran.output.find("Verify return code: 0 (ok)"), std::string::npos) << ran.output;
  EXPECT_NE(ran.output.find("ALPN protocol: mqtt"), std::string::npos) << ran.output;
  EXPECT_TRUE(platform.figures_become([](const json& figures) {
    return figures["received"] == 2 && figures["missing"] == 0 && figures["https"]["handshakes_failed"] == 1;
  })) << platform.figures();
}

TEST(PlatformTls, MakesACertificateOnceAndAsksClientsForOne) {
  const Folder folder;
  const std::string cert = (folder.path / "cert.pem").string();
  const std::string key = (folder.path / "key.pem").string();
  const std::vector<std::string> made = {"--https", "127.0.0.1:0", "--make-cert", "--cert", cert, "--key",
                                         key};
  { PlatformProcess first(made); }
  std::vector<std::string> again = made;
  again.insert(again.end(), {"--client-ca", cert});
  PlatformProcess platform(again);
  const std::string url = "https://127.0.0.1:" + port_in(platform.listening("https")) + "/figures";
  EXPECT_NE(run("curl -sS --cacert " + cert + " " + url).status, 0);
  const Ran ran = run("curl -sS --cacert " + cert + " --cert " + cert + " --key " + key + " " + url);
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_TRUE(json::parse(ran.output, nullptr, false).contains("received"));
}

/// A client of Boost.Beast.
struct BeastClient {
  boost::asio::io_context context;
  boost::beast::websocket::stream<boost::asio::ip::tcp::socket> socket{context};

  explicit BeastClient(const std::string& address) {
    const auto port = static_cast<std::uint16_t>(std::stoul(port_in(address)));
    socket.next_layer().connect({boost::asio::ip::address_v4::loopback(), port});
    socket.set_option(
        boost::beast::websocket::stream_base::decorator([](boost::beast::websocket::request_type& request) {
          request.set("Sec-WebSocket-Protocol", "vfleet.v1, other");
        }));
  }
  std::string read() {
    boost::beast::flat_buffer buffer;
    socket.read(buffer);
    return boost::beast::buffers_to_string(buffer.data());
  }
};

TEST(PlatformWebSocket, AcknowledgesTextBinaryAndFragmentsOfBeast) {
  PlatformProcess platform({"--ws", "127.0.0.1:0"});
  BeastClient client(platform.listening("ws"));
  boost::beast::websocket::response_type answer;
  client.socket.handshake(answer, "localhost", "/ws/pile-1");
  EXPECT_EQ(answer["Sec-WebSocket-Protocol"], "vfleet.v1");
  client.socket.write(boost::asio::buffer(make_report("pile-1", 1)));
  EXPECT_EQ(client.read(), R"({"ack":1})");
  client.socket.binary(true);
  client.socket.write(boost::asio::buffer(make_report("pile-1", 2)));
  EXPECT_EQ(client.read(), R"({"ack":2})");
  const std::string large =
      make_report("pile-1", 3, "meter", R"({"text":")" + std::string(200'000, 'x') + "\"}");
  client.socket.text(true);
  client.socket.write_some(false, boost::asio::buffer(large.data(), 100));
  client.socket.ping("between");
  client.socket.write_some(true, boost::asio::buffer(large.data() + 100, large.size() - 100));
  EXPECT_EQ(client.read(), R"({"ack":3})");
  const json queued = platform.call("POST", "/devices/pile-1/commands", R"({"type":"reboot","data":{}})");
  EXPECT_EQ(json::parse(client.read())["id"], queued["id"]);
  client.socket.close(boost::beast::websocket::close_code::normal);
  const json figures = platform.figures();
  EXPECT_EQ(figures["by_way"]["websocket"], 3);
  EXPECT_EQ(figures["missing"], 0);
  EXPECT_EQ(figures["ws"]["protocol_errors"], 0);
}

TEST(PlatformTcp, AcknowledgesFramesAndIsCutAtAByteOfTheInput) {
  PlatformProcess platform({"--tcp", "127.0.0.1:0"});
  const auto port = static_cast<std::uint16_t>(std::stoul(port_in(platform.listening("tcp"))));
  {
    RawClient client(port);
    ASSERT_TRUE(client.send(make_report("pile-1", 1) + "\nno report\r\n" + make_report("pile-1", 2)));
    ASSERT_TRUE(client.send("\n"));
    EXPECT_TRUE(platform.figures_become([](const json& figures) { return figures["received"] == 2; }));
  }
  (void)platform.call("POST", "/misbehave", R"({"cut_input_ratio":1,"cut_input_byte":20})");
  RawClient client(port);
  ASSERT_TRUE(client.send(make_report("pile-1", 3) + "\n"));
  EXPECT_EQ(client.rest(), "");
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(platform.figures()["received"], 2);
  EXPECT_EQ(platform.figures()["tcp"]["acks"], 3);
}

TEST(PlatformPauses, LeaveReportsUnreadAndAnswerTheApi) {
  PlatformProcess platform({"--tcp", "127.0.0.1:0"});
  const auto port = static_cast<std::uint16_t>(std::stoul(port_in(platform.listening("tcp"))));
  (void)platform.call("POST", "/misbehave", R"({"pause_ms":299999,"pause_every_ms":300000})");
  RawClient client(port);
  RawClient http(platform.port());
  ASSERT_TRUE(client.send(make_report("pile-1", 1) + "\n"));
  ASSERT_TRUE(http.send(make_post(make_report("pile-2", 1))));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(platform.figures()["received"], 0);
  (void)platform.call("DELETE", "/misbehave");
  EXPECT_TRUE(platform.figures_become([](const json& figures) { return figures["received"] == 2; }));
  EXPECT_EQ(body_of(http.response()), R"({"code":0})");
}

TEST(PlatformUdp, TakesADatagramAReport) {
  PlatformProcess platform({"--udp", "127.0.0.1:0", "--udp-acks"});
  boost::asio::io_context context;
  boost::asio::ip::udp::socket socket(context, boost::asio::ip::udp::v4());
  const auto port = static_cast<std::uint16_t>(std::stoul(port_in(platform.listening("udp"))));
  socket.connect({boost::asio::ip::address_v4::loopback(), port});
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    socket.send(boost::asio::buffer(make_report("pile-1", seq)));
    char answer[64];
    const std::size_t size = socket.receive(boost::asio::buffer(answer));
    EXPECT_EQ(std::string(answer, size), "{\"ack\":" + std::to_string(seq) + "}");
  }
  EXPECT_EQ(platform.figures()["by_way"]["udp"], 3);
}

}  // namespace
}  // namespace vfleet::platform
