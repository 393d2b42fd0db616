#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace vfleet::config {

/// Something wrong in a file, and where.
struct Mistake {
  std::string file;
  int line = 0;  ///< from 1; 0: the file as a whole
  int column = 0;
  std::string path;     ///< what the place is called ("groups[0].uplink.http.url"); may be empty
  std::string message;  ///< what is wrong and what was expected
  std::string hint;     ///< what was probably meant; may be empty

  friend bool operator==(const Mistake&, const Mistake&) = default;
};

using Mistakes = std::vector<Mistake>;

/// So many are collected of one load; a note says when there were more.
inline constexpr std::size_t kMistakesMax = 500;

/// "file:line:column: path: message (did you mean 'hint'?)"
[[nodiscard]] std::string to_string(const Mistake& mistake);
/// One a line.
[[nodiscard]] std::string to_string(const Mistakes& mistakes);
[[nodiscard]] nlohmann::json to_json(const Mistakes& mistakes);

}  // namespace vfleet::config
