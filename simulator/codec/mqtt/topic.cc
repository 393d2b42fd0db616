#include "simulator/codec/mqtt/topic.h"

#include "simulator/codec/mqtt/bytes.h"
#include "simulator/codec/mqtt/wire.h"

namespace vfleet::codec::mqtt {
namespace {

constexpr std::string_view kShare = "$share/";

/// The level at the front; `rest` keeps what follows its '/', and `more` says whether there was one.
std::string_view level(std::string_view& rest, bool& more) {
  const std::size_t end = rest.find('/');
  more = end != std::string_view::npos;
  const std::string_view out = rest.substr(0, end);
  rest = more ? rest.substr(end + 1) : std::string_view();
  return out;
}

}  // namespace

bool is_topic_name(std::string_view topic) {
  return !topic.empty() && topic.size() <= kTextMax && topic.find_first_of("+#") == std::string_view::npos &&
         is_text(topic);
}

bool is_topic_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > kTextMax || !is_text(filter)) return false;
  if (filter.starts_with(kShare)) {
    filter.remove_prefix(kShare.size());
    bool more = false;
    const std::string_view name = level(filter, more);
    if (name.empty() || !more || filter.empty() || name.find_first_of("+#") != std::string_view::npos)
      return false;
  }
  for (bool more = true; more;) {
    const std::string_view each = level(filter, more);
    if (each.size() > 1 && each.find_first_of("+#") != std::string_view::npos) return false;
    if (each == "#" && more) return false;
  }
  return true;
}

bool topic_matches(std::string_view filter, std::string_view topic) {
  if (filter.starts_with(kShare)) {
    filter.remove_prefix(kShare.size());
    bool more = false;
    (void)level(filter, more);
  }
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  bool filter_more = true;
  bool topic_more = true;
  while (true) {
    const std::string_view wanted = level(filter, filter_more);
    if (wanted == "#") return true;
    const std::string_view has = level(topic, topic_more);
    if (wanted != "+" && wanted != has) return false;
    if (!filter_more) return !topic_more;
    if (!topic_more) return filter == "#";  // "a/#" selects "a" too
  }
}

}  // namespace vfleet::codec::mqtt
