#include <fmt/format.h>

#include "devices/ip_camera/dialects/json/data.h"
#include "devices/ip_camera/digest.h"
#include "devices/ip_camera/picture/jpeg.h"
#include "devices/ip_camera/picture/scene.h"

namespace vfleet::devices::ip_camera::json_dialect {

Status write_snapshot(Writer& w, const View& view, const device::Report& report) {
  // One canvas and one file a thread, whatever the number of cameras.
  thread_local picture::Canvas canvas(picture::kWidth, picture::kHeight);
  thread_local codec::Buffer file;
  const auto* told = std::get_if<SnapshotTale>(&view.tale);
  const auto channel = static_cast<model::Channel>(report.channel == 0 ? 1 : report.channel);
  picture::draw(canvas, view.camera, view.config, channel, view.now, view.wall);
  if (auto done = picture::encode_jpeg(canvas, view.config.snapshot_quality, file); !done) return done;

  const int index = told != nullptr ? told->index : 1;
  const std::string id = told != nullptr && !told->order.id.empty()
                             ? told->order.id
                             : fmt::format("{}-{}", report.head.boot, report.head.seq);
  w.begin_object();
  w.key("snapId").text(id);
  w.key("index").integer(index);
  w.key("count").integer(told != nullptr ? told->order.count : 1);
  w.key("ts").integer(view.camera.clock_us(view.wall) / 1000);
  w.key("files").begin_array().begin_object();
  w.key("name").text(fmt::format("{}-ch{}-{}.jpg", id, channel, index));
  w.key("size").integer(static_cast<std::int64_t>(file.size()));
  w.key("sha256").text(sha256_hex(file));
  w.key("w").integer(picture::kWidth);
  w.key("h").integer(picture::kHeight);
  w.key("image").raw("\"");
  append_base64(file, w.buffer());
  w.buffer().push_back('"');
  w.end_object().end_array();
  w.end_object();
  return {};
}

}  // namespace vfleet::devices::ip_camera::json_dialect
