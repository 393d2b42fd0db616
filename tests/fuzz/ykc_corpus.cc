// Writes what ykc_fuzz begins with, from the tables: a layout, frames and values of every frame there is.
//
//   ykc_corpus DIRECTORY
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/frame.h"
#include "simulator/codec/ykc/layout_text.h"
#include "tests/support/ykc_samples.h"

namespace {

using namespace vfleet::codec::ykc;

bool good = true;

void write(const std::filesystem::path& path, char kind, char second, std::string_view rest) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << kind << second << rest;
  out.close();
  good = good && static_cast<bool>(out);
}

// Of one frame alone, so that the fuzzer reaches its lines soon.
std::string text_of(const FrameLayout& frame) {
  std::string out = "layout one\nframe " + type_text(frame.type) + " " + frame.name + "\n";
  for (const FieldLine& line : frame.lines) out += "  " + line.name + " " + line.spec + "\n";
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  std::filesystem::create_directories(directory, error);
  const Layout& all = *built_in("ykc");
  vfleet::Random random(1, 1, "corpus");
  std::string stream;
  for (const FrameLayout& frame : all.frames()) {
    const std::string body = sample_body(all, frame, random);
    std::string bytes;
    good = append_frame({.sequence = frame.type, .type = frame.type, .body = body}, bytes) && good;
    write(directory / ("frame-" + frame.name), 0, 7, bytes);
    write(directory / ("layout-" + frame.name), 2, 0, text_of(frame));
    stream += bytes;
    for (const auto& [name, value] : values_of(BodyReader(all, frame, body))) {
      if (name.find('[') != std::string::npos && name.find("[0]") == std::string::npos) continue;
      write(directory / ("value-" + frame.name + "-" + name), 1, static_cast<char>(frame.type), value);
    }
  }
  write(directory / "stream", 0, 30, stream);
  write(directory / "settings", 2, 0,
        "layout s # doc\nsetting fault_bit_base 0\nsetting card_order reversed\nsetting weekday on\n"
        "setting crc_order high\nframe 0x01 a # b\n  n u8 optional\n");
  if (!good || error) {
    std::fprintf(stderr, "%s: cannot write to %s\n", argv[0], argv[1]);
    return 1;
  }
  return 0;
}
