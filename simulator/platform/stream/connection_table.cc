#include "simulator/platform/stream/connection_table.h"

#include <utility>

namespace vfleet::platform::stream {

Connection& ConnectionTable::add(Fd socket, TlsContext* tls) {
  std::uint32_t place = 0;
  if (free_.empty()) {
    place = static_cast<std::uint32_t>(places_.size());
    places_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  places_[place] = std::make_unique<Connection>(std::move(socket), tls);
  places_[place]->number = (++lives_ << 32U) | place;
  ++size_;
  return *places_[place];
}

Connection* ConnectionTable::find(std::uint64_t number) {
  const std::uint32_t place = place_of(number);
  if (place >= places_.size()) return nullptr;
  Connection* connection = places_[place].get();
  return connection != nullptr && connection->number == number ? connection : nullptr;
}

void ConnectionTable::remove(const Connection& connection) {
  const std::uint32_t place = place_of(connection.number);
  places_[place].reset();
  free_.push_back(place);
  --size_;
}

}  // namespace vfleet::platform::stream
