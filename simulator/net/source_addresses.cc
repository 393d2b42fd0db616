#include "simulator/net/source_addresses.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace vfleet::net {
namespace {

constexpr std::size_t kSourcesMax = 65536;

tl::unexpected<Error> bad(const std::string& text, std::string_view why) {
  return fail(Errc::invalid_argument, "source \"" + text + "\": " + std::string(why));
}

/// The next address up; nothing after the last.
std::optional<Endpoint> after(Endpoint endpoint) {
  for (std::size_t i = endpoint.v6 ? 16 : 4; i-- > 0;) {
    if (++endpoint.address[i] != 0) return endpoint;
  }
  return std::nullopt;
}

}  // namespace

SourceAddresses::SourceAddresses(std::vector<Endpoint> addresses) {
  places_.reserve(addresses.size());
  for (const Endpoint& each : addresses) places_.push_back({each});
}

std::optional<std::size_t> SourceAddresses::next(bool v6, TimePoint now) {
  for (std::size_t tried = 0; tried < places_.size(); ++tried) {
    const std::size_t index = turn_;
    turn_ = turn_ + 1 == places_.size() ? 0 : turn_ + 1;
    if (places_[index].address.v6 == v6 && places_[index].full_until <= now) return index;
  }
  return std::nullopt;
}

bool SourceAddresses::has_family(bool v6) const {
  return std::any_of(places_.begin(), places_.end(),
                     [v6](const Place& each) { return each.address.v6 == v6; });
}

Result<std::vector<Endpoint>> parse_sources(const std::vector<std::string>& texts) {
  std::vector<Endpoint> found;
  for (const std::string& text : texts) {
    const std::size_t dash = text.find('-');
    auto first = parse_address(std::string_view(text).substr(0, dash), 0);
    if (!first) return bad(text, "expected an address, or two with - between them");
    Endpoint each = *first;
    Endpoint last = each;
    if (dash != std::string::npos) {
      const auto end = parse_address(std::string_view(text).substr(dash + 1), 0);
      if (!end || end->v6 != each.v6) return bad(text, "expected an address of the same kind after -");
      last = *end;
      if (last.address < each.address) return bad(text, "the range runs backwards");
    }
    while (true) {
      if (found.size() == kSourcesMax) return bad(text, "more than 65536 addresses");
      found.push_back(each);
      if (each.address == last.address) break;
      each = *after(each);
    }
  }
  std::vector<Endpoint> sorted = found;
  std::sort(sorted.begin(), sorted.end(), [](const Endpoint& a, const Endpoint& b) {
    return std::tie(a.v6, a.address, a.scope) < std::tie(b.v6, b.address, b.scope);
  });
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return fail(Errc::invalid_argument, "source: an address is there twice");
  }
  return found;
}

}  // namespace vfleet::net
