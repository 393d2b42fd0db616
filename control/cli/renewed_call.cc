#include "control/cli/renewed_call.h"

#include <nlohmann/json.hpp>

namespace vfleet::cli {

void renew_while_read(Client::Call& call, Client& client, const Output& out) {
  call.first_answer = Duration::max();  // devices may be silent for long
  call.on_idle = [id = call.id, &client, &out] {
    if (out.closed()) return false;
    client.send("renew", {{"watch", id}});
    return true;
  };
  call.idle_every = std::chrono::seconds(2);
}

}  // namespace vfleet::cli
