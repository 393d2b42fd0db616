#pragma once

#include <functional>
#include <string_view>

namespace vfleet::codec::http {

enum class CommandList : unsigned char {
  absent,  ///< the body has no "commands" array
  found,
  malformed,  ///< the word is there, but the body is not JSON, or is nested deeper than 64
};

/// A platform sends messages down in the answer to a report: {"commands":[{...},{...}]}. Calls `deliver` with
/// the JSON text of each element, valid during the call, until it returns false. A body without the word
/// "commands" costs one search and nothing else.
CommandList for_each_command(std::string_view body, const std::function<bool(std::string_view)>& deliver);

}  // namespace vfleet::codec::http
