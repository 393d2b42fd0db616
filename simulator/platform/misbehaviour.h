#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/random.h"
#include "simulator/core/result.h"
#include "simulator/core/time.h"

namespace vfleet::platform {

/// How the platform is told to behave badly. Ratios are chances per request, 0 .. 1.
struct MisbehaviourSettings {
  enum class CutPoint : std::uint8_t {
    before_answer,  ///< the report is taken, no byte of an answer comes
    within_answer,  ///< half of the answer comes
    after_answer,   ///< the answer comes, then the connection goes without a word
  };

  std::uint64_t delay_ms = 0;
  double delay_ratio = 1;
  std::uint32_t refuse_status = 503;
  double refuse_ratio = 0;
  double cut_ratio = 0;
  CutPoint cut_point = CutPoint::before_answer;
  double garbage_ratio = 0;
  std::uint64_t for_requests = 0;  ///< ends by itself after so many matching requests; 0: never
  std::string match_type;          ///< a report type; empty: all
  std::string match_device;        ///< a device id, * and ? allowed; empty: all

  /// From {"delay_ms":..,...}. Errors: invalid_argument naming the key, its value and its range.
  [[nodiscard]] static Result<MisbehaviourSettings> from_json(std::string_view text);
  [[nodiscard]] std::string to_json() const;
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
};

/// Decides what happens to each request. Of refuse, cut and garbage at most one strikes, asked in this order;
/// a delay comes on top of any. Behaves well until it is told otherwise.
class Misbehaviour {
 public:
  explicit Misbehaviour(Random random) : random_(random) {}

  void set(MisbehaviourSettings settings);
  void clear() { active_ = false; }

  [[nodiscard]] bool active() const { return active_; }
  [[nodiscard]] const MisbehaviourSettings& settings() const { return settings_; }
  [[nodiscard]] const MischiefCounts& counts() const { return counts_; }
  void reset_counts() { counts_ = {}; }

  [[nodiscard]] Mischief decide(std::string_view type, std::string_view device);

 private:
  Random random_;
  MisbehaviourSettings settings_;
  MischiefCounts counts_;
  std::uint64_t left_ = 0;  // matching requests until it ends; unused when settings_.for_requests is 0
  bool active_ = false;
};

/// Whether `text` fits `pattern`, in which * stands for any text and ? for any character.
[[nodiscard]] bool fits_glob(std::string_view pattern, std::string_view text);

}  // namespace vfleet::platform
