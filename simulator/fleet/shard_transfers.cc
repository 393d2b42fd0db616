// Files that devices download and hand in.
#include "simulator/fleet/shard.h"
#include "simulator/fleet/shard_context.h"
#include "simulator/net/file_fetcher.h"

namespace vfleet::fleet {
namespace {

// A platform may ask a whole fleet for its logs at once, and each may be large.
constexpr std::size_t kWaitingBytesMost = 256 * 1024 * 1024;

}  // namespace

Result<device::TransferId> Shard::fetch(Member& member, const device::Transfer& transfer) {
  if (environment_.network == nullptr) return fail(Errc::unavailable, "there is no network here");
  if (stopping_) return fail(Errc::unavailable, "the worker ends");
  if (fetcher_ == nullptr) fetcher_ = std::make_unique<net::FileFetcher>(loop_, *environment_.network);
  if (fetcher_->waiting_bytes() + transfer.body.size() > kWaitingBytesMost)
    return fail(Errc::unavailable, "too many files of this worker's devices wait to be handed in");
  using Method = net::FileRequest::Method;
  net::FileRequest request{.method = transfer.method == device::Transfer::Method::get   ? Method::get
                                     : transfer.method == device::Transfer::Method::put ? Method::put
                                                                                        : Method::post,
                           .url = std::string(transfer.url),
                           .body = std::string(transfer.body),
                           .type = std::string(transfer.type),
                           .bytes_max = transfer.bytes_max,
                           .limit = transfer.limit,
                           .verify = transfer.verify,
                           .ca = std::string(transfer.ca)};
  const auto done = [this, key = member.key, before = &member, identity = member.identity](
                        net::FileFetcher::Id id, const net::FileOutcome& outcome) {
    Member* now = at(key);
    if (now != before || now->identity != identity || now->down || stopping_) return;
    Context context(*this, *now, loop_.now());
    now->device->advance(context);
    now->device->fetched(context, {id, outcome.status, outcome.http_status, outcome.body});
    settle(*now);
  };
  return fetcher_->start(std::move(request), done);
}

void Shard::cancel_fetch(device::TransferId id) {
  if (fetcher_ != nullptr) fetcher_->cancel(id);
}

}  // namespace vfleet::fleet
