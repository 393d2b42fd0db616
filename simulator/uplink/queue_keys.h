#pragma once

#include <string>

#include "simulator/config/bind.h"
#include "simulator/uplink/send_queue.h"

namespace vfleet::uplink {

/// Adds the keys queue.max and queue.when_full; `max` and `when_full` give them in the struct, `waits` says
/// what a report waits for ("to be sent").
template <class T, class Max, class Policy>
void add_queue_keys(config::Struct<T>& keys, const std::string& waits, Max max, Policy when_full) {
  keys.integer("queue.max", max)
      .initial(64)
      .range(0.0, 1e5)
      .effect(config::Effect::connection)
      .doc("Reports of a device that may wait " + waits + ".");
  keys.choice("queue.when_full", when_full,
              {{"refuse", WhenFull::refuse},
               {"drop_oldest", WhenFull::drop_oldest},
               {"drop_newest", WhenFull::drop_newest}})
      .initial(WhenFull::refuse)
      .effect(config::Effect::connection)
      .doc("What gives way when the queue is full: refuse counts the report as not sent (queue_full).");
}

}  // namespace vfleet::uplink
