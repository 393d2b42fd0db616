#include "simulator/bus/messages.h"

#include <charconv>

#include "simulator/bus/json.h"

namespace vfleet::bus {

using detail::Composer;
using detail::Members;

namespace {

constexpr std::string_view kIdentityPrefix = "worker-";

/// ".0123456789abcdef": tells the lives of a shard apart, and nobody else can guess it.
bool is_life(std::string_view text) {
  constexpr std::size_t kDigits = 16;
  return text.size() == kDigits + 1 && text.front() == '.' &&
         text.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
}

}  // namespace

std::string encode(const Beat& beat) {
  return Composer().integer("epoch", beat.epoch).integer("seq", beat.seq).take();
}

Result<Beat> decode_beat(std::string_view text) {
  Members in(text);
  Beat out;
  out.epoch = in.integer<std::uint64_t>("epoch");
  out.seq = in.integer<std::uint64_t>("seq");
  return in.result(out);
}

std::string xpub_welcome(std::uint64_t epoch) {
  return std::string(kTopicWelcome) + Composer().integer("epoch", epoch).take();
}

Result<std::uint64_t> decode_xpub_welcome(std::string_view frame) {
  if (!frame.starts_with(kTopicWelcome)) return fail(Errc::malformed, "not a welcome");
  Members in(frame.substr(kTopicWelcome.size()));
  const auto epoch = in.integer<std::uint64_t>("epoch");
  return in.result(epoch);
}

std::string worker_identity(std::uint32_t shard) {
  return std::string(kIdentityPrefix) + std::to_string(shard);
}

Result<std::uint32_t> shard_of_identity(std::string_view identity) {
  std::uint32_t shard = 0;
  if (identity.starts_with(kIdentityPrefix)) {
    identity.remove_prefix(kIdentityPrefix.size());
    const auto [end, error] = std::from_chars(identity.data(), identity.data() + identity.size(), shard);
    const std::string_view rest(end, static_cast<std::size_t>(identity.data() + identity.size() - end));
    if (error == std::errc{} && (rest.empty() || is_life(rest))) return shard;
  }
  return fail(Errc::malformed, "not a worker's identity");
}

}  // namespace vfleet::bus
