#include "control/cli/log_files_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "control/logs/log_scan.h"
#include "simulator/bus/selector.h"

namespace vfleet::cli {
namespace {

using control::logs::LogScan;

constexpr std::uint64_t kLinesByDefault = 100;

/// A device of which only the id is known; remembers whether more was asked for.
class OnlyId final : public bus::IdentityView {
 public:
  explicit OnlyId(std::string_view id) : id_(id) {}
  [[nodiscard]] std::string_view id() const override { return id_; }
  [[nodiscard]] std::string_view type() const override { return asked(), std::string_view(); }
  [[nodiscard]] std::string_view group() const override { return asked(), std::string_view(); }
  [[nodiscard]] std::optional<std::string_view> label(std::string_view) const override {
    return asked(), std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> state(std::string_view) const override {
    return asked(), std::nullopt;
  }
  [[nodiscard]] bool more() const { return more_; }

 private:
  void asked() const { more_ = true; }
  std::string_view id_;
  mutable bool more_ = false;
};

}  // namespace

std::optional<std::filesystem::path> given_run_dir(const Environment& env,
                                                   const std::optional<std::string>& option) {
  if (option) return *option;
  if (const auto name = env.variable("VFLEET_RUN_DIR"); name && !name->empty()) return *name;
  return std::nullopt;
}

Outcome<void> read_log_files(const std::filesystem::path& run_dir, const LogRequest& request,
                             const std::function<bool(const nlohmann::json&)>& show) {
  std::optional<bus::Selector> selector;
  if (request.selector) {
    auto parsed = bus::Selector::parse(*request.selector);
    if (!parsed) return wrong_usage("the selector is wrong: " + parsed.error().detail);
    selector = std::move(*parsed);
  }
  control::logs::LineFilter filter{.least = log::parse_level(request.level).value_or(log::Level::trace),
                                   .source = request.from,
                                   .since_us = request.since_us.value_or(INT64_MIN),
                                   .devices_only = selector.has_value()};
  auto scan = LogScan::open((run_dir / "logs").string(), filter, std::nullopt);
  if (!scan) {
    const bool none = scan.error().code == Errc::not_found;
    return give_up(ExitStatus::failed, none ? "no_files" : "unavailable", scan.error().detail);
  }
  bool wants_more = false;
  const auto matches = [&](const control::logs::Record& record) {
    if (!selector || record.is_gap() || selector->matches_all()) return true;
    const OnlyId device(record.line.device);
    const bool matched = selector->matches(device);
    wants_more = wants_more || device.more();
    return matched;
  };
  const std::uint64_t wanted = request.lines
                                   ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, *request.lines))
                               : request.since_us ? UINT64_MAX
                                                  : kLinesByDefault;
  std::uint64_t count = 0;
  for (bool end = wanted == 0; !end;) {
    const LogScan::Slice slice = (*scan)->older();
    for (const LogScan::Found& found : slice.found) {
      if (count == wanted || !matches(found.record)) continue;
      ++count;
      (*scan)->go_to(found.file, found.offset);
    }
    end = slice.end || count == wanted;
  }
  for (bool end = count == 0; !end && !wants_more;) {
    const LogScan::Slice slice = (*scan)->newer();
    for (const LogScan::Found& found : slice.found) {
      if (matches(found.record) && !show(nlohmann::json::parse(to_json(found.record), nullptr, false)))
        return {};
    }
    end = slice.end;
  }
  if (wants_more) {
    return wrong_usage("without control only the ids of devices are known, no types, groups and labels",
                       "select by id: pile-00042, 'pile-*', pile-00010..00019");
  }
  return {};
}

}  // namespace vfleet::cli
