// A new program: 0x94, and 0x93 when it is there or does not come.
#include "devices/charging_pile/dialects/ykc/update.h"

#include <fmt/format.h>

#include <algorithm>

#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"

namespace vfleet::pile::ykc {
namespace {

constexpr std::int64_t kWhenIdle = 2;
constexpr std::int64_t kDc = 1;
constexpr std::int64_t kAc = 2;

// How it ends, in 0x93.
constexpr std::int64_t kOk = 0;
constexpr std::int64_t kWrongPile = 1;
constexpr std::int64_t kWrongModel = 2;
constexpr std::int64_t kTimedOut = 3;  // whatever the reason: the protocol has no other word

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

Result<std::string> UpdatePlace::url(UpdateTransport transport) const {
  if (host.empty() || path.empty()) return fail(Errc::invalid_argument, "0x94 names no host or no file");
  const bool ftp = transport == UpdateTransport::ftp;
  std::string out = ftp ? "ftp://" : "http://";
  if (!user.empty()) out += escaped(user) + ":" + escaped(password) + "@";
  out += host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != 0) out += fmt::format(":{}", port);
  out += '/';
  // To FTP a path is what it is; to HTTP its parts are parts.
  std::string_view rest = path;
  if (!ftp && rest.starts_with('/')) rest.remove_prefix(1);
  for (std::size_t slash; !ftp && (slash = rest.find('/')) != std::string_view::npos;) {
    out += escaped(rest.substr(0, slash)) + "/";
    rest.remove_prefix(slash + 1);
  }
  return out + escaped(rest);
}

std::string_view UpdatePlace::program() const {
  std::string_view name = path;
  if (const auto slash = name.rfind('/'); slash != std::string_view::npos) name.remove_prefix(slash + 1);
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot);
}

std::string_view to_string(Update::Stage stage) {
  switch (stage) {
    case Update::Stage::waits:
      return "waits";
    case Update::Stage::fetching:
      return "fetching";
    case Update::Stage::installing:
      return "installing";
    case Update::Stage::done:
      return "done";
  }
  return "none";
}

void YkcConversation::on_update(const Heard& heard) {
  Host& host = heard.host;
  const std::int64_t kind = host.config().settings.supply.kind == SupplyKind::dc ? kDc : kAc;
  std::int64_t wrong = kOk;
  if (!heard.ours) {
    wrong = kWrongPile;
  } else if (heard.number("pile_type", kind) != kind) {
    wrong = kWrongModel;
  }
  if (wrong != kOk) {
    say(host, type::kUpdateAnswer, heard.frame.sequence, {.result = wrong});
    return;
  }
  // The answer follows when it is there. A new order takes the place of one that is carried out.
  drop_update(host);
  const auto text = [&](std::string_view field) {
    std::string out;
    heard.body.append_text(heard.body.frame().find(field), 0, out);
    return out;
  };
  update_ = std::make_unique<Update>();
  update_->place = {.host = text("host"),
                    .port = static_cast<std::uint16_t>(heard.number("port")),
                    .user = text("user"),
                    .password = text("password"),
                    .path = text("path")};
  const std::int64_t minutes = heard.number("timeout");
  update_->limit = minutes > 0 ? Duration(std::chrono::minutes(minutes)) : host.config().ykc.update_limit;
  if (heard.number("when") != kWhenIdle || !charging(host)) fetch_update(host);
  work_ = true;
}

void YkcConversation::drop_update(Host& host) {
  if (update_ != nullptr && update_->stage == Update::Stage::fetching) {
    host.context().cancel_fetch(update_->transfer);
  }
  update_.reset();
}

void YkcConversation::fetch_update(Host& host) {
  const YkcConfig& ykc = host.config().ykc;
  if (ykc.update_transport == UpdateTransport::none) return install_update(host);
  const auto url = update_->place.url(ykc.update_transport);
  auto begun = url ? host.context().fetch({.url = *url,
                                           .bytes_max = static_cast<std::size_t>(ykc.update_bytes_max),
                                           .limit = update_->limit})
                   : tl::unexpected<Error>(url.error());
  if (!begun) {
    host.context().note("update: " + begun.error().detail);
    return update_->ends(kTimedOut);
  }
  update_->stage = Update::Stage::fetching;
  update_->transfer = *begun;
  // Also when others' files are on their way and it has to wait for its turn: the platform counts from 0x94.
  update_->at = after(host, update_->limit);
}

void YkcConversation::install_update(Host& host) {
  update_->stage = Update::Stage::installing;
  update_->transfer = 0;
  // A deed of the pile's own: model time.
  update_->at = host.context().now() + host.config().ykc.update_time;
}

void YkcConversation::fetched(Host& host, const device::Transferred& transferred) {
  if (update_ == nullptr || update_->stage != Update::Stage::fetching ||
      update_->transfer != transferred.id) {
    return;
  }
  if (transferred.status) {
    install_update(host);
  } else {
    host.context().note("update: " + transferred.status.error().detail);
    update_->ends(kTimedOut);
  }
  work_ = true;
}

void YkcConversation::advance_update(Host& host) {
  if (update_ == nullptr) return;
  if (update_->stage == Update::Stage::waits && !charging(host)) fetch_update(host);
  if (update_->stage == Update::Stage::fetching && update_->at <= host.context().now()) {
    host.context().cancel_fetch(update_->transfer);
    host.context().note("update: it was not fetched in time");
    update_->ends(kTimedOut);
  }
  if (update_->stage == Update::Stage::installing && update_->at <= host.context().now()) {
    update_->ends(static_cast<std::int64_t>(host.config().ykc.update_result));
  }
  if (update_->stage != Update::Stage::done || !ready()) return;
  const std::unique_ptr<Update> update = std::move(update_);
  tell(host, type::kUpdateAnswer, {.result = update->result});
  if (update->result != kOk) return;
  const std::string_view program = update->place.program();
  if (host.config().ykc.update_transport != UpdateTransport::none && !program.empty()) {
    const Status taken = is_printable(program)
                             ? host.context().patch_config("firmware", program)
                             : Status(fail(Errc::invalid_argument, "no login can say such a name"));
    if (!taken) host.context().note("the new program's version was not taken: " + taken.error().detail);
  }
  restart_ = false;  // this is one
  host.restart(StopReason::reboot);
}

}  // namespace vfleet::pile::ykc
