#pragma once

#include <string>
#include <vector>

namespace vfleet::ocpp_test {

/// The words that run a script of peer/ with Node.js. Fails the test when its packages are not installed.
[[nodiscard]] std::vector<std::string> node(const std::string& script,
                                            const std::vector<std::string>& arguments);

}  // namespace vfleet::ocpp_test
