#include "tests/unit/control/results/sample_run.h"

#include <nlohmann/json.hpp>

namespace vfleet::control::results {

SampleRun::SampleRun(std::int64_t ack, std::size_t points_max)
    : recorder(kStart_us, points_max), ack_us(ack) {
  platform.started_us = 5;
  recorder.take(now());
  figures.devices = 10;
  figures.online = 10;
}

void SampleRun::pass(std::uint64_t failed) {
  ++at_s;
  const std::uint64_t acked = 100 - failed;
  figures.sent += 100;
  figures.acked += acked;
  figures.sent_by_report["pile.meter"] += 100;
  figures.acked_by_report["pile.meter"] += acked;
  if (failed > 0) figures.failed["timed_out"] += failed;
  figures.failed_by_report["pile.meter"] += failed;
  figures.lateness.record(late_us, 100);
  figures.ack.record(ack_us, acked);
  figures.utilisation = utilisation;
  figures.rss_bytes = 10'000;
  meter.send.record(late_us + 100, 100);
  meter.ack.record(ack_us, acked);
  meter.answer.record(ack_us - late_us, acked);
  platform.received += acked;
}

Sample SampleRun::now() const {
  Sample sample;
  sample.at_us = kStart_us + std::int64_t{at_s} * 1'000'000;
  sample.figures = figures;
  sample.devices = 10;
  sample.latencies = std::make_shared<Latencies>(Latencies{{"http/pile.meter", meter}});
  sample.platform = platform;
  sample.platform->at_us = sample.at_us - answered_before_us;
  return sample;
}

void SampleRun::run(int seconds) {
  for (int i = 0; i < seconds; ++i) {
    pass(0);
    recorder.take(now());
  }
}

void SampleRun::run_failing(std::uint64_t failed) {
  pass(failed);
  recorder.take(now());
}

void SampleRun::away(int seconds) {
  for (int i = 0; i < seconds; ++i) pass(0);
}

RunFacts SampleRun::facts() {
  RunFacts facts;
  facts.fleet = "demo <&\">";
  facts.seed = 42;
  facts.version = "1.0";
  facts.devices = 10;
  facts.workers = 2;
  return facts;
}

nlohmann::json SampleRun::document() const {
  return make_document(recorder, facts());
}

}  // namespace vfleet::control::results
