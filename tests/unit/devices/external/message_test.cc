#include "devices/external/message.h"

#include <gtest/gtest.h>

namespace vfleet::devices::external {
namespace {

using Kind = Message::Kind;

TEST(ProgramMessage, ReadsWhatAProgramSays) {
  const auto report =
      read_message(R"({"type":"report","device":"ext-1","report":"temp","ch":2,"data":{"c":21.5},"id":7})");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, Kind::report);
  EXPECT_EQ(report->device, "ext-1");
  EXPECT_EQ(report->name, "temp");
  EXPECT_EQ(report->channel, 2);
  EXPECT_EQ(report->data, R"({"c":21.5})");
  EXPECT_EQ(report->id, "7");
  EXPECT_EQ(read_message(R"({"type":"report","report":"temp"})")->data, "{}");
  EXPECT_EQ(read_message(R"({"type":"ok","id":"12"})")->id, "12");
  EXPECT_EQ(read_message(R"({"type":"error","id":"12","text":"no"})")->text, "no");
  EXPECT_EQ(read_message(R"({"type":"log","level":"warn","text":"hot"})")->name, "warn");
  EXPECT_EQ(read_message(R"({"type":"hello","v":3})")->version, 3u);
  EXPECT_EQ(read_message(R"({"type":"pong","id":"ping-1"})")->kind, Kind::pong);
  const auto state = read_message(R"({"type":"state","mode":"on","limit":5,"hot":true,"old":null})");
  ASSERT_TRUE(state);
  ASSERT_EQ(state->state.size(), 3u);
  EXPECT_EQ(state->forgotten, std::vector<std::string>{"old"});
  EXPECT_EQ(std::get<double>(state->state[1].second), 5.0);
}

TEST(ProgramMessage, SaysWhatIsWrongWithALine) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "this is not JSON"},
      {"hello", "this is not JSON"},
      {"[1]", "expected an object"},
      {"{}", "\"type\" is missing"},
      {R"({"type":7})", "\"type\" is missing"},
      {R"({"type":"reprot"})", "unknown type 'reprot'"},
      {R"({"type":"report"})", "a report needs its name, \"report\""},
      {R"({"type":"report","report":"no spaces"})", "\"report\": a name is 1 to 64 of a-z A-Z 0-9 - _ ."},
      {R"({"type":"report","report":"a","data":[1]})", "\"data\": expected an object"},
      {R"({"type":"report","report":"a","ch":-1})", "\"ch\": expected a whole number, 0 to 65535"},
      {R"({"type":"report","report":"a","ch":70000})", "\"ch\": expected a whole number, 0 to 65535"},
      {R"({"type":"ok"})", "\"id\" is missing: what is answered?"},
      {R"({"type":"ok","id":{}})", "\"id\": expected a text"},
      {R"({"type":"state","a":[1]})", "state 'a': expected a text, a number, true, false or null"},
      {R"({"type":"log","text":5.5})", "\"text\" and \"level\": expected texts"},
      {"{\"type\":\"log\",\"text\":\"\xff\"}", "this is not JSON"},
      {std::string(1'000'000, '['), "nested deeper than 64"},
      {R"({"type":"report","report":"a","data":{"x":)" + std::string(500'000, '['), "nested deeper than 64"}};
  for (const auto& [line, text] : wrong) {
    const auto read = read_message(line);
    ASSERT_FALSE(read) << line.substr(0, 100);
    EXPECT_EQ(read.error().detail, text) << line.substr(0, 100);
  }
}

TEST(ProgramMessage, BoundsWhatAProgramShowsOfItself) {
  const auto state = read_message(R"({"type":"state","long":")" + std::string(10'000, 'x') + "\"}");
  ASSERT_TRUE(state);
  EXPECT_EQ(std::get<std::string>(state->state[0].second).size(), kStateTextBytesMax);
  std::string many = R"({"type":"state")";
  for (int i = 0; i < 40; ++i) many += ",\"s" + std::to_string(i) + "\":1";
  EXPECT_FALSE(read_message(many + "}"));
}

}  // namespace
}  // namespace vfleet::devices::external
