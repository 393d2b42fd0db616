#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/time.h"
#include "simulator/uplink/registry.h"

/// What the contract suite knows of an uplink: a small platform that speaks its protocol, and what it
/// promises. A new uplink or dialect joins by a line in contract_entries().
namespace vfleet::test {

/// A platform without IO: is told what clients say, answers by `wire`.
class ContractPeer {
 public:
  struct Wire {
    std::function<void(std::string_view)> say;
    std::function<void()> close;
  };

  virtual ~ContractPeer() = default;
  /// `connection`: a number that no other one has.
  virtual void take(std::size_t connection, std::string_view bytes, const Wire& wire) = 0;
  virtual void gone(std::size_t connection) = 0;

  std::vector<std::string> reports;  ///< bodies of those that came whole, in their order
  bool answers = true;               ///< reports are answered
};

struct ContractEntry {
  std::string name;
  uplink::UplinkKind kind;
  std::string url;      ///< with the port PORT
  std::string tls_url;  ///< the same with TLS
  bool acked = false;   ///< reports are answered; else they are handed over
  /// A connection that died without a word is found within this when a report is under way; zero: never,
  /// because nobody answers.
  Duration finds_silence{0};
  Duration finds_idle_silence{0};  ///< and without a report
  std::size_t waiting_max = 0;     ///< reports that it keeps at most for a peer that reads nothing
  std::function<std::unique_ptr<ContractPeer>()> make_peer;
  config::Values settings;

  /// How a test names it.
  friend void PrintTo(const ContractEntry& entry, std::ostream* out) { *out << entry.name; }
};

/// Of reports that wait, in the settings of every entry.
inline constexpr std::int64_t kContractQueue = 8;

[[nodiscard]] const std::vector<ContractEntry>& contract_entries();

}  // namespace vfleet::test
