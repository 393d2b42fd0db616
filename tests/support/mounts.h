#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>

/// File systems that a test makes for itself, for the programs that it starts to meet. A process that may not
/// mount enters a name space of its own for it, where it is root and nobody else sees what it mounts, and
/// stays there; that needs a kernel which lets users have one, and a process of one thread. Where neither is
/// permitted, mounted() is false.
namespace vfleet::test {

/// A disk of `bytes` at `path`, a folder that is made if need be. Gone with this, with all that is on it.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path path, std::size_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  /// With a file of that many bytes, or of all that there is room for.
  void fill(std::size_t bytes = std::numeric_limits<std::size_t>::max()) const;
  void empty() const;

 private:
  std::filesystem::path path_;
  bool mounted_ = false;
};

/// A file that nobody can write, not even root, while this lives.
class ReadOnlyFile {
 public:
  explicit ReadOnlyFile(std::filesystem::path path);
  ~ReadOnlyFile();
  ReadOnlyFile(const ReadOnlyFile&) = delete;
  ReadOnlyFile& operator=(const ReadOnlyFile&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::filesystem::path path_;
  bool mounted_ = false;
};

}  // namespace vfleet::test
