// Addresses that operators type and devices are told: refused with a reason, or parts that are in bounds.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "control/keys/allow_list.h"
#include "simulator/bus/control_endpoints.h"
#include "simulator/bus/curve.h"
#include "simulator/codec/http/request_template.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct FuzzNames final : vfleet::codec::text::Names {
  [[nodiscard]] std::string_view device_id() const override { return "a\r\nb c"; }
  [[nodiscard]] std::string_view device_type() const override { return "pile"; }
  [[nodiscard]] std::string_view group() const override { return "g\n"; }
  [[nodiscard]] std::string_view label(std::string_view /*name*/) const override { return "l\r\n\r\n"; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vfleet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto endpoints = bus::control_endpoints(text)) {
    require(endpoints->operators.starts_with("tcp://") && endpoints->publish != endpoints->operators);
    require(endpoints->workers != endpoints->publish);
  } else {
    require(!endpoints.error().detail.empty());
  }
  if (const auto key = bus::key_from_hex(text)) {
    require(key->size() == bus::kKeyBytes && bus::key_from_hex(bus::to_hex(*key)) == *key);
  }
  if (const auto shards = control::keys::parse_shards(text)) {
    for (const auto& range : *shards) require(range.first <= range.last);
  }
  if (const auto url = codec::http::parse_url(text)) {
    require(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
  }
  const std::size_t line = std::min(text.find('\n'), text.size());
  codec::http::RequestOptions options;
  options.url = text.substr(0, line);
  if (line < text.size()) options.headers = {std::string(text.substr(line + 1))};
  if (const auto request = codec::http::RequestTemplate::make(options)) {
    std::string out;
    request->write(FuzzNames(), {.type = "x/y", .json = R"({"seq":1,"data":{"a":"\r\n"}})"}, {.bytes = "{}"},
                   out);
    const std::size_t head = out.find("\r\n\r\n");
    require(head != std::string::npos && out.substr(head + 4) == "{}");
    require(out.substr(0, head).find("a\r\nb") == std::string::npos);
  }
  return 0;
}
