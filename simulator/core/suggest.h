#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vfleet {

/// Edits (insert, delete, replace, swap of neighbours) between two words; stops counting above `most` and
/// then gives most + 1.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most);

/// The candidate that `word` most likely meant; empty when none is near. Case does not count.
[[nodiscard]] std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

/// " (did you mean 'x'?)", or nothing when `candidate` is empty.
[[nodiscard]] std::string did_you_mean(std::string_view candidate);

}  // namespace vfleet
