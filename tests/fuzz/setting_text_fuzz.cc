// Any text as a setting that has a small language of its own: ramps, source addresses, parts of a form, id
// patterns, lists of devices, quantities. Refused with a reason, or what was read holds its promises.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>

#include "simulator/codec/http/multipart.h"
#include "simulator/config/csv.h"
#include "simulator/config/id_pattern.h"
#include "simulator/config/load_context.h"
#include "simulator/core/units.h"
#include "simulator/net/ramp.h"
#include "simulator/net/source_addresses.h"

namespace {

using namespace vfleet;

void require(bool holds) {
  if (!holds) std::abort();
}

struct SomeNames final : codec::text::Names {
  [[nodiscard]] std::string_view device_id() const override { return "pile\r\n-1"; }
  [[nodiscard]] std::string_view device_type() const override { return "charging_pile"; }
  [[nodiscard]] std::string_view group() const override { return "g\"--"; }
  [[nodiscard]] std::string_view label(std::string_view name) const override { return name; }
};

void try_ramp(std::string_view text) {
  const auto ramp = net::Ramp::parse(text);
  if (!ramp) return require(!ramp.error().detail.empty());
  if (ramp->empty()) return;
  const net::Ramp slower = ramp->capped(10);
  Duration at{};
  for (int i = 0; i < 20; ++i) {
    require(ramp->rate(at) >= 0 && slower.rate(at) <= 10);
    const Duration next = ramp->next(at);
    require(next > at);
    at = next;
  }
}

void try_sources(std::string_view text) {
  std::vector<std::string> list;
  for (std::size_t at = 0; at <= text.size() && list.size() < 8;) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    list.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  const auto sources = net::parse_sources(list);
  if (!sources) return require(!sources.error().detail.empty());
  require(!sources->empty() && sources->size() <= 65'536);
}

void try_form(std::string_view text) {
  const auto form = codec::http::Multipart::parse(text);
  if (!form) return require(!form.error().detail.empty());
  codec::Buffer body;
  if (!form->write(SomeNames(), {.type = "meter", .json = R"({"seq":1,"data":{"a":"QUJD\r\n"}})"}, body))
    return;
  require(body.starts_with("--") && body.ends_with("--\r\n"));
  // The device's name is no way to write a head of one's own.
  const std::size_t head = body.find("\r\n\r\n");
  require(head != std::string::npos && body.substr(0, head).find("pile\r") == std::string::npos);
}

void try_ids(std::string_view text) {
  const auto pattern = config::IdPattern::parse(text);
  if (!pattern) return require(!pattern.error().detail.empty());
  for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{42}, std::uint64_t{123'456'789}}) {
    const std::string id = pattern->format(number);
    require(pattern->number_of(id) == number);
  }
  (void)pattern->number_of(text);
}

void try_list(std::string_view text) {
  static const config::LoadOptions options;
  config::LoadContext context(options);
  for (const auto& row : config::parse_csv(text, "devices.csv", context)) {
    require(!row.empty());
    for (const auto& cell : row) require(cell.place.line >= 1 && cell.place.column >= 1);
  }
}

void try_quantities(std::string_view text) {
  for (int unit = 0; unit <= static_cast<int>(Unit::money); ++unit) {
    const auto value = parse_quantity(text, static_cast<Unit>(unit));
    if (!value) {
      require(!value.error().detail.empty());
      continue;
    }
    require(*value == *value);
    const std::string shown = format_quantity(*value, static_cast<Unit>(unit));
    require(parse_quantity(shown, static_cast<Unit>(unit)).has_value());
  }
  if (const auto duration = parse_duration(text)) {
    require(parse_duration(format_duration(*duration)).has_value());
  } else {
    require(!duration.error().detail.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_ramp(text);
  try_sources(text);
  try_form(text);
  try_ids(text);
  try_list(text);
  try_quantities(text);
  return 0;
}
