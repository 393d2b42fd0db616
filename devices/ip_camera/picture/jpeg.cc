#include "devices/ip_camera/picture/jpeg.h"

#include <csetjmp>
#include <cstddef>
#include <cstdio>

#include <jpeglib.h>

namespace vfleet::devices::ip_camera::picture {
namespace {

// libjpeg reports errors by a call that must not return, and its frames do not unwind: hence the jump. No
// object with a destructor is created between setjmp and the end.
struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf out;
};

void on_error(j_common_ptr info) {
  std::longjmp(reinterpret_cast<ErrorManager*>(info->err)->out, 1);
}
void on_message(j_common_ptr /*info*/) {}

// Writes straight into a Buffer.
struct Destination {
  jpeg_destination_mgr base;
  codec::Buffer* out;
};
constexpr std::size_t kChunk = 4096;

Destination* destination(j_compress_ptr info) {
  return reinterpret_cast<Destination*>(info->dest);
}

void offer(Destination* to, std::size_t used) {
  to->out->resize(used + kChunk);
  to->base.next_output_byte = reinterpret_cast<JOCTET*>(to->out->data() + used);
  to->base.free_in_buffer = kChunk;
}

void begin_output(j_compress_ptr info) {
  offer(destination(info), 0);
}
boolean more_output(j_compress_ptr info) {
  offer(destination(info), destination(info)->out->size());
  return TRUE;
}
void end_output(j_compress_ptr info) {
  Destination* to = destination(info);
  to->out->resize(to->out->size() - to->base.free_in_buffer);
}

}  // namespace

Status encode_jpeg(const Canvas& canvas, int quality, codec::Buffer& out) {
  out.clear();
  jpeg_compress_struct info{};
  ErrorManager errors{};
  Destination to{};
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = on_error;
  errors.base.output_message = on_message;
  if (setjmp(errors.out) != 0) {
    jpeg_destroy_compress(&info);
    out.clear();
    return fail(Errc::unavailable, "the picture could not be encoded");
  }
  jpeg_create_compress(&info);
  to.out = &out;
  to.base.init_destination = begin_output;
  to.base.empty_output_buffer = more_output;
  to.base.term_destination = end_output;
  info.dest = &to.base;
  info.image_width = static_cast<JDIMENSION>(canvas.width());
  info.image_height = static_cast<JDIMENSION>(canvas.height());
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    // libjpeg only reads the row; its interface predates const.
    JSAMPROW row = const_cast<JSAMPROW>(canvas.row(static_cast<int>(info.next_scanline)).data());
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return {};
}

}  // namespace vfleet::devices::ip_camera::picture
