#include "tests/support/ykc_samples.h"

#include <cstdlib>

#include "simulator/codec/ykc/body_writer.h"
#include "simulator/codec/ykc/civil_time.h"
#include "simulator/codec/ykc/describe.h"
#include "simulator/codec/ykc/text.h"

namespace vfleet::codec::ykc {
namespace {

std::string digits(std::size_t count, unsigned base, Random& random) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "0123456789ABCDEF"[random.below(base)];
  return out;
}

std::string letters(std::size_t count, Random& random) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += static_cast<char>('!' + random.below('~' - '!'));
  return out;
}

std::int64_t draw_number(const Field& field, Random& random) {
  if (!field.words.empty()) return field.words[random.below(field.words.size())].value;
  const std::int64_t low = field.range ? field.range->first : field.low();
  const std::int64_t high = field.range ? field.range->second : field.high();
  return low + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high - low) + 1));
}

void draw(const Field& field, int index, std::size_t row, BodyWriter& writer, Random& random) {
  switch (field.encoding) {
    case Encoding::number:
      writer.number(index, draw_number(field, random), row);
      return;
    case Encoding::bits: {
      std::int64_t flags = 0;
      for (const Word& word : field.words) {
        if (random.chance(0.3)) flags |= std::int64_t{1} << word.value;
      }
      writer.number(index, flags, row);
      return;
    }
    case Encoding::bcd:
      writer.text(index, digits(field.bit_size / 4, field.hex_digits ? 16 : 10, random), row);
      return;
    case Encoding::ascii:
      writer.text(index, letters(random.below((field.bit_size == 0 ? 40 : field.bit_size / 8) + 1), random),
                  row);
      return;
    case Encoding::hex:
    case Encoding::card:
      writer.bytes(index, from_hex(digits(field.bit_size / 4, 16, random)), row);
      return;
    case Encoding::cp56:
      writer.number(index, kCp56Low + static_cast<std::int64_t>(random.below(kCp56High - kCp56Low)), row);
      return;
  }
}

}  // namespace

std::string from_hex(std::string_view text) {
  std::string out;
  if (!append_bytes(text, out)) std::abort();
  return out;
}

std::string sample_body(const Layout& layout, const FrameLayout& frame, Random& random) {
  std::string out;
  BodyWriter writer(layout, frame, out);
  for (std::size_t i = 0; i < frame.fields.size() && !frame.in_group(i); ++i) {
    const Field& field = frame.fields[i];
    if (field.optional && random.chance(0.5)) break;
    draw(field, static_cast<int>(i), 0, writer, random);
  }
  if (frame.group) {
    const Group& group = *frame.group;
    const std::size_t rows = group.rows != 0 ? group.rows : random.below(group.rows_max + 1);
    writer.rows(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t i = group.first; i < frame.fields.size(); ++i) {
        draw(frame.fields[i], static_cast<int>(i), row, writer, random);
      }
    }
  }
  if (!writer.good()) std::abort();
  return out;
}

std::vector<std::pair<std::string, std::string>> values_of(const BodyReader& body) {
  std::vector<std::pair<std::string, std::string>> out;
  const FrameLayout& frame = body.frame();
  const auto add = [&](std::size_t i, std::size_t row) {
    const int index = static_cast<int>(i);
    if (!body.has(index, row)) return;
    std::string name = frame.fields[i].name;
    if (frame.in_group(i)) name.insert(name.find('.'), "[" + std::to_string(row) + "]");
    std::string value;
    append_value(body, index, row, value);
    // Does the value say it all?
    std::string again;
    BodyWriter writer(body.layout(), frame, again);
    if (!writer.set(name, value) ||
        BodyReader(body.layout(), frame, again).bytes(index, row) != body.bytes(index, row)) {
      if (frame.fields[i].bit_size % 8 == 0) {
        value = "raw:";
        append_hex(body.bytes(index, row), value);
      }
    }
    out.emplace_back(std::move(name), std::move(value));
  };
  for (std::size_t i = 0; i < frame.fields.size() && !frame.in_group(i); ++i) add(i, 0);
  for (std::size_t row = 0; row < body.rows(); ++row) {
    for (std::size_t i = frame.group->first; i < frame.fields.size(); ++i) add(i, row);
  }
  return out;
}

Result<std::string> body_of(const Layout& layout, const FrameLayout& frame,
                            const std::vector<std::pair<std::string, std::string>>& values) {
  std::string out;
  BodyWriter writer(layout, frame, out);
  for (const auto& [name, value] : values) {
    if (const auto set = writer.set(name, value); !set) return tl::unexpected<Error>(set.error());
  }
  return out;
}

}  // namespace vfleet::codec::ykc
