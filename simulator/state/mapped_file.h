#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "simulator/core/result.h"

namespace vfleet::state {

/// A file in memory, shared with the kernel: what is written survives the process at once, and a power cut as
/// far as the kernel has written it out. The space is reserved, so that a full file system is an error of
/// grow() and never a signal. Locked against a second process.
class MappedFile {
 public:
  /// Opens or makes the file, at least `bytes` long. Errors: unavailable, with what to do; rejected, when
  /// another process holds it.
  [[nodiscard]] static Result<std::unique_ptr<MappedFile>> open(const std::string& path, std::size_t bytes);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// Zeros follow. Addresses change. Errors: unavailable; then nothing changed.
  [[nodiscard]] Status grow(std::size_t bytes);
  /// The file gets another name, in the place of what had it; this object goes on with it.
  [[nodiscard]] Status rename(const std::string& to);

  [[nodiscard]] std::byte* data() { return data_; }
  [[nodiscard]] const std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// How long the file was when it was opened; 0: it was made.
  [[nodiscard]] std::size_t found_bytes() const { return found_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  MappedFile() = default;
  [[nodiscard]] Status reserve(std::size_t from, std::size_t to);

  std::string path_;
  int fd_ = -1;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t found_ = 0;
};

}  // namespace vfleet::state
