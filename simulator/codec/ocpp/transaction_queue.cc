#include "simulator/codec/ocpp/transaction_queue.h"

#include <algorithm>
#include <cstring>

namespace vfleet::codec::ocpp {
namespace {

constexpr std::size_t kKeptBytes = 2048;       // what an empty queue keeps
constexpr std::uint32_t kFormat = 0x31715456;  // "VTq1"
constexpr std::size_t kKnownSaved = 12;

struct SavedHead {
  std::uint32_t format = kFormat;
  std::uint32_t count = 0;
  std::uint32_t bytes = 0;
  std::uint32_t known = 0;
};

template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
std::byte* store(std::byte* at, const T& value) {
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

}  // namespace

struct TransactionQueue::Header {
  std::int64_t at_us = 0;
  std::int64_t due_ns = 0;
  std::uint32_t session = 0;
  std::uint32_t ticket = 0;
  std::uint16_t body = 0;
  std::uint16_t connector = 0;
  std::uint8_t action = 0;
  std::uint8_t unused[3] = {};
};

TransactionQueue::Header TransactionQueue::header(std::size_t offset) const {
  return load<Header>(bytes_.data() + offset);
}

TransactionQueue::Added TransactionQueue::add(const TransactionMessage& message, std::uint32_t ticket,
                                              std::size_t most, bool front_stays) {
  if (message.body.size() > kBodyMax) return Added::no;
  const bool full = count_ >= most;
  if (full && !displace(front_stays)) return Added::no;
  if (begin_ > 0 && begin_ >= bytes_.size() / 2) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  const Header header{.at_us = to_us(message.at),
                      .due_ns = message.due.time_since_epoch().count(),
                      .session = message.session,
                      .ticket = ticket,
                      .body = static_cast<std::uint16_t>(message.body.size()),
                      .connector = message.connector,
                      .action = static_cast<std::uint8_t>(message.action)};
  const std::size_t end = bytes_.size();
  bytes_.resize(end + sizeof header + message.body.size());
  std::byte* const at = store(bytes_.data() + end, header);
  if (!message.body.empty()) std::memcpy(at, message.body.data(), message.body.size());
  ++count_;
  return full ? Added::displacing : Added::yes;
}

TransactionMessage TransactionQueue::front() const {
  const Header first = header(begin_);
  return {.action = static_cast<Action>(first.action),
          .connector = first.connector,
          .session = first.session,
          .at = WallTime(std::chrono::microseconds(first.at_us)),
          .due = TimePoint(Duration(first.due_ns)),
          .body = {bytes_.data() + begin_ + sizeof(Header), first.body}};
}

std::uint32_t TransactionQueue::front_ticket() const {
  return header(begin_).ticket;
}

void TransactionQueue::pop() {
  const Header first = header(begin_);
  begin_ += sizeof(Header) + first.body;
  --count_;
  if (static_cast<Action>(first.action) == Action::StopTransaction) forget(first.session);
  if (count_ > 0) return;
  begin_ = 0;
  if (bytes_.capacity() > kKeptBytes) {
    std::vector<std::byte>().swap(bytes_);
  } else {
    bytes_.clear();
  }
}

void TransactionQueue::erase(std::size_t offset) {
  const auto from = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
  bytes_.erase(from, from + static_cast<std::ptrdiff_t>(sizeof(Header) + header(offset).body));
  --count_;
}

bool TransactionQueue::displace(bool front_stays) {
  std::size_t offset = begin_;
  for (std::size_t i = 0; i < count_; ++i) {
    const Header each = header(offset);
    if (static_cast<Action>(each.action) == Action::MeterValues && (i > 0 || !front_stays)) {
      erase(offset);
      return true;
    }
    offset += sizeof(Header) + each.body;
  }
  return false;
}

void TransactionQueue::set_transaction(std::uint32_t session, std::int64_t transaction) {
  for (Known& each : known_) {
    if (each.session != session) continue;
    each.transaction = transaction;
    return;
  }
  known_.push_back({transaction, session});
}

std::optional<std::int64_t> TransactionQueue::transaction(std::uint32_t session) const {
  for (const Known& each : known_)
    if (each.session == session) return each.transaction;
  return std::nullopt;
}

void TransactionQueue::forget(std::uint32_t session) {
  std::erase_if(known_, [&](const Known& each) { return each.session == session; });
}

std::size_t TransactionQueue::saved_size() const {
  return sizeof(SavedHead) + known_.size() * kKnownSaved + (bytes_.size() - begin_);
}

std::size_t TransactionQueue::meter_bytes() const {
  std::size_t bytes = 0;
  std::size_t offset = begin_;
  for (std::size_t i = 0; i < count_; ++i) {
    const Header each = header(offset);
    const std::size_t size = sizeof(Header) + each.body;
    if (static_cast<Action>(each.action) == Action::MeterValues) bytes += size;
    offset += size;
  }
  return bytes;
}

std::size_t TransactionQueue::save(std::span<std::byte> out, bool* first_kept) const {
  const std::size_t fixed = sizeof(SavedHead) + known_.size() * kKnownSaved;
  if (out.size() < fixed) return 0;
  const std::size_t room = out.size() - fixed;
  const std::size_t length = bytes_.size() - begin_;
  const std::size_t excess = length > room ? length - room : 0;
  // First MeterValues give way, then starts and stops.
  std::size_t excess_meters = excess > 0 ? std::min(excess, meter_bytes()) : 0;
  std::size_t excess_others = excess - excess_meters;
  SavedHead head{.known = static_cast<std::uint32_t>(known_.size())};
  std::byte* at = out.data() + sizeof head;
  for (const Known& each : known_) at = store(store(at, each.transaction), each.session);
  std::size_t offset = begin_;
  if (first_kept != nullptr) *first_kept = false;
  for (std::size_t i = 0; i < count_; ++i) {
    const Header each = header(offset);
    const std::size_t size = sizeof(Header) + each.body;
    const bool meter = static_cast<Action>(each.action) == Action::MeterValues;
    if (std::size_t& left = meter ? excess_meters : excess_others; left > 0) {
      left -= std::min(left, size);
    } else {
      std::memcpy(at, bytes_.data() + offset, size);
      at += size;
      if (i == 0 && first_kept != nullptr) *first_kept = true;
      head.bytes += static_cast<std::uint32_t>(size);
      ++head.count;
    }
    offset += size;
  }
  store(out.data(), head);
  return fixed + head.bytes;
}

bool TransactionQueue::restore(std::span<const std::byte> saved, TimePoint due) {
  if (saved.size() < sizeof(SavedHead)) return false;
  const auto head = load<SavedHead>(saved.data());
  const std::uint64_t known_bytes = std::uint64_t{head.known} * kKnownSaved;
  if (head.format != kFormat || sizeof head + known_bytes + head.bytes != saved.size()) return false;
  std::vector<std::byte> bytes(saved.end() - static_cast<std::ptrdiff_t>(head.bytes), saved.end());
  std::size_t offset = 0;
  for (std::uint32_t i = 0; i < head.count; ++i) {
    if (bytes.size() - offset < sizeof(Header)) return false;
    auto each = load<Header>(bytes.data() + offset);
    if (each.action >= kActionCount || !may_belong_to_transaction(static_cast<Action>(each.action)) ||
        each.body > kBodyMax || bytes.size() - offset - sizeof each < each.body)
      return false;
    each.due_ns = due.time_since_epoch().count();
    each.ticket = i;
    store(bytes.data() + offset, each);
    offset += sizeof each + each.body;
  }
  if (offset != bytes.size()) return false;
  std::vector<Known> known(head.known);
  const std::byte* at = saved.data() + sizeof head;
  for (Known& each : known) {
    each = {load<std::int64_t>(at), load<std::uint32_t>(at + sizeof(std::int64_t))};
    at += kKnownSaved;
  }
  bytes_ = std::move(bytes);
  begin_ = 0;
  count_ = head.count;
  known_ = std::move(known);
  return true;
}

std::size_t TransactionQueue::memory() const {
  return bytes_.capacity() + known_.capacity() * sizeof(Known);
}

}  // namespace vfleet::codec::ocpp
