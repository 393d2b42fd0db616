// Cards: who may charge, by the local list, the cache, by Authorize or, offline, by what is configured.
#include <nlohmann/json.hpp>
#include <utility>

#include "devices/charging_pile/dialects/ocpp16/charge_point.h"
#include "devices/charging_pile/dialects/ocpp16/payload_fields.h"
#include "devices/charging_pile/dialects/ocpp16/tags.h"

namespace vfleet::pile::ocpp16 {

namespace wire = codec::ocpp;

void ChargePoint::driver_card(Host& host, ConnectorNumber connector, std::string_view card) {
  enter(host);
  present(connector, card, card.empty() ? StartedBy::local : StartedBy::card, /*driver=*/true);
}

Status ChargePoint::card(Host& host, ConnectorNumber connector, std::string_view card) {
  enter(host);
  Station& station = host.station();
  if (card.empty()) return fail(Errc::invalid_argument, "a card has at least 1 character");
  if (connector < 1 || connector > station.connector_count()) return station.may_stop(connector);
  if (outlet(connector).presented.stage != Presented::Stage::none) {
    return fail(Errc::rejected, "another card waits for its answer");
  }
  const Connector& it = station.connector(connector);
  if (it.active() && same_text(it.visit->card.view(), card)) {
    // The card that started it stops it, and nobody is asked.
    outlet(connector).stopped_by = CardNumber(card);
    return station.stop(host.turn(), connector, StopReason::card);
  }
  if (station.holds_cable(connector) && same_text(it.visit->card.view(), card))
    return station.release_cable(host.turn(), connector);
  if (!it.active()) {
    const auto known = known_card(host, CardNumber(card));
    const CardNumber parent = known ? known->parent : CardNumber();
    // A reservation may be for the card's parent, which only the answer tells.
    if (auto may = station.may_start(connector, /*cable_may_follow=*/true, card, parent.view());
        !may && it.status != ConnectorStatus::reserved) {
      return may;
    }
  }
  present(connector, card, StartedBy::card, /*driver=*/false);
  return {};
}

Status ChargePoint::start(Host& host, ConnectorNumber connector, SessionLimits limits) {
  enter(host);
  return host.station().start(host.turn(), connector, StartedBy::local, {}, limits,
                              /*cable_may_follow=*/false);
}

Status ChargePoint::stop(Host& host, ConnectorNumber connector) {
  enter(host);
  return host.station().stop(host.turn(), connector, StopReason::local);
}

void ChargePoint::present(ConnectorNumber connector, std::string_view card, StartedBy by, bool driver) {
  outlet(connector).presented = {CardNumber(card), by, driver, Presented::Stage::undecided};
  note_work();
}

std::optional<KnownCard> ChargePoint::known_card(Host& host, const CardNumber& card) const {
  const LocalListSettings& settings = host.config().front.ocpp.local_list;
  if (const ListedTag* tag = listed(local_list_.get(), settings, card.view())) {
    return KnownCard{tag->status_at(clock(host)) == TagStatus::Accepted, tag->parent};
  }
  if (!host.config().front.ocpp.authorization_cache_enabled) return std::nullopt;
  return cache_.find(card, clock(host));
}

void ChargePoint::decide(Host& host, ConnectorNumber connector) {
  const Presented presented = outlet(connector).presented;
  if (presented.stage != Presented::Stage::undecided) return;
  if (presented.card.view().empty()) return admit(host, connector, {});  // nobody to ask for
  if (!speaks()) return decide_offline(host, connector);
  if (host.config().front.ocpp.local_pre_authorize) {
    const auto known = known_card(host, presented.card);
    if (known && known->accepted) return admit(host, connector, known->parent);
  }
  outlet(connector).presented.stage = Presented::Stage::asking;
  if (!calls_.add(wire::Call{
          .action = Action::Authorize, .connector = static_cast<std::uint16_t>(connector), .due = now_})) {
    refuse(host, connector, "too much waits to be sent");
  }
}

void ChargePoint::decide_offline(Host& host, ConnectorNumber connector) {
  const Settings& settings = host.config().front.ocpp;
  const auto known = known_card(host, outlet(connector).presented.card);
  if (known && !known->accepted) return refuse(host, connector, "the card is known not to be accepted");
  if (known ? settings.local_authorize_offline : settings.allow_offline_tx_for_unknown_id) {
    return admit(host, connector, known ? known->parent : CardNumber());
  }
  refuse(host, connector, "offline, and the card is not known");
}

void ChargePoint::admit(Host& host, ConnectorNumber connector, const CardNumber& parent) {
  Outlet& it = outlet(connector);
  const Presented presented = std::exchange(it.presented, {});
  Station& station = host.station();
  if (connector > station.connector_count()) return;
  if (station.connector(connector).active()) {
    if (parent.view().empty() || !same_text(parent.view(), it.parent.view())) {
      return host.context().note("card " + std::string(presented.card.view()) +
                                 " neither started this session nor belongs to the group that did");
    }
    it.stopped_by = presented.card;
    (void)station.stop(host.turn(), connector, StopReason::card);  // it is active
    return;
  }
  it.parent = parent;
  const auto started = station.start(host.turn(), connector, presented.by, presented.card.view(), {},
                                     /*cable_may_follow=*/true, parent.view());
  if (started) return;
  host.context().note("an accepted card starts nothing: " + started.error().detail);
  if (presented.driver) (void)station.turn_away(host.turn(), connector);  // it may be gone already
}

void ChargePoint::refuse(Host& host, ConnectorNumber connector, std::string_view why) {
  const Presented presented = std::exchange(outlet(connector).presented, {});
  ++refused_cards_;
  host.context().note("card " + std::string(presented.card.view()) + " refused: " + std::string(why));
  // The driver may have gone already, which is as good.
  if (presented.driver) (void)host.station().turn_away(host.turn(), connector);
}

void ChargePoint::authorize_settled(Host& host, const wire::Settled& settled, const nlohmann::json& answer) {
  const auto connector = static_cast<ConnectorNumber>(settled.connector);
  Outlet& it = outlet(connector);
  if (it.presented.stage != Presented::Stage::asking) return;
  switch (settled.how) {
    case wire::Settled::How::answered: {
      const KnownCard card = learn(host, it.presented.card, answer.at("idTagInfo"));
      if (card.accepted) return admit(host, connector, card.parent);
      return refuse(host, connector, text_of(answer.at("idTagInfo"), "status"));
    }
    case wire::Settled::How::refused:
      return refuse(host, connector, "the CSMS answered Authorize with an error");
    case wire::Settled::How::timed_out:
      return decide_offline(host, connector);
    case wire::Settled::How::cut_off:
      it.presented.stage = Presented::Stage::undecided;
      return note_work();
  }
}

KnownCard ChargePoint::learn(Host& host, const CardNumber& card, const nlohmann::json& info) {
  KnownCard what;
  what.accepted = text_of(info, "status") == "Accepted";
  what.parent = CardNumber(text_of(info, "parentIdTag"));
  const std::optional<WallTime> expiry = time_of(info, "expiryDate");
  const Settings& settings = host.config().front.ocpp;
  const ListedTag* tag = listed(local_list_.get(), settings.local_list, card.view());
  if (tag != nullptr && (tag->status_at(clock(host)) == TagStatus::Accepted) != what.accepted)
    tell_warning(host, Shown::kListConflict);
  if (settings.authorization_cache_enabled && !card.view().empty()) {
    cache_.learn(card, what, expiry, settings.authorization_cache_max);
  }
  return what;
}

}  // namespace vfleet::pile::ocpp16
