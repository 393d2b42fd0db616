#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulator/config/schema.h"

namespace vfleet::config {

/// A mistake across keys, and the key that it is about.
struct KeyMistake {
  std::string path;     ///< may have an index behind it ("vehicles[2]"); empty: of no single key
  std::string message;  ///< a sentence
  friend bool operator==(const KeyMistake&, const KeyMistake&) = default;
};

/// The mistakes in the text of a Struct's error, or of what is made of one. There each mistake begins with
/// the path of its key ("backoff.first is longer than backoff.max", "topics.meter: unknown {x}"), as `schema`
/// knows it behind `prefix` ("uplink.mqtt."); "; " stands between two.
[[nodiscard]] std::vector<KeyMistake> split_mistakes(std::string_view text, const Schema& schema,
                                                     std::string_view prefix = {});

}  // namespace vfleet::config
