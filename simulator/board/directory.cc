#include "simulator/board/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "simulator/board/snapshot.h"
#include "simulator/core/hash.h"

namespace vfleet::board {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMemory = "/dev/shm";
/// In a board directory: which run it belongs to.
constexpr const char* kRunLink = "run";

std::string prefix() {
  return "vfleet-" + std::to_string(::geteuid()) + "-";
}

fs::path canonical(const std::string& run_dir) {
  std::error_code error;
  fs::path path = fs::canonical(run_dir, error);
  return error ? fs::absolute(run_dir, error).lexically_normal() : path;
}

fs::path place_of(const std::string& run_dir) {
  std::string digits;
  for (std::uint64_t rest = hash(canonical(run_dir).string()), i = 0; i < 16; ++i, rest >>= 4)
    digits += "0123456789abcdef"[rest & 15U];
  return fs::path(kMemory) / (prefix() + digits);
}

Error failed(const std::string& what, int error) {
  return {Errc::unavailable, "board: " + what + ": " + std::generic_category().message(error)};
}

// Only a directory of our own that nobody else can write to.
bool is_private(const fs::path& path) {
  struct stat info = {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() &&
         (info.st_mode & 077U) == 0;
}

// "NAME.PID.board"
bool parse_name(const std::string& file, Entry& entry) {
  constexpr std::string_view kEnd = ".board";
  if (!file.ends_with(kEnd)) return false;
  const std::string_view stem(file.data(), file.size() - kEnd.size());
  const std::size_t dot = stem.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view digits = stem.substr(dot + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), entry.pid);
  if (error != std::errc{} || end != digits.data() + digits.size() || entry.pid <= 0) return false;
  entry.name = stem.substr(0, dot);
  return true;
}

std::vector<Entry> list_in(const fs::path& directory) {
  std::vector<Entry> entries;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(directory, error)) {
    Entry entry{.path = file.path().string(), .name = {}, .pid = 0};
    if (parse_name(file.path().filename().string(), entry)) entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.name != b.name ? a.name < b.name : a.pid < b.pid;
  });
  return entries;
}

bool is_over(const std::string& path) {
  if (!writer_lives(path)) return true;
  const auto seen = read(path);
  return seen && seen->state() == State::ended;
}

// False when a writer still lives in it.
bool clear(const fs::path& directory) {
  bool all = true;
  std::error_code error;
  for (const Entry& entry : list_in(directory)) {
    if (is_over(entry.path)) {
      remove(entry);
    } else {
      all = false;
    }
  }
  if (!all) return false;
  // What is left are halves of boards, the account of past lives and our own link.
  for (const auto& file : fs::directory_iterator(directory, error)) {
    std::error_code ignored;
    if (!file.is_directory(ignored) || file.is_symlink(ignored)) fs::remove(file.path(), ignored);
  }
  return fs::remove(directory, error);
}

}  // namespace

Result<std::string> make_directory(const std::string& run_dir) {
  const fs::path place = place_of(run_dir);
  if (::mkdir(place.c_str(), 0700) != 0 && errno != EEXIST)
    return tl::unexpected<Error>(failed("cannot make " + place.string(), errno));
  if (!is_private(place))
    return fail(Errc::unavailable, "board: " + place.string() + " is not a directory of this user alone");
  const std::string run = canonical(run_dir).string();
  if (::symlink(run.c_str(), (place / kRunLink).c_str()) != 0 && errno != EEXIST)
    return tl::unexpected<Error>(failed("cannot write to " + place.string(), errno));
  const fs::path link = fs::path(run_dir) / "board";
  std::error_code error;
  if (::symlink(place.c_str(), link.c_str()) != 0) {
    if (errno != EEXIST) return tl::unexpected<Error>(failed("cannot make " + link.string(), errno));
    // Of this run directory when it had another name, perhaps: several workers may find that at once.
    if (fs::read_symlink(link, error) != place) {
      const std::string aside = link.string() + "." + std::to_string(::getpid());
      ::unlink(aside.c_str());
      if (::symlink(place.c_str(), aside.c_str()) != 0 || ::rename(aside.c_str(), link.c_str()) != 0) {
        const int why = errno;
        ::unlink(aside.c_str());
        return tl::unexpected<Error>(failed("cannot make " + link.string(), why));
      }
    }
  }
  return link.string();
}

std::vector<Entry> list(const std::string& run_dir) {
  return list_in(fs::path(run_dir) / "board");
}

bool lock(int file) {
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return ::fcntl(file, F_OFD_SETLK, &range) == 0;
}

bool writer_lives(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return false;
  struct flock range = {};
  range.l_type = F_RDLCK;
  range.l_whence = SEEK_SET;
  const bool held = ::fcntl(file, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
  ::close(file);
  return held;
}

void remove(const Entry& entry) {
  ::unlink(entry.path.c_str());
}

void remove_all(const std::string& run_dir) {
  const fs::path link = fs::path(run_dir) / "board";
  const fs::path place = place_of(run_dir);
  std::error_code error;
  const bool ours = is_private(place);
  if (ours && !clear(place)) return;
  // The link may lead to where boards lay under another name of this run directory.
  if (fs::is_symlink(link, error)) fs::remove(link, error);
}

std::size_t remove_orphans() {
  std::size_t removed = 0;
  std::error_code error;
  for (const auto& each : fs::directory_iterator(kMemory, error)) {
    const fs::path& place = each.path();
    if (!place.filename().string().starts_with(prefix()) || !is_private(place)) continue;
    std::error_code failed_to;
    const fs::path run = fs::read_symlink(place / kRunLink, failed_to);
    if (failed_to || fs::exists(run, failed_to) || failed_to) continue;
    if (clear(place)) ++removed;
  }
  return removed;
}

}  // namespace vfleet::board
