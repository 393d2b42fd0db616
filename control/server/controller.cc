#include "control/server/controller.h"

#include <spdlog/spdlog.h>

#include "control/server/command_desk.h"
#include "control/server/diff_desk.h"
#include "control/server/history_desk.h"
#include "control/server/log_desk.h"
#include "control/server/masking.h"
#include "control/server/query_desk.h"
#include "control/server/reload_desk.h"
#include "control/server/restore.h"
#include "control/server/results_desk.h"
#include "control/server/rollback_desk.h"
#include "control/server/scale_desk.h"
#include "control/server/stop_desk.h"
#include "control/server/worker_desk.h"

namespace vfleet::control::server {

namespace {

constexpr Duration kBeatEvery = std::chrono::seconds(1);

template <class T, class... Us>
constexpr bool is_any = (std::is_same_v<T, Us> || ...);

}  // namespace

struct Controller::Parts {
  Parts(ControllerOptions options, const Clock& clock, Ports& ports, const TypeCatalogue& catalogue,
        const config::Catalogue& keys, journal::Journal& journal)
      : core(std::move(options), clock, ports, catalogue, keys, journal),
        workers(core),
        commands(core),
        queries(core, commands),
        logs(core, commands),
        reloads(core, commands),
        masking(catalogue),
        scales(core, commands),
        rollbacks(core, commands, masking),
        histories(core, masking),
        diffs(core, commands),
        results(core, masking),
        stops(core) {
    workers.on_end([this] { stops.ended(); });
    workers.on_logs([this](std::uint32_t shard, const bus::LogLines& lines) { logs.take(shard, lines); });
    core.heard = [this](const bus::Command& command) { results.heard(command); };
    stops.on_results([this](const std::optional<std::string>& platform) { return results.last(platform); });
    queries.on_notices([this](std::uint64_t after) { return logs.notices(after); });
  }

  void handle(const CommandDesk::Asker& asker, const api::Body& body) {
    std::visit(
        [&](const auto& request) {
          using T = std::decay_t<decltype(request)>;
          if constexpr (std::is_same_v<T, api::Stop>) {
            workers.close();
            stops.handle(asker, request.timeout.value_or(kStopTimeout));
          } else if constexpr (std::is_same_v<T, api::Reload>) {
            core.ports.reread_keys();
            commands.unless_repeated(asker, [this, asker, request] { reloads.handle(asker, request); });
          } else if constexpr (is_any<T, api::Logs, api::Note>) {
            logs.handle(asker, request);
          } else if constexpr (std::is_same_v<T, api::Renew>) {
            if (!logs.renew(asker, request)) queries.handle(asker, request);
          } else if constexpr (std::is_same_v<T, api::Results>) {
            results.handle(asker);
          } else if constexpr (std::is_same_v<T, api::Scale>) {
            commands.unless_repeated(asker, [this, asker, request] { scales.handle(asker, request); });
          } else if constexpr (std::is_same_v<T, api::Rollback>) {
            commands.unless_repeated(asker, [this, asker, request] { rollbacks.handle(asker, request); });
          } else if constexpr (std::is_same_v<T, api::History>) {
            core.line.when_decided([this, asker, request] { histories.handle(asker, request); });
          } else if constexpr (std::is_same_v<T, api::Diff>) {
            core.line.when_decided([this, asker, request] { diffs.handle(asker, request); });
          } else if constexpr (is_any<T, api::Jobs, api::Ls, api::Get, api::Describe, api::Watch, api::Trace,
                                      api::Renew, api::Report>) {
            // Operators read their own writes.
            core.line.when_decided([this, asker, request] { queries.handle(asker, request); });
          } else {
            commands.unless_repeated(asker, [this, asker, request] { commands.handle(asker, request); });
          }
        },
        body);
  }

  Core core;
  WorkerDesk workers;
  CommandDesk commands;
  QueryDesk queries;
  LogDesk logs;
  ReloadDesk reloads;
  Masking masking;
  ScaleDesk scales;
  RollbackDesk rollbacks;
  HistoryDesk histories;
  DiffDesk diffs;
  ResultsDesk results;
  StopDesk stops;
  TimePoint beat_due{};
  std::uint64_t own_requests = 0;
};

Controller::Controller(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Controller::~Controller() = default;

Result<std::unique_ptr<Controller>> Controller::make(ControllerOptions options, const Clock& clock,
                                                     Ports& ports, const TypeCatalogue& catalogue,
                                                     const config::Catalogue& keys, journal::Journal& journal,
                                                     config::FleetSpec fleet) {
  const auto restored = std::exchange(options.restored, nullptr);
  options.revision = restored ? restored->latest.revision : 0;
  auto parts = std::make_unique<Parts>(std::move(options), clock, ports, catalogue, keys, journal);
  if (!restored) {
    if (auto begun = begin(parts->core, std::move(fleet)); !begun) return tl::unexpected(begun.error());
  } else {
    if (auto good = restore(parts->core, *restored, fleet); !good) return tl::unexpected(good.error());
    parts->reloads.follow(std::move(fleet), "resume-" + std::to_string(parts->core.options.epoch));
  }
  return std::unique_ptr<Controller>(new Controller(std::move(parts)));
}

void Controller::from_worker(std::string_view identity, std::string_view letter, std::string_view body) {
  parts_->workers.receive(identity, letter, body);
}

void Controller::from_operator(const std::string& identity, std::string_view frame,
                               const api::Caller& caller) {
  const api::Request request = api::decode_request(frame);
  const CommandDesk::Asker asker{identity, request.id};
  if (!request.body) {
    spdlog::debug("request refused id={} reason=\"{}\"", request.id, request.body.error().detail);
    return parts_->commands.refuse(asker, request.body.error());
  }
  if (caller.role != bus::Role::operator_ && !api::only_looks(request.verb)) {
    spdlog::info("request refused id={} verb={} key={} role={}", request.id, request.verb, caller.name,
                 bus::to_string(caller.role));
    return parts_->core.ports.to_operator(
        identity,
        api::error(request.id, {api::ExitStatus::failed, "rejected",
                                "rejected: role " + std::string(bus::to_string(caller.role)) + " (key '" +
                                    caller.name + "') may look, and `" + request.verb + "` changes something",
                                "a key with role operator, from who runs control"}));
  }
  spdlog::debug("request id={} verb={} key={}", request.id, request.verb, caller.name);
  if (parts_->stops.stopping() && !std::holds_alternative<api::Stop>(*request.body)) {
    parts_->core.ports.to_operator(
        identity, api::error(request.id, {api::ExitStatus::failed, "stopping", "the fleet is stopping", ""}));
    return;
  }
  parts_->handle(asker, *request.body);
}

void Controller::keep_account(std::string run_dir, bool resume) {
  parts_->core.statistics.keep_in(run_dir, resume);
  parts_->results.keep_in(run_dir, resume);
}

void Controller::tick() {
  Parts& parts = *parts_;
  const TimePoint now = parts.core.now();
  parts.workers.tick();
  parts.core.pending.tick(now);
  parts.core.fan_out.tick(now);
  parts.queries.tick();
  parts.logs.tick();
  parts.results.tick();
  parts.stops.tick();
  if (now < parts.beat_due) return;
  parts.beat_due = now + kBeatEvery;
  parts.core.ports.publish(bus::kTopicBeat,
                           bus::encode(bus::Beat{parts.core.options.epoch, parts.core.flow.published()}));
}

void Controller::close() {
  parts_->core.pending.close();
}

void Controller::reload(std::string_view why) {
  parts_->core.ports.reread_keys();
  if (parts_->stops.stopping()) return;
  const std::string id = std::string(why) + "-" + std::to_string(parts_->core.options.epoch) + "-" +
                         std::to_string(++parts_->own_requests);
  parts_->reloads.handle({"", id}, api::Reload{});
}

void Controller::stop() {
  parts_->workers.close();
  parts_->stops.handle({"", ""}, kStopTimeout);
}

void Controller::on_stopped(std::function<void()> stopped) {
  parts_->stops.on_stopped(std::move(stopped));
}

const Core& Controller::core() const {
  return parts_->core;
}

}  // namespace vfleet::control::server
