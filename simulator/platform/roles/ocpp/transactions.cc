#include "simulator/platform/roles/ocpp/transactions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "simulator/core/hash.h"
#include "simulator/platform/processes/shared_state.h"
#include "simulator/platform/roles/ocpp/payload.h"

namespace vfleet::platform::ocpp {
namespace {

constexpr std::int64_t kWholeWh = 1000;  // meterStart and meterStop are whole Wh

// What is drawn may be so much more than the limit: meters are no better.
constexpr double kLimitTolerance = 1.03;
// How long a charge point may take until it draws no more than it may.
constexpr std::int64_t kLimitGrace_us = 5'000'000;

double wh(std::int64_t mwh) {
  return static_cast<double>(mwh) / 1000;
}

// Of a meter in Wh. One that no meter shows is as far as is counted.
std::int64_t meter_mwh(std::string_view raw) {
  constexpr std::int64_t kMost = 1'000'000'000'000;
  return std::clamp(integer_of(raw).value_or(0), -kMost, kMost) * 1000;
}

std::int64_t tolerance(std::int64_t step_mwh) {
  return std::max(step_mwh, kWholeWh);
}

}  // namespace

Transactions::Transactions(Platform& platform, CsmsCounts& counts, Place place)
    : platform_(platform), counts_(counts), place_(place) {
  // Another stand-in that starts later gives other numbers.
  const std::int64_t seconds = std::max<std::int64_t>(to_us(platform.started()), 0) / 1'000'000;
  const std::int64_t base = seconds % 2'000'000 * 1000;
  first_ = base - base % place.count + place.index + place.count;
  last_ = first_ - place.count;
}

Transactions::Started Transactions::start(ChargePoint& charge_point, std::string_view payload) {
  const auto [number, tag, meter, time] =
      members(payload, {"connectorId", "idTag", "meterStart", "timestamp"});
  Connector* const connector = charge_point.connector(integer_of(number).value_or(-1));
  if (connector == nullptr) return {};
  const auto on = static_cast<std::uint32_t>(connector - charge_point.connectors.data());
  const std::int64_t start_mwh = meter_mwh(meter);
  const std::int64_t at_us = time_of(time).value_or(0);
  const std::uint64_t fingerprint =
      mix(mix(hash(time), hash(tag)), mix(on, static_cast<std::uint64_t>(start_mwh)));
  SharedDevice* const shared = platform_.shared_of(charge_point.id);
  if (shared != nullptr) take_over(charge_point, shared->charge_with(fingerprint));
  for (const auto* list : {&charge_point.open, &charge_point.ended}) {
    for (const Transaction& each : *list) {
      if (each.fingerprint != fingerprint) continue;
      ++counts_.starts_repeated;
      return {each.id, true};
    }
  }
  time_told(charge_point, *connector, at_us, "StartTransaction");
  register_told(charge_point, *connector, start_mwh, kWholeWh, at_us, "StartTransaction");
  // What has ended at another process does not run here any more.
  if (shared != nullptr) {
    std::erase_if(charge_point.open,
                  [&](const Transaction& each) { return each.connector == on && !shared->charge(each.id); });
  }
  const auto runs = std::find_if(charge_point.open.begin(), charge_point.open.end(),
                                 [on](const Transaction& each) { return each.connector == on; });
  if (runs != charge_point.open.end()) {
    platform_.complain("transaction_overlap", charge_point.id, "StartTransaction",
                       fmt::format("connector {} has transaction {}, which has not ended", on, runs->id));
  }
  last_ += place_.count;
  // One that never ends must not fill the memory: the oldest is given up.
  if (charge_point.open.size() >= ChargePoint::kOpenMax) charge_point.open.erase(charge_point.open.begin());
  Transaction& transaction = charge_point.open.emplace_back();
  transaction.id = static_cast<std::int32_t>(last_);
  transaction.connector = on;
  transaction.fingerprint = fingerprint;
  transaction.start_mwh = transaction.lowest_mwh = transaction.highest_mwh = start_mwh;
  if (shared != nullptr) shared->begin({transaction.id, fingerprint, start_mwh, on});
  ++counts_.transactions_started;
  connector->asked = TimePoint::min();
  return {transaction.id, false};
}

void Transactions::stop(ChargePoint& charge_point, std::string_view payload) {
  const auto [number, meter, time, data] =
      members(payload, {"transactionId", "meterStop", "timestamp", "transactionData"});
  const std::int64_t id = integer_of(number).value_or(-1);
  Transaction* const open = find_open(charge_point, id);
  if (open == nullptr) return stranger(charge_point, id, "StopTransaction");
  const std::int64_t stop_mwh = meter_mwh(meter);
  const std::int64_t at_us = time_of(time).value_or(0);
  Connector& connector = *charge_point.connector(open->connector);
  time_told(charge_point, connector, at_us, "StopTransaction");
  register_told(charge_point, connector, stop_mwh, kWholeWh, at_us, "StopTransaction");
  check_energy(charge_point, *open, stop_mwh, data);
  if (SharedDevice* shared = platform_.shared_of(charge_point.id)) shared->end(id);
  ++counts_.transactions_ended;
  counts_.energy_wh +=
      static_cast<std::uint64_t>(std::max<std::int64_t>(stop_mwh - open->start_mwh, 0)) / 1000;
  if (charge_point.ended.size() >= ChargePoint::kEndedKept)
    charge_point.ended.erase(charge_point.ended.begin());
  charge_point.ended.push_back(*open);
  charge_point.open.erase(charge_point.open.begin() + (open - charge_point.open.data()));
}

void Transactions::meter_values(ChargePoint& charge_point, std::string_view payload) {
  const auto [number, transaction_id, values] =
      members(payload, {"connectorId", "transactionId", "meterValue"});
  Connector* const connector = charge_point.connector(integer_of(number).value_or(-1));
  if (connector == nullptr) return;
  const auto id = integer_of(transaction_id);
  Transaction* const transaction = id ? find_open(charge_point, *id) : nullptr;
  // -1: of a transaction whose StartTransaction never got an answer.
  if (id && transaction == nullptr && *id != -1) stranger(charge_point, *id, "MeterValues");
  Samples samples(values);
  for (Sample sample; samples.next(sample);) take_sample(charge_point, *connector, transaction, sample);
  if (transaction != nullptr) time_told(charge_point, *connector, samples.at_us(), "MeterValues");
}

void Transactions::take_sample(ChargePoint& charge_point, Connector& connector, Transaction* transaction,
                               const Sample& sample) {
  if (sample.kind == Sample::Kind::energy) {
    register_told(charge_point, connector, sample.value, sample.step, sample.at_us, "MeterValues");
    if (transaction == nullptr) return;
    if (sample.context == "Transaction.Begin") transaction->begin_mwh = sample.value;
    if (sample.context == "Transaction.End") transaction->end_mwh = sample.value;
    transaction->lowest_mwh = std::min(transaction->lowest_mwh, sample.value);
    transaction->highest_mwh = std::max(transaction->highest_mwh, sample.value);
    transaction->step_mwh = std::max(transaction->step_mwh, sample.step);
    return;
  }
  if (transaction == nullptr || !transaction->limit_accepted ||
      (sample.kind == Sample::Kind::power) != (transaction->limit_unit == 'W')) {
    return;
  }
  // Its clock may be another than ours, and run faster.
  if (transaction->limit_us == 0) transaction->limit_us = sample.at_us + kLimitGrace_us;
  if (sample.at_us < transaction->limit_us) return;
  ++counts_.limits_checked;
  const double most = std::max(transaction->limit * 1000 * kLimitTolerance,
                               transaction->limit * 1000 + static_cast<double>(sample.step));
  if (static_cast<double>(sample.value) <= most) return;
  platform_.complain(
      "limit_exceeded", charge_point.id, "MeterValues",
      fmt::format("transaction {} draws {:.1f} {}, its profile allows {:.1f}", transaction->id,
                  static_cast<double>(sample.value) / 1000, transaction->limit_unit, transaction->limit));
}

// The counter says by how much it went up, and the registers that were told in between say the same.
void Transactions::check_energy(ChargePoint& charge_point, Transaction& transaction, std::int64_t stop_mwh,
                                std::string_view data) {
  Samples samples(data);
  for (Sample sample; samples.next(sample);) {
    if (sample.kind != Sample::Kind::energy) continue;
    if (sample.context == "Transaction.Begin") transaction.begin_mwh = sample.value;
    if (sample.context == "Transaction.End") transaction.end_mwh = sample.value;
    transaction.lowest_mwh = std::min(transaction.lowest_mwh, sample.value);
    transaction.highest_mwh = std::max(transaction.highest_mwh, sample.value);
    transaction.step_mwh = std::max(transaction.step_mwh, sample.step);
  }
  ++counts_.transactions_checked;
  const std::int64_t slack = tolerance(transaction.step_mwh);
  const auto wrong = [&](std::string_view what, std::int64_t told, std::string_view other,
                         std::int64_t value) {
    platform_.complain("energy_mismatch", charge_point.id, "StopTransaction",
                       fmt::format("transaction {}: {} is {} Wh, {} {} Wh", transaction.id, what, wh(told),
                                   other, wh(value)));
  };
  const auto apart = [slack](std::int64_t a, std::int64_t b) { return std::abs(a - b) > slack; };
  if (stop_mwh < transaction.start_mwh) {
    wrong("meterStop", stop_mwh, "meterStart", transaction.start_mwh);
  } else if (stop_mwh + slack < transaction.highest_mwh) {
    wrong("meterStop", stop_mwh, "MeterValues told", transaction.highest_mwh);
  } else if (transaction.lowest_mwh + slack < transaction.start_mwh) {
    wrong("meterStart", transaction.start_mwh, "MeterValues told", transaction.lowest_mwh);
  } else if (transaction.begin_mwh && apart(*transaction.begin_mwh, transaction.start_mwh)) {
    wrong("meterStart", transaction.start_mwh, "the sample Transaction.Begin", *transaction.begin_mwh);
  } else if (transaction.end_mwh && apart(*transaction.end_mwh, stop_mwh)) {
    wrong("meterStop", stop_mwh, "the sample Transaction.End", *transaction.end_mwh);
  }
}

void Transactions::register_told(ChargePoint& charge_point, Connector& connector, std::int64_t mwh,
                                 std::int64_t step, std::int64_t at_us, std::string_view about) {
  if (SharedDevice* shared = platform_.shared_of(charge_point.id)) {
    const auto number = static_cast<std::uint32_t>(&connector - charge_point.connectors.data());
    if (const auto before = shared->tell_register(number, {static_cast<double>(mwh), at_us})) {
      connector.told = true;
      connector.mwh = static_cast<std::int64_t>(before->value);
      connector.mwh_us = before->at_us;
    }
  }
  // What waited in a queue comes behind newer readings.
  if (connector.told && at_us < connector.mwh_us) return;
  if (connector.told && mwh + tolerance(step) < connector.mwh) {
    platform_.complain("register_back", charge_point.id, about,
                       fmt::format("the register of connector {} fell from {} to {} Wh",
                                   &connector - charge_point.connectors.data(), wh(connector.mwh), wh(mwh)));
  }
  connector.told = true;
  connector.mwh = mwh;
  connector.mwh_us = at_us;
}

void Transactions::time_told(ChargePoint& charge_point, Connector& connector, std::int64_t at_us,
                             std::string_view about) {
  if (at_us < connector.transaction_us) {
    platform_.complain("time_back", charge_point.id, about,
                       fmt::format("{:.3f} s older than the message before it",
                                   static_cast<double>(connector.transaction_us - at_us) / 1e6));
  }
  connector.transaction_us = at_us;
}

Transaction* Transactions::find_open(ChargePoint& charge_point, std::int64_t id) {
  if (Transaction* open = charge_point.find_open(id)) return open;
  SharedDevice* const shared = platform_.shared_of(charge_point.id);
  if (shared == nullptr) return nullptr;
  take_over(charge_point, shared->charge(id));
  return charge_point.find_open(id);
}

// A transaction that was begun at another process goes on here.
void Transactions::take_over(ChargePoint& charge_point, const std::optional<SharedCharge>& charge) {
  if (!charge || charge_point.find_open(charge->id) != nullptr) return;
  if (charge->channel > ChargePoint::kConnectorsMax) return;
  if (charge_point.open.size() >= ChargePoint::kOpenMax) charge_point.open.erase(charge_point.open.begin());
  Transaction& transaction = charge_point.open.emplace_back();
  transaction.id = static_cast<std::int32_t>(charge->id);
  transaction.connector = charge->channel;
  transaction.fingerprint = charge->fingerprint;
  transaction.start_mwh = transaction.lowest_mwh = transaction.highest_mwh = charge->start;
  ++counts_.transactions_moved;
}

// Of a transaction that is not open.
void Transactions::stranger(ChargePoint& charge_point, std::int64_t id, std::string_view about) {
  const bool ended = std::any_of(charge_point.ended.begin(), charge_point.ended.end(),
                                 [id](const Transaction& each) { return each.id == id; });
  if (ended && about == "StopTransaction") {
    ++counts_.stops_repeated;
    return;
  }
  const bool ours = id >= first_ && id <= last_ && (id - first_) % place_.count == 0;
  if (!ours && id > 0) {
    ++counts_.transactions_elsewhere;
    return;
  }
  platform_.complain("transaction_unknown", charge_point.id, about,
                     fmt::format("transaction {} {}", id, ended ? "has ended" : "was never begun here"));
}

}  // namespace vfleet::platform::ocpp
