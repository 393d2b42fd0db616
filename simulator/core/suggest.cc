#include "simulator/core/suggest.h"

#include <algorithm>

#include "simulator/core/ascii.h"

namespace vfleet {
namespace {

constexpr std::size_t kWordMax = 200;  // longer ones are no typing mistakes of ours

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t most) {
  const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > most) return most + 1;
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > most) return most + 1;
    before.swap(last);
    last.swap(row);
  }
  return std::min(last[b.size()], most + 1);
}

std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > kWordMax) return {};
  const std::string sought = lowered(word);
  std::size_t most = std::max<std::size_t>(1, word.size() / 3);
  std::string best;
  for (const std::string& candidate : candidates) {
    // A short word is near to everything: "a" and "b" are one edit apart and mean nothing to each other.
    const std::size_t allowed = std::min(most, candidate.size() - std::min<std::size_t>(candidate.size(), 1));
    const std::size_t distance = edit_distance(sought, lowered(candidate), allowed);
    if (distance > allowed) continue;
    if (distance == 0) return candidate;
    best = candidate;
    most = distance - 1;
  }
  return best;
}

std::string did_you_mean(std::string_view candidate) {
  return candidate.empty() ? std::string() : " (did you mean '" + std::string(candidate) + "'?)";
}

}  // namespace vfleet
