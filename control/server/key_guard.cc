#include "control/server/key_guard.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>

#include "control/keys/key_folder.h"

namespace vfleet::control::server {
namespace {

constexpr std::uint64_t kLinesASecond = 10;

bool same(const keys::AllowedKey& a, const keys::AllowedKey& b) {
  return a.name == b.name && a.role == b.role &&
         std::equal(a.shards.begin(), a.shards.end(), b.shards.begin(), b.shards.end(),
                    [](const keys::ShardRange& x, const keys::ShardRange& y) {
                      return x.first == y.first && x.last == y.last;
                    });
}

/// An address is the peer's word for itself nowhere, but it goes into a log.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, 64));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~' || c == '"'; }, '?');
  return out;
}

}  // namespace

Result<KeyGuard> KeyGuard::open(const std::string& folder, const Clock& clock) {
  auto server = bus::load_server_keys(folder);
  if (!server) return tl::unexpected(server.error());
  std::string file = (std::filesystem::path(folder) / keys::kAllowedFile).string();
  auto list = keys::AllowList::load(file);
  if (!list) {
    return fail(list.error().code,
                list.error().detail + (list.error().code == Errc::not_found
                                           ? ": `vfleet keygen " + folder + " NAME --role ROLE` makes it"
                                           : ""));
  }
  return KeyGuard(std::move(*server), std::move(*list), std::move(file), clock);
}

Result<bus::ZapGrant> KeyGuard::decide(const bus::ZapRequest& request) {
  const auto refuse = [&](const std::string& why) {
    log_refusal(request, why);
    return fail(Errc::rejected, why);
  };
  if (request.mechanism != "CURVE") return refuse("no key");
  const keys::AllowedKey* key = list_.find(request.key);
  if (key == nullptr) return refuse("not in " + allowed_file_);
  const bool worker = key->role == bus::Role::worker;
  if ((request.domain == kWorkers && !worker) || (request.domain == kOperators && worker))
    return refuse("key '" + key->name + "' has role " + std::string(bus::to_string(key->role)));
  return bus::ZapGrant{key->name, std::string(bus::to_string(key->role))};
}

void KeyGuard::log_refusal(const bus::ZapRequest& request, const std::string& why) {
  ++refused_;
  const TimePoint now = clock_->now();
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    logged_ = 0;
  }
  if (++logged_ > kLinesASecond) return;
  spdlog::warn("key refused socket={} fingerprint={} address={} reason=\"{}\" refused_total={}",
               request.domain, bus::fingerprint(request.key), printable(request.address), why, refused_);
}

const keys::AllowedKey* KeyGuard::find_hex(std::string_view key) const {
  const auto raw = bus::key_from_hex(key);
  return raw ? list_.find(*raw) : nullptr;
}

bool KeyGuard::reread() {
  auto fresh = keys::AllowList::load(allowed_file_);
  if (!fresh) {
    spdlog::error("the list of admitted keys stays as it was: {}", fresh.error().detail);
    return false;
  }
  std::size_t gone = 0;
  std::size_t changed = 0;
  for (const keys::AllowedKey& old : list_.keys()) {
    const keys::AllowedKey* now = fresh->find(old.key);
    if (now == nullptr) {
      ++gone;
      spdlog::info("key taken out name={} role={} fingerprint={}", old.name, bus::to_string(old.role),
                   bus::fingerprint(old.key));
    } else if (!same(old, *now)) {
      ++changed;
      spdlog::info("key changed name={} role={} fingerprint={}", now->name, bus::to_string(now->role),
                   bus::fingerprint(now->key));
    }
  }
  const std::size_t added = fresh->keys().size() - (list_.keys().size() - gone);
  list_ = std::move(*fresh);
  if (added + gone + changed > 0)
    spdlog::info("admitted keys={} added={} taken_out={} changed={}", list_.keys().size(), added, gone,
                 changed);
  return gone + changed > 0;
}

}  // namespace vfleet::control::server
