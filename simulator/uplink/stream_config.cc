#include "simulator/uplink/stream_config.h"

#include <algorithm>
#include <array>
#include <map>

#include "simulator/loop/event_loop.h"

namespace vfleet::uplink {
namespace {

/// What an operator can do about it; empty: nothing that is not clear from the reason.
std::string_view remedy(net::StreamError error) {
  using net::StreamError;
  switch (error) {
    case StreamError::certificate_untrusted:
      return "tls.ca names the CAs that are trusted";
    case StreamError::certificate_name:
      return "tls.name gives the name that is looked for";
    case StreamError::certificate_expired:
      return "the server needs another one, or a clock is wrong";
    case StreamError::not_tls:
      return "the port may be a plain one: the url's scheme says whether TLS is spoken";
    case StreamError::tls_version:
    case StreamError::tls_alert_protocol_version:
      return "TLS 1.2 and 1.3 are spoken here";
    case StreamError::tls_alert_certificate_required:
      return "the server asks for a certificate: tls.cert and tls.key";
    case StreamError::tls_alert_handshake_failure:
      return "the server may ask for a certificate: tls.cert and tls.key";
    case StreamError::tls_alert_unknown_ca:
    case StreamError::tls_alert_bad_certificate:
    case StreamError::tls_alert_certificate_expired:
    case StreamError::tls_alert_certificate_unknown:
    case StreamError::tls_alert_certificate_revoked:
    case StreamError::tls_alert_unsupported_certificate:
      return "the server does not accept the certificate of tls.cert";
    case StreamError::tls_alert_no_application_protocol:
      return "tls.alpn offers nothing that the server speaks";
    case StreamError::source_address:
      return "one of `source` is no address of this machine, or none is of the server's family: `ip address` "
             "lists them";
    case StreamError::no_ports:
      return "`source` gives connections more addresses to start from";
    case StreamError::no_descriptors:
      return "the worker may open no more files: `ulimit -n`, or more workers";
    case StreamError::tls_alert_unrecognized_name:
      return "the server does not know the name that tls.name, or the url, asks for";
    default:
      return {};
  }
}

/// Tells of each kind of trouble at most once a minute, and how often it came meanwhile.
class TroubleLog {
 public:
  TroubleLog(loop::EventLoop& loop, std::string what, std::function<void(std::string_view)> warn)
      : loop_(loop), what_(std::move(what)), warn_(std::move(warn)) {}

  void operator()(net::StreamError error, std::string_view detail) {
    constexpr Duration kPause = std::chrono::minutes(1);
    const TimePoint now = loop_.now();
    Seen& seen = seen_[error];
    if (now < seen.again) {
      ++seen.unsaid;
      return;
    }
    std::string text = what_ + ": " + std::string(to_string(error));
    if (!detail.empty()) text += ": " + std::string(detail);
    if (const std::string_view what_helps = remedy(error); !what_helps.empty()) {
      text += " (" + std::string(what_helps) + ")";
    }
    if (seen.unsaid > 0) text += " (and " + std::to_string(seen.unsaid) + " more since it was last said)";
    seen = {now + kPause, 0};
    warn_(text);
  }

 private:
  struct Seen {
    TimePoint again = TimePoint::min();
    std::uint64_t unsaid = 0;
  };
  loop::EventLoop& loop_;
  std::string what_;
  std::function<void(std::string_view)> warn_;
  std::map<net::StreamError, Seen> seen_;
};

}  // namespace

void judge_stream(const StreamConfig& config, std::vector<std::string>& mistakes) {
  if (config.backoff.first > config.backoff.max) {
    mistakes.emplace_back("backoff.first is longer than backoff.max");
  }
  if (config.certificate.empty() && !config.key.empty()) {
    mistakes.emplace_back("tls.key is of no use without tls.cert");
  }
  if (auto identity = DeviceIdentity::compile(config.certificate, config.key); !identity) {
    mistakes.push_back(identity.error().detail);
  }
  for (const std::string& name : config.alpn) {
    if (name.empty() || name.size() > 255) {
      mistakes.emplace_back("tls.alpn: a name is 1 to 255 characters long");
      break;
    }
  }
  if (auto sources = net::parse_sources(config.source); !sources) mistakes.push_back(sources.error().detail);
  if (auto ramp = net::Ramp::parse(config.ramp); !ramp) mistakes.push_back("pacing." + ramp.error().detail);
}

net::PacerLimits pacing_of(const StreamConfig& config, const UplinkEnvironment& environment) {
  net::PacerLimits limits{.rate = config.rate, .in_flight = config.in_flight};
  limits.ramp = net::Ramp::parse(config.ramp).value_or(net::Ramp());
  const std::uint32_t shards = std::max(environment.shards, std::uint32_t{1});
  if (config.fleet_rate > 0) {
    const double share = config.fleet_rate / shards;
    limits.rate = std::min(limits.rate, share);
    limits.ramp = limits.ramp.capped(share);
  }
  if (config.fleet_in_flight > 0) {
    const std::size_t share =
        config.fleet_in_flight / shards + (environment.shard < config.fleet_in_flight % shards ? 1 : 0);
    limits.in_flight = std::min(limits.in_flight, std::max(share, std::size_t{1}));
  }
  return limits;
}

namespace {

/// Who names certificates means TLS; charge points may come to it later (GivenUse).
void warn_of_plain(const StreamConfig& config, const StreamTarget& target,
                   const UplinkEnvironment& environment) {
  if (target.tls || config.given.roots || config.given.certificate || !environment.warn) return;
  std::string keys;
  for (const auto& [key, text] : {std::pair("tls.ca", &config.ca), std::pair("tls.cert", &config.certificate),
                                  std::pair("tls.name", &config.name)}) {
    if (!text->empty()) keys += (keys.empty() ? "" : ", ") + std::string(key);
  }
  if (keys.empty()) return;
  environment.warn("uplink " + std::string(target.uplink) + ", to " + std::string(target.host) + ":" +
                   std::to_string(target.port) + ": " + keys +
                   " without effect: the url's scheme is a plain one, and nothing is encrypted");
}

}  // namespace

Result<StreamSettings> stream_settings(const StreamConfig& config, const StreamTarget& target,
                                       const UplinkEnvironment& environment) {
  warn_of_plain(config, target, environment);
  auto identity = DeviceIdentity::compile(config.certificate, config.key);
  if (!identity) return tl::unexpected(identity.error());
  net::StreamOptions options;
  auto sources = net::parse_sources(config.source);
  if (!sources) return tl::unexpected(sources.error());
  options.sources = std::move(*sources);
  if (target.tls) {
    net::TlsOptions& tls = options.tls.emplace();
    tls.verify = config.verify;
    tls.ca = config.ca;
    tls.name = config.name.empty() ? std::string(target.host) : config.name;
    tls.alpn = config.alpn;
    tls.resume = config.resume;
    if (!identity->own()) {
      tls.certificate = config.certificate;
      tls.key = config.key;
    }
  }
  auto source = net::StreamSource::make(std::move(options));
  if (!source) return tl::unexpected(source.error());
  if (environment.warn) {
    (*source)->trouble = TroubleLog(environment.loop,
                                    "uplink " + std::string(target.uplink) + ", " +
                                        std::string(target.tls ? "TLS to " : "to ") +
                                        std::string(target.host) + ":" + std::to_string(target.port),
                                    environment.warn);
  }
  return StreamSettings{.host = std::string(target.host),
                        .port = target.port,
                        .connect_timeout = config.connect_timeout,
                        .drain_timeout = target.drain_timeout,
                        .backoff = config.backoff,
                        .pacing = pacing_of(config, environment),
                        .source = std::move(*source),
                        .identity = target.tls ? std::move(*identity) : DeviceIdentity(),
                        .given = target.tls ? config.given : GivenUse()};
}

}  // namespace vfleet::uplink
