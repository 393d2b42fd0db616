#include "control/journal/journal.h"

namespace vfleet::control::journal {

std::uint64_t hash_id(std::string_view id) {
  // FNV-1a, 64 bits: it is only a first look, the journal itself decides.
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : id) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  return hash;
}

}  // namespace vfleet::control::journal
