// Any bytes as a state file: used or moved aside, and never more than a file of it that can be written to.
// The first byte says whether the header is made good first, so that what is behind it is reached.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "simulator/state/state_file.h"

namespace {

using namespace vfleet::state;

void require(bool holds) {
  if (!holds) std::abort();
}

void write_file(const std::string& path, const std::string& bytes) {
  std::FILE* out = std::fopen(path.c_str(), "wb");
  require(out != nullptr);
  require(std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size());
  std::fclose(out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr Owner kOwner{.fleet = 1, .seed = 2, .start_us = 3, .shard = 0, .shards = 1};
  static const std::string path = "/tmp/vfleet-state-fuzz-" + std::to_string(::getpid());
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) {
    FileHeader header;
    header.owner = kOwner;
    header.checksum =
        checksum({reinterpret_cast<const std::byte*>(&header), offsetof(FileHeader, checksum)}, kMagic);
    header.chunks = 1;
    bytes.insert(0, std::string(kHeaderBytes, '\0'));
    std::memcpy(bytes.data(), &header, sizeof header);
    bytes.resize(std::max(bytes.size(), kHeaderBytes + kChunkBytes));
  }
  write_file(path, bytes);
  auto opened = StateFile::open(path, kOwner);
  require(opened.has_value());
  StateFile& file = **opened;
  // Whatever it took over can be read, replaced and given back.
  for (const std::uint64_t who : {std::uint64_t{1}, std::uint64_t{0x3131313131313131}, std::uint64_t{77}}) {
    const Key key{who, 0x31313131};
    Handle handle = file.attach(key);
    require(file.read(handle).size() <= kBytesMax);
    const std::byte mine[40]{std::byte{7}};
    require(file.write(key, handle, mine, 5));
    require(file.read(handle).size() == sizeof mine && file.seq(handle) == 5);
    file.detach(key, handle);
  }
  ::unlink(path.c_str());
  ::unlink((path + ".old").c_str());
  return 0;
}
