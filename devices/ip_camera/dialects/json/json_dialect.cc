#include "devices/ip_camera/dialects/json/json_dialect.h"

#include <array>

#include "devices/ip_camera/dialects/json/data.h"
#include "devices/ip_camera/reports.h"

namespace vfleet::devices::ip_camera::json_dialect {
namespace {

constexpr std::array<std::string_view, model::kEventKinds> kWireNames{
    "motion",    "person", "vehicle", "face",    "plate",     "intrusion",   "tripwire",
    "loitering", "audio",  "tamper",  "covered", "videoLost", "storageFull", "storageError"};

// The kind that an operator wants told, in either spelling, with or without JSON's quotes; -1: none.
int kind_in(std::span<const codec::envelope::Override> overrides) {
  for (const auto& [path, text] : overrides) {
    if (path != "kind") continue;
    std::string_view word = text;
    if (word.size() >= 2 && word.front() == '"' && word.back() == '"') word = word.substr(1, word.size() - 2);
    const int kind = model::kind_of(word);
    return kind >= 0 ? kind : model::index_of(kWireNames, word);
  }
  return -1;
}

}  // namespace

std::string_view wire_name(model::EventKind kind) {
  return kWireNames[static_cast<std::size_t>(kind)];
}

Status JsonDialect::encode(const View& view, const device::Report& report,
                           std::span<const codec::envelope::Override> overrides, codec::Buffer& out) const {
  if (report.kind >= kReports) return fail(Errc::invalid_argument, "a camera has no such report");
  codec::envelope::Head head = report.head;
  head.type = kReportNames[report.kind];
  head.channel = report.channel;
  Writer w(out);
  codec::envelope::begin(w, head);
  switch (report.kind) {
    case kLogin:
      write_login(w, view, report);
      break;
    case kHeartbeat:
      write_heartbeat(w, view);
      break;
    case kStatus:
      write_status(w, view);
      break;
    case kEvent:
      write_event(w, view, report, kind_in(overrides));
      break;
    case kSnapshot:
      if (auto done = write_snapshot(w, view, report); !done) return done;
      break;
    case kConfig:
      write_config(w, view);
      break;
    case kOta:
      write_ota(w, view);
      break;
    case kLog:
      write_log(w, view);
      break;
    case kAnswer:
      write_answer(w, view);
      break;
    default:
      write_config_changed(w, view);
      break;
  }
  codec::envelope::finish(w);
  return overrides.empty() ? Status{} : codec::envelope::override_fields(overrides, out);
}

}  // namespace vfleet::devices::ip_camera::json_dialect
