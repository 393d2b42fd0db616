#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/bus/key_file.h"
#include "simulator/core/result.h"

namespace vfleet::control::keys {

struct ShardRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;  ///< not below `first`
};

/// One key that control admits.
struct AllowedKey {
  std::string name;
  bus::Role role = bus::Role::viewer;  ///< worker, operator_ or viewer
  std::string key;                     ///< public, raw
  std::vector<ShardRange> shards;      ///< of a worker: which it may host; empty: any

  [[nodiscard]] bool may_host(std::uint32_t shard) const;
};

/// The keys that control admits, as allowed.yaml says:
///
///   keys:
///     - {name: alice, role: operator, key: 64 hex digits}
///     - {name: host-b, role: worker, shards: 0-3, key: 64 hex digits}
class AllowList {
 public:
  static constexpr std::size_t kKeysMax = 10'000;

  /// `file` is for messages. Errors: invalid_argument, with every mistake and its place, a line each.
  [[nodiscard]] static Result<AllowList> parse(std::string_view text, const std::string& file);
  /// Errors: not_found, unavailable, too_large, invalid_argument; rejected when others may write the file.
  [[nodiscard]] static Result<AllowList> load(const std::string& path);

  /// Null when the key (raw) is not admitted. Good until the list goes.
  [[nodiscard]] const AllowedKey* find(std::string_view key) const;
  [[nodiscard]] const std::vector<AllowedKey>& keys() const { return keys_; }

 private:
  std::vector<AllowedKey> keys_;  // sorted by key
};

/// "0-3", "2", "0-1,5". Errors: invalid_argument.
[[nodiscard]] Result<std::vector<ShardRange>> parse_shards(std::string_view text);

/// The line of allowed.yaml for a key.
[[nodiscard]] std::string allow_line(const AllowedKey& key);

}  // namespace vfleet::control::keys
