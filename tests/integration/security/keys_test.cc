// Who is let in over tcp://, who may do what, and what becomes of a key that is taken out.
#include <gtest/gtest.h>

#include <filesystem>
#include <zmq.hpp>

#include "simulator/bus/messages.h"
#include "tests/integration/security/remote_fleet.h"

namespace vfleet::security_test {
namespace {

using fleet_test::count;
using fleet_test::eventually;
using fleet_test::expect_counts;
using nlohmann::json;

const std::string kFleet =
    "fleet: keys\ngroups:\n" + fleet_test::group("pile", "charging_pile", 40, "'null'");

/// All that an answer says.
std::string said(const Answer& answer) {
  return answer.out + answer.err;
}

std::string state_of(const json& status, std::uint32_t shard) {
  const json state = fleet_test::at(status, "/shards/" + std::to_string(shard) + "/state");
  return state.is_string() ? state.get<std::string>() : std::string();
}

TEST(KeysOverTcp, AFleetRunsOverTcpAsOverItsRunDirectory) {
  RemoteFleet fleet(kFleet, 2);
  fleet.start_worker(0, "host", "worker-0.log");
  fleet.local().start_worker(1);  // one comes over the run directory
  ASSERT_TRUE(fleet.local().come_online(40)) << fleet.log("worker-0.log") << fleet.local().control_log();
  expect_counts(fleet.as("op", {"set", "all", "rated_power=60kW"}), 0, 40, 40);
  expect_counts(fleet.as("op", {"trigger", "pile-*", "meter"}), 0, 40, 40);
  expect_counts(fleet.local().vfleet({"set", "all", "rated_power=70kW"}), 0, 40, 40);
  EXPECT_EQ(count(fleet.as("look", {"status"}).json, "/figures/online"), 40U);
  EXPECT_EQ(fleet.as("op", {"stop"}).status, 0);
  EXPECT_EQ(fleet.local().control().wait(seconds(20)), 0);
  EXPECT_EQ(fleet.worker(0).wait(seconds(20)), 0);
}

TEST(KeysOverTcp, AViewerLooksAndChangesNothing) {
  RemoteFleet fleet(kFleet, 1);
  fleet.start_worker(0, "host", "worker-0.log");
  ASSERT_TRUE(fleet.local().come_online(40));
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"ls", "all"}, {"get", "pile-00001"}, {"describe"}, {"status"}, {"jobs"}}) {
    EXPECT_EQ(fleet.as("look", words).status, 0) << words.front();
  }
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"set", "all", "rated_power=60kW"},
                                             {"unset", "all", "rated_power"},
                                             {"trigger", "all", "meter"},
                                             {"pause", "all"},
                                             {"disconnect", "all"},
                                             {"reboot", "all"},
                                             {"do", "all", "plug"},
                                             {"reload"},
                                             {"stop"}}) {
    const Answer answer = fleet.as("look", words);
    EXPECT_EQ(answer.status, 1) << words.front() << said(answer);
    EXPECT_NE(said(answer).find("rejected: role viewer"), std::string::npos) << words.front() << said(answer);
  }
  const json status = fleet.local().status();
  EXPECT_EQ(count(status, "/seq"), 0U);
  EXPECT_EQ(count(status, "/figures/online"), 40U);
}

TEST(KeysOverTcp, AVerbThatNobodyKnowsIsNoLook) {
  RemoteFleet fleet(kFleet, 1);
  KeyedOperator viewer(fleet.endpoint(), fleet.keys().load("look"));
  viewer.send("1", "note", json::object());
  const auto answer = viewer.result();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->value("kind", ""), "error");
}

TEST(KeysOverTcp, WhoIsNotLetInIsToldWhy) {
  RemoteFleet fleet(kFleet, 1);
  KeyFolder elsewhere;
  // Another control's key file: the server is not the one that it knows.
  const std::string foreign = elsewhere.make("eve", "operator");
  Answer answer = vfleet({"status", "--control", fleet.endpoint(), "--keys", foreign}, elsewhere.file(""));
  EXPECT_EQ(answer.status, 5) << said(answer);
  EXPECT_NE(said(answer).find("not the one that this key file is for"), std::string::npos) << said(answer);

  // The right server, and a key that it does not know.
  const std::string line = fleet.keys().take_out("op");
  // Who is let in a moment before is not told: what it says is dropped.
  EXPECT_TRUE(eventually([&] {
    answer = fleet.as("op", {"status"});
    return said(answer).find("refuses this key") != std::string::npos;
  })) << said(answer);
  EXPECT_EQ(answer.status, 5);
  EXPECT_NE(said(answer).find(bus::fingerprint(fleet.keys().load("op").curve.keys.public_key)),
            std::string::npos);
  EXPECT_NE(said(answer).find("vfleet keygen"), std::string::npos);
  EXPECT_NE(fleet.local().control_log().find("key refused socket=operators"), std::string::npos);

  // No key at all.
  answer = vfleet({"status", "--control", fleet.endpoint(), "--insecure"}, elsewhere.file(""));
  EXPECT_EQ(answer.status, 5) << said(answer);
  EXPECT_NE(said(answer).find("wants a key"), std::string::npos) << said(answer);
  answer = vfleet({"status", "--control", fleet.endpoint()}, elsewhere.file(""));
  EXPECT_EQ(answer.status, 2) << "without a key nothing is tried";
  EXPECT_NE(said(answer).find("--keys"), std::string::npos);
}

TEST(KeysOverTcp, ARoleStaysOnItsSockets) {
  RemoteFleet fleet(kFleet, 1);
  const Answer answer = fleet.as("host", {"status"});
  EXPECT_EQ(answer.status, 5) << said(answer);
  EXPECT_NE(said(answer).find("a worker's key is for workers only"), std::string::npos) << said(answer);
  fleet.start_worker(0, "op", "worker-0.log");
  EXPECT_TRUE(
      eventually([&] { return fleet.log("worker-0.log").find("refuses this key") != std::string::npos; }));
  EXPECT_TRUE(fleet.worker(0).running()) << "it keeps trying";
  EXPECT_NE(fleet.local().control_log().find("key 'op' has role operator"), std::string::npos);
}

TEST(KeysOverTcp, AWorkerThatWasDeniedComesInOnceItsKeyIsAdmitted) {
  RemoteFleet fleet(kFleet, 1);
  const std::string line = fleet.keys().take_out("host");
  ASSERT_TRUE(eventually(
      [&] { return fleet.local().control_log().find("key taken out name=host") != std::string::npos; }));
  fleet.start_worker(0, "host", "worker-0.log");
  ASSERT_TRUE(eventually([&] { return fleet.log("worker-0.log").find("not let in") != std::string::npos; }));
  fleet.keys().put_back(line);
  EXPECT_TRUE(fleet.local().come_online(40, seconds(40)))
      << fleet.log("worker-0.log") << fleet.local().control_log();
}

TEST(KeysOverTcp, AKeyThatIsTakenOutLosesWhatItHad) {
  RemoteFleet fleet(kFleet, 2);
  fleet.keys().make("host-b", "worker");
  fleet.keys().make("op-b", "operator");
  ASSERT_TRUE(eventually([&] {
    return fleet.local().control_log().find("admitted keys=5") != std::string::npos;
  })) << fleet.local().control_log();
  fleet.start_worker(0, "host", "worker-0.log");
  fleet.start_worker(1, "host-b", "worker-1.log");
  ASSERT_TRUE(fleet.local().come_online(40));
  KeyedOperator watcher(fleet.endpoint(), fleet.keys().load("op-b"));
  watcher.send("w", "status", json::object());
  ASSERT_TRUE(watcher.result());

  // Somebody who holds the key listens in on the published commands.
  zmq::context_t context(1);
  zmq::socket_t ear(context, zmq::socket_type::sub);
  const bus::ClientKeys stolen = fleet.keys().load("host-b");
  const auto raw = [](const std::string& key) { return zmq::const_buffer(key.data(), key.size()); };
  ear.set(zmq::sockopt::curve_publickey, raw(stolen.curve.keys.public_key));
  ear.set(zmq::sockopt::curve_secretkey, raw(stolen.curve.keys.secret_key));
  ear.set(zmq::sockopt::curve_serverkey, raw(stolen.curve.server_key));
  ear.set(zmq::sockopt::subscribe, "");
  ear.set(zmq::sockopt::rcvtimeo, 5000);
  ear.set(zmq::sockopt::linger, 0);
  ear.connect(fleet.endpoint(1));
  zmq::message_t heard;
  ASSERT_TRUE(ear.recv(heard)) << "while the key is admitted it hears";

  fleet.keys().take_out("host-b");
  fleet.keys().take_out("op-b");
  ASSERT_TRUE(eventually([&] {
    return fleet.local().control_log().find("key taken out name=op-b") != std::string::npos;
  })) << fleet.local().control_log();
  // What was on its way may still arrive; then nothing does: beats come every second, and it hears none.
  ear.set(zmq::sockopt::rcvtimeo, 1500);
  EXPECT_TRUE(eventually([&] { return !ear.recv(heard).has_value(); }));

  watcher.send("again", "set", {{"selector", "all"}, {"patch", {{"rated_power", "50kW"}}}});
  const auto refused = watcher.result();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->value("code", ""), "denied") << *refused;

  // The others go on: what is set reaches the worker that is still admitted, in order and without a hole.
  EXPECT_TRUE(eventually([&] { return state_of(fleet.local().status(), 1) == "lost"; }))
      << fleet.local().status();
  EXPECT_TRUE(eventually([&] { return state_of(fleet.local().status(), 0) == "live"; }))
      << fleet.local().status();
  const Answer set = fleet.as("op", {"set", "all", "rated_power=60kW", "--timeout", "20s"});
  EXPECT_EQ(count(set.json, "/applied"), count(set.json, "/matched")) << set.out;
  EXPECT_GT(count(set.json, "/applied"), 0U) << set.out;
  EXPECT_EQ(count(fleet.local().status(), "/shards/0/boot"), 1U) << "it did not restart";
  EXPECT_NE(fleet.log("worker-1.log").find("refuses this key"), std::string::npos)
      << fleet.log("worker-1.log");
}

TEST(KeysOverTcp, AKeyBoundToShardsHostsNoOther) {
  RemoteFleet fleet(kFleet, 2);
  fleet.keys().make("host-b", "worker", {"--shards", "1"});
  ASSERT_TRUE(
      eventually([&] { return fleet.local().control_log().find("admitted keys=4") != std::string::npos; }));
  fleet.start_worker(0, "host-b", "worker-0.log");
  EXPECT_EQ(fleet.worker(0).wait(seconds(20)), 2);
  EXPECT_NE(fleet.log("worker-0.log").find("may not host shard 0"), std::string::npos)
      << fleet.log("worker-0.log");
  fleet.start_worker(0, "host", "worker-0.log");
  fleet.start_worker(1, "host-b", "worker-1.log");
  EXPECT_TRUE(fleet.local().come_online(40)) << fleet.local().control_log();
}

TEST(KeysOverTcp, AnotherWorkersNameIsOfNoUse) {
  // A ROUTER gives a routing id to whoever said it last; the ids of workers over tcp:// cannot be guessed.
  RemoteFleet fleet(kFleet, 1);
  fleet.keys().make("host-b", "worker", {"--shards", "7"});
  ASSERT_TRUE(
      eventually([&] { return fleet.local().control_log().find("admitted keys=4") != std::string::npos; }));
  fleet.start_worker(0, "host", "worker-0.log");
  ASSERT_TRUE(fleet.local().come_online(40));
  zmq::context_t context(1);
  zmq::socket_t thief(context, zmq::socket_type::dealer);
  const bus::ClientKeys stolen = fleet.keys().load("host-b");
  const auto raw = [](const std::string& key) { return zmq::const_buffer(key.data(), key.size()); };
  thief.set(zmq::sockopt::curve_publickey, raw(stolen.curve.keys.public_key));
  thief.set(zmq::sockopt::curve_secretkey, raw(stolen.curve.keys.secret_key));
  thief.set(zmq::sockopt::curve_serverkey, raw(stolen.curve.server_key));
  thief.set(zmq::sockopt::routing_id, "worker-0");
  thief.set(zmq::sockopt::linger, 0);
  thief.set(zmq::sockopt::rcvtimeo, 1000);
  thief.connect(fleet.endpoint(2));
  const auto join =
      bus::pack(bus::Join{.shard = 0, .pid = 1, .version = "x", .attempt = 1, .describe = "[]"});
  ASSERT_TRUE(join);
  thief.send(zmq::buffer(join->letter), zmq::send_flags::sndmore);
  thief.send(zmq::buffer(join->body), zmq::send_flags::none);
  zmq::message_t letter;
  ASSERT_TRUE(thief.recv(letter));
  EXPECT_EQ(letter.to_string(), "D") << "denied";
  expect_counts(fleet.as("op", {"set", "all", "rated_power=60kW"}), 0, 40, 40);
  EXPECT_EQ(state_of(fleet.local().status(), 0), "live");
}

TEST(KeysOverTcp, TcpWithoutKeysIsInsecureByNameOnly) {
  const auto control = [](const std::vector<std::string>& more, const fleet_test::TempDir& folder) {
    fleet_test::write_file(folder / "fleet.yaml", kFleet);
    std::vector<std::string> words = {fleet_test::program("vfleet-control"),
                                      "--fleet",
                                      folder / "fleet.yaml",
                                      "--run-dir",
                                      folder / "run",
                                      "--worker-program",
                                      fleet_test::program("vfleet-worker")};
    words.insert(words.end(), more.begin(), more.end());
    return std::make_unique<Process>(words, folder / "out", folder / "log");
  };
  fleet_test::TempDir folder;
  auto refused = control({"--listen", "tcp://127.0.0.1:0"}, folder);
  EXPECT_EQ(refused->wait(seconds(20)), 2);
  EXPECT_NE(fleet_test::read_file(folder / "log").find("--insecure"), std::string::npos);

  auto open = control({"--listen", "tcp://127.0.0.1:0", "--insecure"}, folder);
  ASSERT_TRUE(eventually([&] {
    return fleet_test::read_file(folder / "run/control.json").find("tcp://") != std::string::npos;
  })) << fleet_test::read_file(folder / "log");
  EXPECT_NE(fleet_test::read_file(folder / "log").find("INSECURE"), std::string::npos);
  const json info = json::parse(fleet_test::read_file(folder / "run/control.json"));
  const std::string endpoint = info["listen"]["operators"];
  EXPECT_EQ(vfleet({"status", "--control", endpoint, "--insecure"}, folder.path()).status, 0);
  KeyFolder keys;
  const Answer keyed =
      vfleet({"status", "--control", endpoint, "--keys", keys.make("a", "operator")}, folder.path());
  EXPECT_EQ(keyed.status, 5);
  EXPECT_NE(said(keyed).find("takes no keys"), std::string::npos) << said(keyed);
  open->signal(SIGTERM);
  EXPECT_EQ(open->wait(seconds(20)), 0);
}

TEST(KeysOverTcp, ASecretThatOthersMayReadIsNotUsed) {
  RemoteFleet fleet(kFleet, 1);
  const std::string file = fleet.keys().path() + "/op.key";
  std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  const Answer answer = fleet.as("op", {"status"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_NE(said(answer).find("chmod 600"), std::string::npos) << said(answer);
}

TEST(KeysOverTcp, NoSecretIsInALogOrAnAnswer) {
  RemoteFleet fleet(kFleet, 1);
  fleet.start_worker(0, "host", "worker-0.log");
  ASSERT_TRUE(fleet.local().come_online(40));
  std::string all = fleet.local().control_log() + fleet.log("worker-0.log") +
                    said(fleet.as("op", {"status"})) +
                    fleet_test::read_file(fleet.local().socket("control.json"));
  for (const char* name : {"op", "host", "look"})
    EXPECT_EQ(all.find(bus::to_hex(fleet.keys().load(name).curve.keys.secret_key)), std::string::npos)
        << name;
  EXPECT_EQ(all.find(bus::to_hex(bus::load_server_keys(fleet.keys().path())->keys.secret_key)),
            std::string::npos);
}

TEST(KeysOverTcp, AListWithAMistakeChangesNothing) {
  RemoteFleet fleet(kFleet, 1);
  fleet.start_worker(0, "host", "worker-0.log");
  ASSERT_TRUE(fleet.local().come_online(40));
  const std::string good = fleet_test::read_file(fleet.keys().path() + "/allowed.yaml");
  fleet_test::write_file(fleet.keys().path() + "/allowed.yaml", good + "  - {name: x, role: king, key: 1}\n");
  EXPECT_TRUE(
      eventually([&] { return fleet.local().control_log().find("stays as it was") != std::string::npos; }));
  EXPECT_NE(fleet.local().control_log().find("allowed.yaml:"), std::string::npos);
  expect_counts(fleet.as("op", {"set", "all", "rated_power=60kW"}), 0, 40, 40);
  EXPECT_EQ(count(fleet.local().status(), "/shards/0/boot"), 1U);
}

}  // namespace
}  // namespace vfleet::security_test
