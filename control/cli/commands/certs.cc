#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "control/certs/cert_folder.h"
#include "control/cli/commands/all.h"
#include "control/cli/render/mistakes.h"
#include "control/cli/session.h"
#include "control/cli/worker_types.h"
#include "simulator/config/fleet_file.h"
#include "simulator/config/id_pattern.h"

namespace vfleet::cli {
namespace {

constexpr std::uint64_t kDevicesMax = 1'000'000;

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    parts.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

/// "pile-{:05}=1-1000"
Outcome<void> add_range(const std::string& word, std::size_t equals, std::vector<std::string>& out) {
  const auto pattern = config::IdPattern::parse(word.substr(0, equals));
  if (!pattern) return wrong_usage(pattern.error().detail);
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  const char* const end = word.data() + word.size();
  auto read = std::from_chars(word.data() + equals + 1, end, first);
  bool good = read.ec == std::errc() && read.ptr != end && *read.ptr == '-';
  if (good) {
    read = std::from_chars(read.ptr + 1, end, last);
    good = read.ec == std::errc() && read.ptr == end && first <= last && last - first < kDevicesMax;
  }
  if (!good)
    return wrong_usage(fmt::format("'{}': expected PATTERN=FIRST-LAST", word), "'pile-{:05}=1-1000'");
  for (std::uint64_t number = first; number <= last; ++number) out.push_back(pattern->format(number));
  return {};
}

Outcome<void> add_fleet(Session& session, const std::string& file, std::vector<std::string>& out) {
  const auto catalogue = worker_catalogue(session.env());
  if (!catalogue) return tl::unexpected<Failure>(catalogue.error());
  const auto fleet = config::load_fleet(file, *catalogue);
  if (!fleet) return wrong_usage(fmt::format("{} has mistakes", file), "vfleet validate " + file);
  for (const config::GroupSpec& group : fleet->groups) {
    for (std::uint64_t i = 0; i < group.count; ++i) out.push_back(group.device_id(i));
  }
  return {};
}

Outcome<std::vector<std::string>> read_devices(Session& session, const std::vector<std::string>& words) {
  std::vector<std::string> ids;
  for (const std::string& word : words) {
    const std::size_t equals = word.rfind('=');
    Outcome<void> added;
    if (word.ends_with(".yaml") || word.ends_with(".yml")) {
      added = add_fleet(session, word, ids);
    } else if (equals != std::string::npos) {
      added = add_range(word, equals, ids);
    } else {
      ids.push_back(word);
    }
    if (!added) return tl::unexpected<Failure>(added.error());
  }
  return ids;
}

Outcome<ExitStatus> run(Session& session, const Invocation& invocation) {
  const std::string folder = invocation.text_or("DIR", "");
  control::certs::CertsWish wish;
  if (const auto names = invocation.text("server")) wish.server_names = split(*names);
  wish.server_file = invocation.text_or("server-file", "server");
  wish.expired = invocation.has("expired");
  wish.renew = invocation.has("renew");
  wish.valid = std::chrono::hours(24) * invocation.number("days").value_or(365);
  auto devices = read_devices(session, invocation.texts("DEVICE"));
  if (!devices) return tl::unexpected<Failure>(devices.error());
  wish.devices = std::move(*devices);
  const auto made = control::certs::make_certs(folder, wish, session.env().clock.wall_now());
  if (!made) {
    const bool usage = made.error().code == Errc::invalid_argument;
    return give_up(usage ? ExitStatus::usage : ExitStatus::failed, "certs", made.error().detail);
  }
  session.out().document({{"status", 0},
                          {"ca", made->ca},
                          {"ca_is_new", made->ca_is_new},
                          {"server", made->server},
                          {"devices", made->devices_folder},
                          {"devices_made", made->devices_made},
                          {"devices_kept", made->devices_kept}});
  std::string text = fmt::format("CA       {}{}", made->ca, made->ca_is_new ? " (new)" : "");
  if (!made->server.empty()) text += "\nserver   " + made->server;
  if (!made->devices_folder.empty()) {
    text += fmt::format(
        "\ndevices  {}: {} made, {} were there\nnext: in the fleet file, of the uplink\n"
        "  tls: {{ca: {}, cert: \"{}/{{device.id}}.crt\", key: \"{}/{{device.id}}.key\"}}",
        made->devices_folder, made->devices_made, made->devices_kept, made->ca, made->devices_folder,
        made->devices_folder);
  }
  session.out().text(text);
  return ExitStatus::done;
}

}  // namespace

CommandSpec certs_command() {
  return {
      .name = "certs",
      .group = "Other",
      .summary = "Make TLS certificates for trials: a CA, servers, devices",
      .details =
          "DIR/ca.crt signs them; it is made when it is not there. A DEVICE is an id, PATTERN=FIRST-LAST,\n"
          "or a fleet file (every device in it). Certificates that devices have already are kept.\n"
          "These are for trials: keys lie in files (mode 0600) and nothing is ever revoked. A server that runs as\n"
          "another user (mosquitto, when it is started as root) needs a copy of its key that it may read.",
      .positionals = {{"DIR", "The folder; made when it is not there", true, false},
                      {"DEVICE", "Whose certificates to make", false, true}},
      .options = {{"server",
                   Takes::text,
                   "NAMES",
                   "Make server.crt for these names and addresses, with commas",
                   {},
                   0},
                  {"server-file", Takes::text, "NAME", "Call it NAME.crt and NAME.key instead", {}, 0},
                  {"days", Takes::number, "N", "How long they are valid (default 365)", {}, 1},
                  {"expired", Takes::nothing, "", "Make them so that they ended yesterday", {}, 0},
                  {"renew", Takes::nothing, "", "Make those of the devices anew", {}, 0}},
      .examples = {{"vfleet certs certs --server localhost,127.0.0.1", "a CA and a server's certificate"},
                   {"vfleet certs certs 'pile-{:05}=1-1000'", "certificates for a thousand piles"},
                   {"vfleet certs certs fleet.yaml", "and for every device of a fleet"},
                   {"vfleet certs certs --server other.example --server-file wrong --expired",
                    "one that every client must refuse"}},
      .run = run};
}

}  // namespace vfleet::cli
