#pragma once

#include "control/cli/client.h"
#include "control/cli/output.h"

namespace vfleet::cli {

/// Makes `call` one whose answers come until it is ended: control is told now and then that somebody still
/// reads them, and the call ends when nobody does. `client` and `out` outlive it.
void renew_while_read(Client::Call& call, Client& client, const Output& out);

}  // namespace vfleet::cli
