// Any text as allowed.yaml: a list or mistakes with places; what is read is written and read as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "control/keys/allow_list.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace keys = vfleet::control::keys;
  const auto list = keys::AllowList::parse({reinterpret_cast<const char*>(data), size}, "allowed.yaml");
  if (!list) {
    require(list.error().detail.rfind("allowed.yaml", 0) == 0);
    return 0;
  }
  std::string text = "keys:\n";
  for (const keys::AllowedKey& each : list->keys()) {
    require(each.key.size() == vfleet::bus::kKeyBytes && list->find(each.key) == &each);
    require(each.role != vfleet::bus::Role::server);
    text += keys::allow_line(each);
  }
  const auto again = keys::AllowList::parse(text, "allowed.yaml");
  require(again && again->keys().size() == list->keys().size());
  return 0;
}
