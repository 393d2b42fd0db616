#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace vfleet::devices::ip_camera::picture {

struct Colour {
  std::uint8_t r = 0;
  std::uint8_t g = 0;
  std::uint8_t b = 0;
};

/// A small picture to draw in, three bytes a pixel, row by row. Drawing outside is cut off.
class Canvas {
 public:
  Canvas(int width, int height);

  [[nodiscard]] int width() const { return width_; }
  [[nodiscard]] int height() const { return height_; }
  [[nodiscard]] std::span<const std::uint8_t> row(int y) const;

  void fill(int x, int y, int w, int h, Colour colour);
  void frame(int x, int y, int w, int h, Colour colour);
  /// From `top` to `bottom` over the whole picture.
  void gradient(Colour top, Colour bottom);
  /// Digits, ':', '-' and ' ' in a 3x5 raster, `scale` pixels a point; other characters leave a gap.
  void text(int x, int y, std::string_view text, int scale, Colour colour);

 private:
  int width_;
  int height_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace vfleet::devices::ip_camera::picture
