#include "simulator/net/stream_source.h"

#include "simulator/net/tls_context.h"

namespace vfleet::net {

StreamSource::StreamSource(SourceAddresses addresses, std::shared_ptr<TlsContext> tls)
    : addresses_(std::move(addresses)), tls_(std::move(tls)) {}

StreamSource::~StreamSource() = default;

Result<std::unique_ptr<StreamSource>> StreamSource::make(StreamOptions options) {
  std::shared_ptr<TlsContext> tls;
  if (options.tls) {
    auto made = TlsContext::of(*options.tls);
    if (!made) return tl::unexpected(made.error());
    tls = std::move(*made);
  }
  return std::unique_ptr<StreamSource>(
      new StreamSource(SourceAddresses(std::move(options.sources)), std::move(tls)));
}

}  // namespace vfleet::net
