#pragma once

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "devices/charging_pile/dialects/ocpp16/compact_bytes.h"
#include "devices/charging_pile/dialects/ocpp16/maintenance.h"

namespace vfleet::pile::ocpp16 {

/// A charge point's world: what is told and fetched is written down, time moves by hand.
class FakeWorkshop final : public Workshop {
 public:
  struct Fetch {
    device::TransferId id;
    device::Transfer::Method method;
    std::string url;
    std::string body;
    bool cancelled = false;
  };

  [[nodiscard]] TimePoint now() const override { return time; }
  [[nodiscard]] const MaintenanceSettings& settings() const override { return with; }
  void notify(const Notice& notice) override {
    said += (said.empty() ? "" : " ") + std::string(word_of(notice));
    if (has_request(notice.action)) said += "#" + std::to_string(notice.request);
    last = notice.action;
  }
  Result<device::TransferId> fetch(const device::Transfer& transfer) override {
    if (no_network) return fail(Errc::unavailable, "no network");
    fetches.push_back({static_cast<device::TransferId>(fetches.size() + 1), transfer.method,
                       std::string(transfer.url), std::string(transfer.body)});
    return fetches.back().id;
  }
  void cancel_fetch(device::TransferId id) override { fetches.at(id - 1).cancelled = true; }
  [[nodiscard]] bool charging() const override { return in_session; }
  void restart_with(std::string_view version) override { restarted_with = version; }
  void security_event(std::string_view type, std::string_view) override { events.emplace_back(type); }

  template <class Work>
  bool end_fetch(Work& work, unsigned http_status, std::string_view body = {}) {
    Status status;
    if (http_status == 0) status = fail(Errc::link_down, "connection_refused");
    if (http_status > 299) status = fail(Errc::rejected, "HTTP status");
    return work.transferred(
        *this,
        {.id = fetches.back().id, .status = std::move(status), .http_status = http_status, .body = body});
  }
  template <class Work>
  void pass(Work& work, Duration span) {
    time += span;
    work.advance(*this);
  }

  TimePoint time{std::chrono::hours(1)};
  MaintenanceSettings with;
  bool in_session = false;
  bool no_network = false;
  std::string said;
  codec::ocpp::Action last = codec::ocpp::Action::Heartbeat;
  std::vector<Fetch> fetches;
  std::string restarted_with;
  std::vector<std::string> events;
};

/// Another life of a piece of work, with what it saved by `save`; cut short it is refused, wherever.
template <class Work, class Save>
Work reborn(const FakeWorkshop& shop, const Save& save) {
  std::array<std::byte, 8192> bytes;
  CompactWriter writer(bytes);
  save(writer);
  EXPECT_TRUE(writer.ok());
  for (std::size_t cut = 0; cut < writer.size(); ++cut) {
    CompactReader reader{std::span(bytes).first(cut)};
    Work none;
    EXPECT_FALSE(none.restore(reader, shop.time)) << cut;
    EXPECT_TRUE(none.idle());
  }
  CompactReader reader{std::span(bytes).first(writer.size())};
  Work out;
  EXPECT_TRUE(out.restore(reader, shop.time));
  EXPECT_EQ(reader.left(), 0U);
  return out;
}

}  // namespace vfleet::pile::ocpp16
