#include "devices/ip_camera/picture/canvas.h"

#include <algorithm>
#include <array>

namespace vfleet::devices::ip_camera::picture {
namespace {

// Five rows of three bits, the upper row first, for 0..9 ':' '-'.
constexpr std::array<std::uint16_t, 12> kGlyphs{
    0b111'101'101'101'111, 0b010'110'010'010'111, 0b111'001'111'100'111, 0b111'001'111'001'111,
    0b101'101'111'001'001, 0b111'100'111'001'111, 0b111'100'111'101'111, 0b111'001'010'010'010,
    0b111'101'111'101'111, 0b111'101'111'001'111, 0b000'010'000'010'000, 0b000'000'111'000'000};

std::uint16_t glyph(char c) {
  if (c >= '0' && c <= '9') return kGlyphs[static_cast<std::size_t>(c - '0')];
  return c == ':' ? kGlyphs[10] : c == '-' ? kGlyphs[11] : 0;
}

std::uint8_t blend(std::uint8_t a, std::uint8_t b, int part, int whole) {
  return static_cast<std::uint8_t>((a * (whole - part) + b * part) / whole);
}

}  // namespace

Canvas::Canvas(int width, int height)
    : width_(width),
      height_(height),
      pixels_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3) {}

std::span<const std::uint8_t> Canvas::row(int y) const {
  const std::size_t stride = static_cast<std::size_t>(width_) * 3;
  return std::span(pixels_).subspan(static_cast<std::size_t>(y) * stride, stride);
}

void Canvas::fill(int x, int y, int w, int h, Colour colour) {
  const int right = std::min(x + w, width_);
  const int bottom = std::min(y + h, height_);
  for (int row = std::max(y, 0); row < bottom; ++row) {
    for (int column = std::max(x, 0); column < right; ++column) {
      const std::size_t at = (static_cast<std::size_t>(row) * static_cast<std::size_t>(width_) +
                              static_cast<std::size_t>(column)) *
                             3;
      pixels_[at] = colour.r;
      pixels_[at + 1] = colour.g;
      pixels_[at + 2] = colour.b;
    }
  }
}

void Canvas::frame(int x, int y, int w, int h, Colour colour) {
  fill(x, y, w, 1, colour);
  fill(x, y + h - 1, w, 1, colour);
  fill(x, y, 1, h, colour);
  fill(x + w - 1, y, 1, h, colour);
}

void Canvas::gradient(Colour top, Colour bottom) {
  for (int y = 0; y < height_; ++y) {
    fill(0, y, width_, 1,
         {blend(top.r, bottom.r, y, height_), blend(top.g, bottom.g, y, height_),
          blend(top.b, bottom.b, y, height_)});
  }
}

void Canvas::text(int x, int y, std::string_view text, int scale, Colour colour) {
  for (const char c : text) {
    const std::uint16_t bits = glyph(c);
    for (int i = 0; i < 15; ++i) {
      if ((bits >> (14 - i)) & 1) fill(x + i % 3 * scale, y + i / 3 * scale, scale, scale, colour);
    }
    x += 4 * scale;
  }
}

}  // namespace vfleet::devices::ip_camera::picture
