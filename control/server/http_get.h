#pragma once

#include <functional>
#include <string>

#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace boost::asio {
class io_context;
}

namespace vfleet::control::server {

/// Gets a document of at most 4 MiB over plain HTTP. `done` is called once, in a later turn of the loop.
/// Errors: invalid_argument (no http URL), timed_out, unavailable, rejected (a status other than 200).
void http_get(boost::asio::io_context& io, const std::string& url, Duration timeout,
              std::function<void(Result<std::string>)> done);

}  // namespace vfleet::control::server
