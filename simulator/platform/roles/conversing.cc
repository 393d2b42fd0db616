#include "simulator/platform/roles/conversing.h"

#include <array>
#include <optional>
#include <string>

#include "simulator/loop/asio_loop.h"
#include "simulator/platform/roles/ocpp/csms.h"
#include "simulator/platform/roles/ocpp/ocpp_role.h"
#include "simulator/platform/roles/ykc/ykc_platform.h"
#include "simulator/platform/roles/ykc/ykc_role.h"

namespace vfleet::platform {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(100);

using Names = std::initializer_list<std::pair<const char*, std::uint64_t>>;

void add(Counters& out, const std::string& at, const Names& counts) {
  for (const auto& [name, value] : counts) out[at + name] += value;
}

}  // namespace

class Conversing::Impl {
 public:
  Impl(loop::AsioLoop& loop, Platform& platform, const ConverseSettings& settings, Process process)
      : platform_(platform), settings_(settings), process_(process), loop_(loop), timer_(loop, [this] {
          tick();
        }) {}

  void serve(Port port, const std::function<stream::Server&(stream::Protocol&)>& server) {
    if (port == Port::ocpp || port == Port::ocpps) {
      if (!csms_) csms_.emplace(platform_, settings_.ocpp, ocpp::Place{process_.index, process_.count});
      auto& role = ocpp_[port == Port::ocpps ? 1 : 0];
      role.emplace(platform_, *csms_, settings_.ocpp);
      role->serve_on(server(*role));
    } else {
      if (!piles_) piles_.emplace(platform_, settings_.ykc, ykc::Place{process_.index, process_.count});
      auto& role = ykc_[port == Port::ykcs ? 1 : 0];
      role.emplace(platform_, *piles_);
      role->serve_on(server(*role));
    }
    timer_.arm_in(kTick);
  }

  void add_counters(Counters& out) const {
    if (csms_) add_csms(out);
    if (piles_) add_piles(out);
  }

 private:
  void tick() {
    if (csms_) csms_->tick();
    if (piles_) piles_->tick();
    timer_.arm_at(loop_.now() + kTick);
  }

  void add_csms(Counters& out) const {
    const ocpp::CsmsCounts& c = csms_->counts();
    add(out, "ocpp.",
        {{"connected", csms_->connected()},
         {"boots", c.boots},
         {"call_errors", c.call_errors},
         {"tags_refused", c.tags_refused},
         {"transactions_started", c.transactions_started},
         {"transactions_ended", c.transactions_ended},
         {"transactions_checked", c.transactions_checked},
         {"transactions_moved", c.transactions_moved},
         {"transactions_elsewhere", c.transactions_elsewhere},
         {"starts_repeated", c.starts_repeated},
         {"stops_repeated", c.stops_repeated},
         {"energy_wh", c.energy_wh},
         {"calls_sent", c.calls_sent},
         {"calls_answered", c.calls_answered},
         {"calls_refused", c.calls_refused},
         {"calls_timed_out", c.calls_timed_out},
         {"calls_lost", c.calls_lost},
         {"answers_unasked", c.answers_unasked},
         {"sessions_asked", c.sessions_asked},
         {"sessions_refused", c.sessions_refused},
         {"sessions_started", c.sessions_started},
         {"sessions_stopped", c.sessions_stopped},
         {"limits_checked", c.limits_checked},
         {"limits_set", c.limits_set}});
    for (std::size_t i = 0; i < ocpp_.size(); ++i) {
      if (!ocpp_[i]) continue;
      const SocketCounts& s = ocpp_[i]->sockets();
      const OcppCounts& r = ocpp_[i]->counts();
      add(out, i == 0 ? "ocpp." : "ocpps.",
          {{"opened", s.opened},
           {"handshakes_refused", s.refused},
           {"unauthorized", r.unauthorized},
           {"subprotocol_refused", r.subprotocol_refused},
           {"taken_over", r.taken_over},
           {"messages", s.messages},
           {"pings", s.pings},
           {"protocol_errors", s.protocol_errors}});
    }
  }

  void add_piles(Counters& out) const {
    const ykc::YkcCounts& c = piles_->counts();
    add(out, "ykc.",
        {{"connected", piles_->connected()},
         {"logins", c.logins},
         {"logins_refused", c.logins_refused},
         {"cards_refused", c.cards_refused},
         {"orders_made", c.orders_made},
         {"bills", c.bills},
         {"bills_checked", c.bills_checked},
         {"bills_repeated", c.bills_repeated},
         {"bills_elsewhere", c.bills_elsewhere},
         {"energy_wh", c.energy_wh},
         {"cost_cents", c.cost_cents},
         {"frames_sent", c.frames_sent},
         {"frames_answered", c.frames_answered},
         {"frames_timed_out", c.frames_timed_out},
         {"frames_lost", c.frames_lost},
         {"sessions_asked", c.sessions_asked},
         {"sessions_refused", c.sessions_refused},
         {"sessions_started", c.sessions_started},
         {"sessions_stopped", c.sessions_stopped}});
    for (std::size_t i = 0; i < ykc_.size(); ++i) {
      if (!ykc_[i]) continue;
      const YkcRole::Counts& r = ykc_[i]->counts();
      add(out, i == 0 ? "ykc." : "ykcs.",
          {{"frames", r.frames},
           {"skipped_bytes", r.skipped_bytes},
           {"bad_crcs", r.bad_crcs},
           {"taken_over", r.taken_over}});
    }
  }

  Platform& platform_;
  const ConverseSettings& settings_;
  Process process_;
  loop::AsioLoop& loop_;
  std::optional<ocpp::Csms> csms_;
  std::optional<ykc::YkcPlatform> piles_;
  std::array<std::optional<OcppRole>, 2> ocpp_;  // plain, with TLS
  std::array<std::optional<YkcRole>, 2> ykc_;
  loop::CallbackTimer timer_;
};

Conversing::Conversing(loop::AsioLoop& loop, Platform& platform, const ConverseSettings& settings,
                       Process process)
    : impl_(std::make_unique<Impl>(loop, platform, settings, process)) {}

Conversing::~Conversing() = default;

void Conversing::serve(Port port, const std::function<stream::Server&(stream::Protocol&)>& server) {
  impl_->serve(port, server);
}

void Conversing::add_counters(Counters& out) const {
  impl_->add_counters(out);
}

}  // namespace vfleet::platform
