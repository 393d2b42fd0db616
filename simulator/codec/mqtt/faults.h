#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "simulator/codec/mqtt/misbehaviour.h"

namespace vfleet::codec::mqtt {

/// A rule that a client breaks because somebody wants to see what the server makes of it.
struct Fault {
  enum class Kind : std::uint8_t {
    cut,             ///< so many bytes of the packet leave, then the connection is dropped
    flip,            ///< the byte at that place has all its bits turned
    drop,            ///< the packet is left out
    no_ack,          ///< drop, of the answers to what the server publishes
    repeat,          ///< the packet leaves twice, without DUP
    same_id,         ///< another publication with the same packet identifier follows
    zero_id,         ///< packet identifier 0
    wrong_length,    ///< Remaining Length says one byte more than there is
    bad_type,        ///< packet type 0
    bad_flags,       ///< flags that the type does not have
    qos_3,           ///< a QoS that does not exist
    bad_topic,       ///< a topic that is no UTF-8
    wildcard_topic,  ///< a topic name with '#'
    early_publish,   ///< a publication right behind CONNECT, before CONNACK
    second_connect,  ///< another CONNECT on the same connection
    bad_version,     ///< protocol level 9
    bad_name,        ///< protocol name "XQTT"
    reserved_flag,   ///< CONNECT's reserved flag set
  };
  Kind kind = Kind::cut;
  std::uint64_t at = 0;                ///< cut, flip: a place in the packet
  std::optional<PacketType> packet{};  ///< only these; nothing: all that the kind makes sense for
  std::uint32_t times = 1;             ///< packets; 0: until it is taken back
};

/// The words of all kinds: "second_connect".
[[nodiscard]] std::span<const std::pair<std::string_view, Fault::Kind>> fault_kinds();
[[nodiscard]] std::string_view to_string(Fault::Kind kind);
/// Whether the kind is about CONNECT alone: it shows with the next connection.
[[nodiscard]] bool is_of_greeting(Fault::Kind kind);

/// Does `fault` to the packet at `start`. Nothing: the packet has not what it takes (no packet identifier),
/// and is as it was.
[[nodiscard]] std::optional<Misbehaviour::Then> apply(const Fault& fault, Version version, PacketType type,
                                                      std::string& bytes, std::size_t start);

/// The faults of the sessions of one uplink, by their keys.
class Faults final : public Misbehaviour {
 public:
  explicit Faults(Version version) : version_(version) {}

  /// In place of the session's last one.
  void arm(std::uint32_t key, const Fault& fault) { faults_[key] = fault; }
  void disarm(std::uint32_t key) { faults_.erase(key); }
  [[nodiscard]] bool empty() const { return faults_.empty(); }
  /// How often each kind was done, by its word.
  [[nodiscard]] const std::map<std::string_view, std::uint64_t>& done() const { return done_; }

  Then leaving(std::uint32_t key, PacketType type, std::string& bytes, std::size_t start) override;

 private:
  Version version_;
  std::map<std::uint32_t, Fault> faults_;
  std::map<std::string_view, std::uint64_t> done_;
};

}  // namespace vfleet::codec::mqtt
