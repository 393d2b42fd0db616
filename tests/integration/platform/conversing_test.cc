// OCPP 1.6J and YKC over real sockets: boot, charges, remote start, bills; WebSocket frames are Beast's.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>

#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/body_writer.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/frame.h"
#include "tests/integration/platform/platform_process.h"

namespace vfleet::platform {
namespace {

using boost::asio::ip::tcp;
using nlohmann::json;

// Reads end with an error when nothing comes for kPatience.
void connect(tcp::socket& socket, const std::string& address) {
  const auto port = static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
  socket.connect({boost::asio::ip::address_v4::loopback(), port});
  const timeval patience{kPatience.count(), 0};
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

/// A charge point: one message after the other.
class ChargePoint {
 public:
  ChargePoint(const PlatformProcess& platform, const std::string& identity) {
    connect(socket_.next_layer(), platform.listening("ocpp"));
    socket_.set_option(
        boost::beast::websocket::stream_base::decorator([](boost::beast::websocket::request_type& request) {
          request.set("Sec-WebSocket-Protocol", "ocpp1.6");
        }));
    boost::beast::websocket::response_type answer;
    socket_.handshake(answer, "localhost", "/ocpp/" + identity);
    EXPECT_EQ(answer["Sec-WebSocket-Protocol"], "ocpp1.6");
  }

  void send(const json& message) { socket_.write(boost::asio::buffer(message.dump())); }
  json receive() {
    boost::beast::flat_buffer buffer;
    boost::beast::error_code ec;
    socket_.read(buffer, ec);
    return ec ? json(ec.message()) : json::parse(boost::beast::buffers_to_string(buffer.data()));
  }
  json call(const std::string& action, const json& payload) {
    const std::string id = "id-" + std::to_string(++calls_);
    send({2, id, action, payload});
    const json answer = receive();
    EXPECT_EQ(answer[1], id) << answer;
    return answer[2];
  }
  void boot() {
    EXPECT_EQ(call("BootNotification", {{"chargePointVendor", "V"}, {"chargePointModel", "M"}})["status"],
              "Accepted");
    EXPECT_EQ(
        call("StatusNotification", {{"connectorId", 1}, {"errorCode", "NoError"}, {"status", "Available"}}),
        json::object());
  }
  json start(std::int64_t meter, const char* time) {
    return call(
        "StartTransaction",
        {{"connectorId", 1}, {"idTag", "TAG"}, {"meterStart", meter}, {"timestamp", time}})["transactionId"];
  }
  void meter(const json& transaction, const char* value, const char* time) {
    EXPECT_EQ(call("MeterValues",
                   {{"connectorId", 1},
                    {"transactionId", transaction},
                    {"meterValue", {{{"timestamp", time}, {"sampledValue", {{{"value", value}}}}}}}}),
              json::object());
  }
  void stop(const json& transaction, std::int64_t meter, const char* time) {
    EXPECT_EQ(
        call("StopTransaction", {{"transactionId", transaction}, {"meterStop", meter}, {"timestamp", time}}),
        json::object());
  }

 private:
  boost::asio::io_context context_;
  boost::beast::websocket::stream<tcp::socket> socket_{context_};
  int calls_ = 0;
};

/// A pile of YKC that writes frames by the layout.
class Pile {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  Pile(const PlatformProcess& platform, std::string number,
       codec::ykc::CrcOrder order = codec::ykc::CrcOrder::low_first)
      : number_(std::move(number)), order_(order) {
    connect(socket_, platform.listening("ykc"));
  }
  void send(std::string_view name, const Fields& fields = {}) {
    const codec::ykc::FrameLayout& frame = *layout_.find(name);
    std::string body;
    codec::ykc::BodyWriter writer(layout_, frame, body);
    EXPECT_TRUE(writer.set("pile", number_));
    for (const auto& [field, value] : fields) EXPECT_TRUE(writer.set(field, value)) << field;
    std::string bytes;
    codec::ykc::append_frame({.sequence = sequence_++, .type = frame.type, .body = body, .crc_order = order_},
                             bytes);
    boost::asio::write(socket_, boost::asio::buffer(bytes));
  }
  /// The next frame of the platform, which must have this name: its fields as texts.
  std::map<std::string, std::string> receive(std::string_view name) {
    std::map<std::string, std::string> out;
    std::string bytes(2, '\0');
    boost::system::error_code ec;
    boost::asio::read(socket_, boost::asio::buffer(bytes), ec);
    bytes.resize(2 + static_cast<unsigned char>(bytes[1]) + 2U);
    boost::asio::read(socket_, boost::asio::buffer(bytes.data() + 2, bytes.size() - 2), ec);
    EXPECT_FALSE(ec) << ec.message();
    const auto frame = codec::ykc::parse_frame(bytes);
    if (!frame) {
      ADD_FAILURE() << "no frame";
      return out;
    }
    EXPECT_EQ(frame->crc_order, order_);
    const codec::ykc::FrameLayout& layout = *layout_.find(frame->type);
    EXPECT_EQ(layout.name, name);
    const codec::ykc::BodyReader body(layout_, layout, frame->body);
    for (std::size_t i = 0; i < layout.fields.size(); ++i) {
      const int at = layout.find(layout.fields[i].name);
      if (const auto number = body.number(at)) {
        out[layout.fields[i].name] = std::to_string(*number);
      } else {
        body.append_text(at, 0, out[layout.fields[i].name]);
      }
      if (layout.fields[i].name == "order") {
        out["order"].clear();
        body.append_text(at, 0, out["order"]);
      }
    }
    return out;
  }
  void log_in() {
    send("login", {{"guns", "1"}});
    EXPECT_EQ(receive("login_answer")["result"], "0");
    receive("set_clock");
    send("set_clock_answer", {{"time", "2026-03-01T08:00:00"}});
    send("model_request");
    EXPECT_EQ(receive("model_answer")["flat_energy_price"], "70000");
  }
  static Fields bill(const std::string& order, const std::string& cost) {
    return {{"order", order},
            {"gun", "01"},
            {"start_time", "2026-03-01T15:10:00"},
            {"end_time", "2026-03-01T15:50:00"},
            {"flat_price", "1.1"},
            {"flat_energy", "2.0"},
            {"flat_amount", "2.2"},
            {"meter_start", "100.5"},
            {"meter_end", "102.5"},
            {"energy", "2.0"},
            {"cost", cost},
            {"trade_mark", "app"},
            {"trade_time", "2026-03-01T15:50:00"},
            {"stop_reason", "app"}};
  }

 private:
  const codec::ykc::Layout& layout_ = *codec::ykc::built_in("ykc");
  std::string number_;
  codec::ykc::CrcOrder order_;
  boost::asio::io_context context_;
  tcp::socket socket_{context_};
  std::uint16_t sequence_ = 0;
};

TEST(PlatformOcpp, BootsChargesAndChecksTheBill) {
  PlatformProcess platform({"--ocpp", "127.0.0.1:0"});
  ChargePoint charge_point(platform, "CP1");
  charge_point.boot();
  json id = charge_point.start(1000, "2026-03-01T08:00:00Z");
  charge_point.meter(id, "1500", "2026-03-01T08:10:00Z");
  charge_point.stop(id, 2000, "2026-03-01T08:20:00Z");
  json figures = platform.figures();
  EXPECT_EQ(figures["by_way"]["ocpp"], 5);
  EXPECT_EQ(figures["received"], 5);
  EXPECT_EQ(figures["by_type"]["StopTransaction"], 1);
  EXPECT_EQ(figures["ocpp"]["transactions_checked"], 1);
  EXPECT_FALSE(figures.contains("complaints")) << figures["complaints"];
  id = charge_point.start(2000, "2026-03-01T09:00:00Z");
  charge_point.meter(id, "2500", "2026-03-01T09:10:00Z");
  charge_point.stop(id, 2200, "2026-03-01T09:20:00Z");
  figures = platform.figures();
  EXPECT_EQ(figures["complaints"]["energy_mismatch"], 1);
  const json rows = platform.call("GET", "/complaints?kind=energy_mismatch")["complaints"];
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["device"], "CP1");
  EXPECT_EQ(rows[0]["what"], "transaction " + id.dump() + ": meterStop is 2200 Wh, MeterValues told 2500 Wh");
  EXPECT_EQ(platform.call("GET", "/devices/CP1")["last"]["StopTransaction"]["data"]["meterStop"], 2200);
  EXPECT_NE(platform.end(SIGTERM).find("energy_mismatch 1"), std::string::npos);
}

TEST(PlatformOcpp, SendsAnyCallAndKeepsItsAnswer) {
  PlatformProcess platform({"--ocpp", "127.0.0.1:0"});
  ChargePoint charge_point(platform, "CP1");
  charge_point.boot();
  const json queued =
      platform.call("POST", "/devices/CP1/commands",
                    R"({"type":"RemoteStartTransaction","data":{"idTag":"T","connectorId":1}})");
  const json call = charge_point.receive();
  EXPECT_EQ(call[0], 2);
  EXPECT_EQ(call[2], "RemoteStartTransaction");
  EXPECT_EQ(call[3], (json{{"idTag", "T"}, {"connectorId", 1}}));
  charge_point.send({3, call[1], {{"status", "Rejected"}}});
  ASSERT_TRUE(
      platform.figures_become([](const json& figures) { return figures["ocpp"]["calls_answered"] == 1; }));
  const json command = platform.call("GET", "/commands/" + queued["id"].get<std::string>());
  EXPECT_EQ(command["state"], "answered");
  EXPECT_EQ(command["answer"], (json{{"status", "Rejected"}}));
}

TEST(PlatformOcpp, StartsAndStopsSessionsByItself) {
  PlatformProcess platform({"--ocpp", "127.0.0.1:0", "--settings",
                            R"({"ocpp":{"sessions_per_s":100,"session_s":0.2,"limit":7000}})"});
  ChargePoint charge_point(platform, "CP1");
  charge_point.boot();
  json call = charge_point.receive();
  EXPECT_EQ(call[2], "RemoteStartTransaction");
  charge_point.send({3, call[1], {{"status", "Accepted"}}});
  charge_point.send({2,
                     "start",
                     "StartTransaction",
                     {{"connectorId", 1},
                      {"idTag", call[3]["idTag"]},
                      {"meterStart", 0},
                      {"timestamp", "2026-03-01T08:00:00Z"}}});
  json answer = charge_point.receive();
  EXPECT_EQ(answer[1], "start");
  call = charge_point.receive();
  EXPECT_EQ(call[2], "SetChargingProfile");
  charge_point.send({3, call[1], {{"status", "Accepted"}}});
  call = charge_point.receive();
  EXPECT_EQ(call[2], "RemoteStopTransaction");
  EXPECT_EQ(call[3]["transactionId"], answer[2]["transactionId"]);
}

TEST(PlatformOcpp, ServesChargePointsOfAllItsProcesses) {
  PlatformProcess platform({"--ocpp", "127.0.0.1:0", "--processes", "3"});
  EXPECT_EQ(platform.call("POST", "/settings", R"({"ocpp":{"interval_s":11}})")["ocpp"]["interval_s"], 11);
  std::vector<std::unique_ptr<ChargePoint>> charge_points;
  std::set<int> transactions;
  constexpr int kCount = 12;
  for (int i = 0; i < kCount; ++i) {
    charge_points.push_back(std::make_unique<ChargePoint>(platform, "CP" + std::to_string(i)));
    const json answer = charge_points.back()->call("BootNotification",
                                                   {{"chargePointVendor", "V"}, {"chargePointModel", "M"}});
    EXPECT_EQ(answer["interval"], 11);
    transactions.insert(charge_points.back()->start(i, "2026-03-01T08:00:00Z").get<int>());
  }
  EXPECT_EQ(transactions.size(), static_cast<std::size_t>(kCount));
  for (int i = 0; i < kCount; ++i) {
    const std::string target = "/devices/CP" + std::to_string(i) + "/commands";
    (void)platform.call("POST", target, R"({"type":"ClearCache"})");
    EXPECT_EQ(charge_points[static_cast<std::size_t>(i)]->receive()[2], "ClearCache");
    EXPECT_EQ(charge_points[static_cast<std::size_t>(i)]->call("Heartbeat", {{"extra", true}}),
              "FormationViolation");
  }
  const json figures = platform.figures();
  EXPECT_EQ(figures["received"], 2 * kCount);
  EXPECT_EQ(figures["refused"], kCount);
  EXPECT_EQ(figures["devices"], kCount);
  EXPECT_EQ(figures["ocpp"]["connected"], kCount);
  EXPECT_EQ(figures["complaints"]["invalid_payload"], kCount);
  EXPECT_EQ(platform.call("GET", "/complaints")["complaints"].size(), static_cast<std::size_t>(kCount));
}

TEST(PlatformYkc, ChargesAndChecksTheBill) {
  PlatformProcess platform({"--ykc", "127.0.0.1:0"});
  Pile pile(platform, "32010600019236");
  pile.log_in();
  pile.send("heartbeat", {{"gun", "01"}});
  pile.receive("heartbeat_answer");
  const auto charge = [&](const std::string& cost) {
    const json queued =
        platform.call("POST", "/devices/32010600019236/commands", R"({"type":"remote_start"})");
    const std::string order = pile.receive("remote_start")["order"];
    pile.send("remote_start_answer", {{"order", order}, {"gun", "01"}, {"result", "ok"}});
    pile.send("realtime", {{"order", order},
                           {"gun", "01"},
                           {"state", "charging"},
                           {"plugged", "yes"},
                           {"energy", "1.9"},
                           {"cost", "2.09"}});
    pile.send("bill", Pile::bill(order, cost));
    const std::string result = pile.receive("bill_answer")["result"];
    EXPECT_EQ(platform.call("GET", "/commands/" + queued["id"].get<std::string>())["answer"]["result"], "ok");
    return result;
  };
  EXPECT_EQ(charge("2.2"), "0");
  EXPECT_FALSE(platform.figures().contains("complaints")) << platform.figures()["complaints"];
  EXPECT_EQ(charge("2.9"), "1");
  const json figures = platform.figures();
  EXPECT_EQ(figures["by_type"], (json{{"ykc_login", 1},
                                      {"ykc_model_request", 1},
                                      {"ykc_heartbeat", 1},
                                      {"ykc_realtime", 2},
                                      {"ykc_bill", 1}}));
  EXPECT_EQ(figures["refused"], 1);
  EXPECT_EQ(figures["ykc"]["bills"], 2);
  EXPECT_EQ(figures["complaints"], (json{{"bill_mismatch", 1}}));
  const json rows = platform.call("GET", "/complaints?device=32010600019236")["complaints"];
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_NE(rows[0]["what"].get<std::string>().find("cost is 2.9000 yuan, its periods make 2.2000"),
            std::string::npos);
  EXPECT_EQ(platform.call("GET", "/devices/32010600019236")["last"]["ykc_bill"]["data"]["cost"], 2.9);
}

TEST(PlatformYkc, SpeaksBothCrcOrders) {
  PlatformProcess platform({"--ykc", "127.0.0.1:0"});
  Pile low(platform, "32010600000001");
  Pile high(platform, "32010600000002", codec::ykc::CrcOrder::high_first);
  low.log_in();
  high.log_in();
  EXPECT_EQ(platform.figures()["ykc"]["logins"], 2);
  EXPECT_EQ(platform.figures()["ykc"]["bad_crcs"], 0);
}

TEST(PlatformSettings, AreRefusedByName) {
  PlatformProcess platform({"--ocpp", "127.0.0.1:0"});
  EXPECT_EQ(platform.call("POST", "/settings", R"({"ocpp":{"boots":"x"}})")["message"],
            "ocpp: no key \"boots\"");
  EXPECT_EQ(platform.call("GET", "/settings")["ocpp"]["boot"], "accepted");
}

TEST(PlatformSettings, AreCheckedBeforeAnythingIsOpened) {
  const PlatformProcess holds_the_port;
  const char* folder = std::getenv("VFLEET_BIN_DIR");
  const std::string program = std::string(folder == nullptr ? "build/dev/bin" : folder) + "/vfleet-platform";
  const std::string wrong =
      " --http " + holds_the_port.listening("http") + R"( --settings '{"ykc":{"bills":"lost"}}' 2>/dev/null)";
  const int status = std::system((program + wrong).c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

}  // namespace
}  // namespace vfleet::platform
