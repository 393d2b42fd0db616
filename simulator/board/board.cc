#include "simulator/board/board.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include "simulator/board/directory.h"

namespace vfleet::board {
namespace {

static_assert(std::endian::native == std::endian::little,
              "texts and the magic are laid out for little-endian");

template <std::size_t n>
consteval std::uint32_t header(const char (&name)[n]) {
  return cell_of(kHeaderFields, name);
}

Error failed(const std::string& what, int error) {
  return {Errc::unavailable, "board: " + what + ": " + std::generic_category().message(error)};
}

// 0, or the error number.
int reserve(int file, std::uint32_t first_cell, std::uint32_t cells) {
  while (true) {
    const int error = ::posix_fallocate(file, off_t{first_cell} * 8, off_t{cells} * 8);
    if (error != EINTR) return error;
  }
}

// A file that is removed unless it was given its name.
struct NewFile {
  ~NewFile() {
    if (file >= 0) ::close(file);
    if (!path.empty()) ::unlink(path.c_str());
  }
  int file = -1;
  std::string path;
};

}  // namespace

void set_text(Cell* at, std::uint32_t cells, std::string_view text) {
  std::array<std::uint64_t, 16> words{};
  // UTF-8 is not cut within a character.
  std::size_t size = std::min<std::size_t>(text.size(), std::size_t{cells} * 8 - 1);
  if (size < text.size()) {
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  }
  std::memcpy(words.data(), text.data(), size);
  for (std::uint32_t i = cells; i-- > 1;) at[i].set(words[i]);
  at[0].publish(words[0]);
}

Result<Board> Board::create(const Place& place) {
  const auto directory = make_directory(place.run_dir);
  if (!directory) return tl::unexpected<Error>(directory.error());
  const std::string name = place.name + "." + std::to_string(::getpid());
  NewFile made;
  made.path = *directory + "/" + name + ".new";
  ::unlink(made.path.c_str());  // of a process that had this number before and died right here
  made.file = ::open(made.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made.file < 0) {
    const int error = errno;
    return tl::unexpected<Error>(failed(std::exchange(made.path, {}), error));
  }
  if (::ftruncate(made.file, off_t{kBoardBytes}) != 0)
    return tl::unexpected<Error>(failed("no space for " + made.path, errno));
  if (const int error = reserve(made.file, 0, kFixedCells); error != 0)
    return tl::unexpected<Error>(failed("no space for " + made.path, error));
  void* const memory = ::mmap(nullptr, kBoardBytes, PROT_READ | PROT_WRITE, MAP_SHARED, made.file, 0);
  if (memory == MAP_FAILED) return tl::unexpected<Error>(failed("cannot map " + made.path, errno));
  Board board(std::launder(static_cast<Cell*>(memory)), made.file, *directory + "/" + name + ".board");
  const int file = std::exchange(made.file, -1);  // the board's from here

  board.cell(kHeader, header("layout")).set(layout_hash());
  board.cell(kHeader, header("size")).set(kBoardBytes);
  board.cell(kHeader, header("pid")).set(static_cast<std::uint64_t>(::getpid()));
  board.cell(kHeader, header("shard")).set(place.shard);
  board.cell(kHeader, header("started_us")).set(static_cast<std::uint64_t>(to_us(place.started)));
  set_text(&board.cell(kHeader, header("name")), 8, place.name);
  set_text(board.row(kGroups), 8, kOther);
  board.cell(kHeader, header("magic")).publish(kMagic);
  if (!lock(file)) return tl::unexpected<Error>(failed("cannot lock " + made.path, errno));
  if (::rename(made.path.c_str(), board.path_.c_str()) != 0)
    return tl::unexpected<Error>(failed("cannot name " + board.path_, errno));
  made.path.clear();
  return board;
}

Board Board::in_memory() {
  void* const memory = ::mmap(nullptr, kBoardBytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  Board board(std::launder(static_cast<Cell*>(memory)), -1, {});
  board.cell(kHeader, header("magic")).set(kMagic);
  board.cell(kHeader, header("layout")).set(layout_hash());
  board.cell(kHeader, header("size")).set(kBoardBytes);
  set_text(board.row(kGroups), 8, kOther);
  return board;
}

Board::Board(Board&& other) noexcept
    : cells_(std::exchange(other.cells_, nullptr)),
      file_(std::exchange(other.file_, -1)),
      usable_(other.usable_),
      latency_rows_(other.latency_rows_),
      path_(std::move(other.path_)) {}

Board::~Board() {
  if (cells_ != nullptr) ::munmap(cells_, kBoardBytes);
  if (file_ >= 0) ::close(file_);
}

bool Board::reserve_group(std::uint32_t row) {
  const std::uint32_t end = row_of(kGroups, row + 1);
  if (end <= usable_) return true;
  if (end > kMainCells) return false;
  if (file_ >= 0 && reserve(file_, usable_, end - usable_) != 0) return false;
  usable_ = end;
  return true;
}

std::optional<std::uint32_t> Board::take_latency_row(std::string_view name) {
  if (latency_rows_ == kLatenciesMax) return kLatenciesMax - 1;
  const std::uint32_t taken = latency_rows_;
  if (!reserve_latency_page(taken, 0)) return std::nullopt;
  set_text(row(kLatencies, taken), kLatencyFields[0].cells, taken + 1 < kLatenciesMax ? name : kOther);
  cell(kHeader, header("latency_rows")).publish(++latency_rows_);
  return taken;
}

bool Board::reserve_latency_page(std::uint32_t row, std::uint32_t page) {
  return file_ < 0 || reserve(file_, row_of(kLatencies, row) + page * kPageCells, kPageCells) == 0;
}

void Board::set_state(State state) {
  cell(kHeader, header("state")).publish(static_cast<std::uint64_t>(state));
}

void Board::set_life(std::string_view fleet, std::uint64_t boot, std::uint32_t shard, std::uint32_t shards) {
  set_text(&cell(kHeader, header("fleet")), 8, fleet);
  cell(kHeader, header("boot")).set(boot);
  cell(kHeader, header("shard")).set(shard);
  cell(kHeader, header("shards")).set(shards);
}

}  // namespace vfleet::board
