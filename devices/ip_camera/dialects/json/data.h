#pragma once

#include "devices/ip_camera/dialect.h"
#include "simulator/codec/json/writer.h"

/// The data object of each report.
namespace vfleet::devices::ip_camera::json_dialect {

using codec::json::Writer;

void write_login(Writer& w, const View& view, const device::Report& report);
void write_heartbeat(Writer& w, const View& view);
void write_status(Writer& w, const View& view);
/// `kind_wanted`: when the report tells no event of the model, make up one of this kind; -1: any.
void write_event(Writer& w, const View& view, const device::Report& report, int kind_wanted);
[[nodiscard]] Status write_snapshot(Writer& w, const View& view, const device::Report& report);
void write_config(Writer& w, const View& view);
void write_ota(Writer& w, const View& view);
void write_log(Writer& w, const View& view);
void write_answer(Writer& w, const View& view);
void write_config_changed(Writer& w, const View& view);

}  // namespace vfleet::devices::ip_camera::json_dialect
