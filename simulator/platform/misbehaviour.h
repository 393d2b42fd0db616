#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "simulator/core/random.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"
#include "simulator/platform/pauses.h"

namespace vfleet::platform {

/// How the platform is told to behave badly. Ratios are chances per request, 0 .. 1.
struct MisbehaviourSettings {
  enum class CutPoint : std::uint8_t {
    before_answer,  ///< the report is taken, no byte of an answer comes
    within_answer,  ///< half of the answer comes
    after_answer,   ///< the answer comes, then the connection goes without a word
    at_byte,        ///< cut_byte bytes of the answer come
  };

  std::uint64_t delay_ms = 0;
  double delay_ratio = 1;
  std::uint32_t refuse_status = 503;
  double refuse_ratio = 0;
  double cut_ratio = 0;
  CutPoint cut_point = CutPoint::before_answer;
  std::uint64_t cut_byte = 0;
  double garbage_ratio = 0;
  /// Of each pause_every_ms since this was set, the first pause_ms pass without a byte taken from a device.
  std::uint64_t pause_ms = 0;
  std::uint64_t pause_every_ms = 0;       ///< 0: no pauses
  double refuse_connect_ratio = 0;        ///< of MQTT CONNECTs and WebSocket handshakes
  std::uint32_t refuse_connect_code = 0;  ///< MQTT's reason; 0: "server unavailable" of the client's version
  double cut_input_ratio = 0;  ///< of connections (not HTTP): cut after cut_input_byte bytes from the client
  std::uint64_t cut_input_byte = 1;
  std::uint64_t for_requests = 0;  ///< ends by itself after so many matching requests; 0: never
  std::string match_type;          ///< a report type; empty: all
  std::string match_device;        ///< a device id, * and ? allowed; empty: all

  /// From {"delay_ms":..,...}. Errors: invalid_argument naming the key, its value and its range.
  [[nodiscard]] static Result<MisbehaviourSettings> from_json(std::string_view text);
  [[nodiscard]] std::string to_json() const;
  /// What goes out of an answer that is cut.
  [[nodiscard]] std::string_view cut_part(std::string_view answer) const;
};

/// What to do to one request.
struct Mischief {
  enum class Kind : std::uint8_t { none, refuse, cut, garbage };

  Kind kind = Kind::none;
  Duration delay{};
  std::uint64_t draw = 0;  ///< random bits: which garbage
};

struct MischiefCounts {
  std::uint64_t delayed = 0;
  std::uint64_t refused = 0;
  std::uint64_t cut = 0;
  std::uint64_t garbage = 0;
  std::uint64_t refused_connects = 0;
  std::uint64_t cut_inputs = 0;
};

/// Decides what happens to each request. Of refuse, cut and garbage at most one strikes, asked in this order;
/// a delay comes on top of any. Behaves well until it is told otherwise.
class Misbehaviour final : public Pauses {
 public:
  /// `left` counts what is left of for_requests; several processes may share it. nullptr: one of its own.
  explicit Misbehaviour(Random random, std::atomic<std::int64_t>* left = nullptr)
      : random_(random),
        own_left_(left == nullptr ? std::make_unique<std::atomic<std::int64_t>>(0) : nullptr),
        left_(left == nullptr ? own_left_.get() : left) {}

  /// `now`: pauses are counted from then. `renew`: for_requests begins anew (false in all but one of the
  /// processes that share it).
  void set(MisbehaviourSettings settings, TimePoint now, bool renew = true);
  void clear() { active_ = false; }

  [[nodiscard]] bool active() const { return active_ && !used_up(); }
  [[nodiscard]] TimePoint paused_until(TimePoint now) const override;
  [[nodiscard]] const MisbehaviourSettings& settings() const { return settings_; }
  [[nodiscard]] const MischiefCounts& counts() const { return counts_; }
  void reset_counts() { counts_ = {}; }

  [[nodiscard]] Mischief decide(std::string_view type, std::string_view device);
  /// Whether a client's request to connect is refused.
  [[nodiscard]] bool refuses_connect(std::string_view device);
  /// After how many bytes of its own a new connection is cut: the greatest number when it is not.
  [[nodiscard]] std::size_t input_limit();

 private:
  [[nodiscard]] bool used_up() const { return settings_.for_requests != 0 && left_->load() <= 0; }

  Random random_;
  MisbehaviourSettings settings_;
  MischiefCounts counts_;
  std::unique_ptr<std::atomic<std::int64_t>> own_left_;
  std::atomic<std::int64_t>* left_;  // matching requests until it ends; unused when for_requests is 0
  TimePoint since_;
  bool active_ = false;
};

/// Whether `text` fits `pattern`, in which * stands for any text and ? for any character.
[[nodiscard]] bool fits_glob(std::string_view pattern, std::string_view text);

}  // namespace vfleet::platform
