#include "simulator/fleet/sweep.h"

#include "simulator/fleet/views.h"

namespace vfleet::fleet {
namespace {

class Sweep : public std::enable_shared_from_this<Sweep> {
 public:
  Sweep(Shard& shard, bus::Selector selector, Duration slice, std::function<bool(Member&)> visit,
        std::function<void()> done)
      : shard_(shard),
        selector_(std::move(selector)),
        slice_(slice),
        visit_(std::move(visit)),
        done_(std::move(done)) {}

  void run() {
    const TimePoint end = shard_.loop().now() + slice_;
    const auto* ids = selector_.exact_ids();
    const std::uint32_t last = ids != nullptr ? static_cast<std::uint32_t>(ids->size()) : shard_.key_end();
    for (; next_ < last; ++next_) {
      if (++looked_ % 16 == 0 && shard_.loop().now() >= end) {
        return shard_.loop().post([self = shared_from_this()] { self->run(); });
      }
      Member* member = ids != nullptr ? shard_.find((*ids)[next_]) : shard_.at(next_);
      if (member == nullptr) continue;
      if (ids == nullptr && !selector_.matches_all() && !selector_.matches(MemberView(shard_, *member)))
        continue;
      if (!visit_(*member)) break;
    }
    done_();
  }

 private:
  Shard& shard_;
  bus::Selector selector_;
  Duration slice_;
  std::function<bool(Member&)> visit_;
  std::function<void()> done_;
  std::uint32_t next_ = 0;
  std::uint64_t looked_ = 0;
};

}  // namespace

void sweep(Shard& shard, bus::Selector selector, Duration slice, std::function<bool(Member&)> visit,
           std::function<void()> done) {
  std::make_shared<Sweep>(shard, std::move(selector), slice, std::move(visit), std::move(done))->run();
}

}  // namespace vfleet::fleet
