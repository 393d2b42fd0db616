#include "simulator/config/names.h"

namespace vfleet::config {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::number:
      return "number";
    case Kind::duration:
      return "duration";
    case Kind::text:
      return "text";
    case Kind::choice:
      return "choice";
    case Kind::list:
      return "list";
  }
  return "unknown";
}

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::live:
      return "live";
    case Effect::connection:
      return "connection";
    case Effect::boot:
      return "boot";
    case Effect::fleet:
      return "fleet";
  }
  return "unknown";
}

std::string_view to_string(Unit unit) {
  switch (unit) {
    case Unit::none:
      return "none";
    case Unit::duration:
      return "duration";
    case Unit::power:
      return "power";
    case Unit::energy:
      return "energy";
    case Unit::voltage:
      return "voltage";
    case Unit::current:
      return "current";
    case Unit::temperature:
      return "temperature";
    case Unit::ratio:
      return "ratio";
    case Unit::bitrate:
      return "bitrate";
    case Unit::size:
      return "size";
    case Unit::frequency:
      return "frequency";
    case Unit::money:
      return "money";
  }
  return "unknown";
}

namespace {

template <class E>
std::optional<E> by_name(std::string_view name, E last) {
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    if (to_string(static_cast<E>(i)) == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Kind> kind_from(std::string_view name) {
  return by_name(name, Kind::list);
}
std::optional<Effect> effect_from(std::string_view name) {
  return by_name(name, Effect::fleet);
}
std::optional<Unit> unit_from(std::string_view name) {
  return by_name(name, Unit::money);
}

}  // namespace vfleet::config
