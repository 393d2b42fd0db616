#include "simulator/worker/check.h"

#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "simulator/core/clock.h"
#include "simulator/fleet/config_check.h"
#include "simulator/loop/asio_loop.h"
#include "simulator/net/network.h"

namespace vfleet::worker {

using nlohmann::json;

namespace {

void write(std::ostream& out, const json& line) {
  // At once: whoever waits sees that it goes on.
  out << line.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
}

std::string name_of(const std::string& group) {
  const json tree = json::parse(group, nullptr, false);
  const auto name = tree.is_object() ? tree.find("name") : tree.end();
  return tree.is_object() && name != tree.end() && name->is_string() ? name->get<std::string>() : "";
}

}  // namespace

void check_groups(std::istream& in, std::ostream& out, const device::DeviceRegistry& types) {
  const RealClock clock;
  loop::AsioLoop loop(clock);
  const auto network = net::make_tcp_network(loop);
  fleet::ConfigCheck check(types, {.loop = loop, .network = network.get(), .judging = true});
  std::string text;
  for (std::uint64_t number = 1; std::getline(in, text); ++number) {
    const json head = {{"line", number}, {"group", name_of(text)}};
    for (const fleet::GroupMistake& each : check.check(text)) {
      json line = head;
      if (each.row) line["row"] = *each.row;
      line["path"] = each.what.path;
      line["message"] = each.what.message;
      write(out, line);
    }
    json line = head;
    line["checked"] = true;
    write(out, line);
  }
}

}  // namespace vfleet::worker
