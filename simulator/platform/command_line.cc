#include "simulator/platform/command_line.h"

#include <CLI/CLI.hpp>
#include <map>

namespace vfleet::platform {
namespace {

constexpr int kWrongUsage = 2;

const std::map<std::string, codec::framing::Kind> kFramings = {{"lines", codec::framing::Kind::lines},
                                                               {"length2be", codec::framing::Kind::length2be},
                                                               {"length4be", codec::framing::Kind::length4be},
                                                               {"none", codec::framing::Kind::none}};

constexpr const char* kExamples = R"(
Examples:
  vfleet-platform                                            listens on 127.0.0.1:8080
  vfleet-platform --http 127.0.0.1:0 --port-file /tmp/port   any free port, written to /tmp/port
  vfleet-platform --mqtt 127.0.0.1:1883 --ws 127.0.0.1:8081  takes reports over MQTT and WebSocket as well
  vfleet-platform --mqtts 127.0.0.1:8883 --ca-file /tmp/ca.pem
                                  MQTT over TLS, with a certificate made now that clients check by /tmp/ca.pem
  vfleet-platform --token '/v1/devices/*/login' --token-expires 60s
                                  devices log in and carry a token that must be renewed
  vfleet-platform --mqtt 127.0.0.1:1883 --processes 4        four processes on the port, figures of all of them
  vfleet-platform --zmq ipc:///tmp/reports.sock              takes reports over ZeroMQ PUSH as well
  vfleet-platform --ocpp 8180 --settings '{"ocpp":{"boot":"pending","interval_s":10}}'
                                  charge points come to ws://127.0.0.1:8180/ANYTHING/IDENTITY and have to wait
  vfleet-platform --ykc 8767 --settings '{"ykc":{"sessions_per_s":2,"session_s":300}}'
                                  piles of YKC; two charges a second are begun by the platform

  curl localhost:8080/figures
  curl 'localhost:8080/reports?type=fault&data.code=over_temperature'
  curl localhost:8080/devices/pile-00042
  curl -d '{"type":"reboot","data":{}}' localhost:8080/devices/pile-00042/commands
  curl -d '{"type":"TriggerMessage","data":{"requestedMessage":"Heartbeat"}}' localhost:8080/devices/CP1/commands
  curl -d '{"type":"remote_start","data":{"gun":1}}' localhost:8080/devices/32010600000001/commands
  curl -d '{"ocpp":{"invalid_tags":["04AF*"]}}' localhost:8080/settings
  curl localhost:8080/complaints                             who breaks the rules of its protocol, and how
  curl -d '{"delay_ms":500,"delay_ratio":0.1,"refuse_ratio":0.01}' localhost:8080/misbehave
  curl -d '{"pause_ms":2000,"pause_every_ms":10000}' localhost:8080/misbehave
  curl -X DELETE localhost:8080/misbehave)";

// By Role.
constexpr const char* kTakes[] = {"reports over HTTP, and figures and steering; port 0: any free one",
                                  "reports over HTTPS",
                                  "reports over MQTT 3.1.1 and 5",
                                  "reports over MQTT with TLS",
                                  "reports over WebSocket",
                                  "reports over WebSocket with TLS",
                                  "reports as frames over TCP",
                                  "reports as frames over TLS",
                                  "reports as datagrams",
                                  "charge points of OCPP 1.6J, as their CSMS",
                                  "charge points of OCPP 1.6J with TLS",
                                  "piles of YKC V1.5 to V1.7, as their platform",
                                  "piles of YKC with TLS"};

void add_options(CLI::App& app, CommandLine& options) {
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    app.add_option("--" + std::string(kRoles[i]), options.addresses[i],
                   "[HOST:]PORT: " + std::string(kTakes[i]));
  }
  app.add_option("--zmq", options.zmq,
                 "ipc://PATH or tcp://HOST:PORT: take reports from ZeroMQ PUSH sockets as well");
  app.add_option("--cert", options.tls.cert,
                 "PEM: the certificate of all TLS ports; none: one is made at start");
  app.add_option("--key", options.tls.key, "PEM: its key");
  app.add_flag("--make-cert", options.tls.make, "make --cert and --key when neither file is there");
  app.add_option("--client-ca", options.tls.client_ca,
                 "PEM: TLS clients must show a certificate signed by one of these");
  app.add_option("--ca-file", options.ca_file, "write what TLS clients have to trust to this file");
  app.add_option("--framing", options.framing, "of --tcp and --tls")->check(CLI::IsMember(kFramings));
  app.add_flag("--no-acks", options.no_acks,
               "TCP and WebSocket: answer reports with nothing, not {\"ack\":SEQ}");
  app.add_flag("--udp-acks", options.udp_acks, "UDP: answer each report with {\"ack\":SEQ}");
  app.add_flag("--any-payload", options.any_payload,
               "count messages without the JSON envelope too, by topic or path, instead of as malformed");
  app.add_option(
      "--token", options.token,
      "HTTP: a POST to this path ('*': any text) is answered with {\"token\",\"expires\"}; reports "
      "without such a bearer token get 401");
  app.add_option("--token-expires", options.token_expires, "how long a token is good; 0s: for good");
  app.add_option("--settings", options.settings,
                 "of --ocpp and --ykc, JSON or @FILE: what GET /settings shows and POST /settings changes");
  app.add_option("--processes", options.processes,
                 "that share the ports. Each has MQTT sessions of its own: a client that comes back may meet "
                 "another process, which has forgotten its session; persistent sessions need 1")
      ->check(CLI::Range(std::size_t{1}, std::size_t{64}));
  app.add_option("--port-file", options.port_file, "write the HTTP port to this file once it listens");
  app.add_option("--idle-timeout", options.idle_timeout, "close connections that send nothing for so long");
  app.add_option("--max-connections", options.connections_max,
                 "of each process and port; more are closed at once")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  app.add_option(
         "--max-devices", options.devices_max,
         "device ids that are remembered until a reset with forget=1; reports of others are counted and "
         "not checked, charge points and piles beyond are turned away")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}));
  app.add_option("--seed", options.seed, "of the chances of misbehaviour");
  app.add_flag("--quiet", options.quiet, "no summary at the end");
  app.add_flag("--json", options.json, "the summary at the end is the figures as JSON, in a line");
}

}  // namespace

codec::framing::Kind framing_of(const CommandLine& options) {
  return kFramings.at(options.framing);
}

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& status) {
  CommandLine options;
  CLI::App app{
      "A stand-in for the cloud: takes reports over HTTP, MQTT, WebSocket, TCP, UDP and ZeroMQ, is the CSMS "
      "of OCPP 1.6J and the platform of YKC, with and without TLS; counts, checks, misbehaves."};
  app.footer(kExamples);
  app.option_defaults()->always_capture_default();
  add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error) == 0 ? 0 : kWrongUsage;
    return std::nullopt;
  }
  return options;
}

}  // namespace vfleet::platform
