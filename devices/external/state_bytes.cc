#include "devices/external/state_bytes.h"

#include <cstdint>
#include <cstring>

#include "simulator/device/type.h"

namespace vfleet::devices::external {
namespace {

constexpr char kVersion = 1;

class Writer {
 public:
  explicit Writer(std::span<std::byte> out) : out_(out) {}
  void put(const void* bytes, std::size_t size) {
    if (size > out_.size() - used_) {
      full_ = true;
    } else if (!full_) {
      std::memcpy(out_.data() + used_, bytes, size);
      used_ += size;
    }
  }
  void put(char byte) { put(&byte, 1); }
  /// Takes back what was put since `mark` when it did not all fit.
  void keep_whole(std::size_t mark) {
    if (full_) used_ = mark;
    full_ = false;
  }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  std::span<std::byte> out_;
  std::size_t used_ = 0;
  bool full_ = false;
};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> in) : in_(in) {}
  bool take(void* out, std::size_t size) {
    if (size > in_.size()) return false;
    std::memcpy(out, in_.data(), size);
    in_ = in_.subspan(size);
    return true;
  }
  bool take(std::string& out, std::size_t size) {
    if (size > in_.size()) return false;
    out.assign(reinterpret_cast<const char*>(in_.data()), size);
    in_ = in_.subspan(size);
    return true;
  }
  [[nodiscard]] bool empty() const { return in_.empty(); }

 private:
  std::span<const std::byte> in_;
};

}  // namespace

std::size_t write_state(const StateMap& state, std::span<std::byte> out) {
  Writer writer(out);
  writer.put(kVersion);
  for (const auto& [name, value] : state) {
    const std::size_t mark = writer.used();
    writer.put(static_cast<char>(name.size()));
    writer.put(name.data(), name.size());
    if (const auto* text = std::get_if<std::string>(&value)) {
      const auto length = static_cast<std::uint16_t>(text->size());
      writer.put('t');
      writer.put(&length, sizeof length);
      writer.put(text->data(), text->size());
    } else if (const auto* number = std::get_if<double>(&value)) {
      writer.put('n');
      writer.put(number, sizeof *number);
    } else {
      writer.put('b');
      writer.put(std::get<bool>(value) ? '\1' : '\0');
    }
    writer.keep_whole(mark);
  }
  return writer.used();
}

std::optional<StateMap> read_state(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  char version = 0;
  if (!reader.take(&version, 1) || version != kVersion) return std::nullopt;
  StateMap state;
  while (!reader.empty()) {
    std::uint8_t length = 0;
    std::string name;
    char kind = 0;
    if (!reader.take(&length, 1) || !reader.take(name, length) || !reader.take(&kind, 1)) return std::nullopt;
    if (!device::valid_open_name(name) || state.size() >= kStateMembersMax) return std::nullopt;
    if (kind == 't') {
      std::uint16_t size = 0;
      std::string text;
      if (!reader.take(&size, sizeof size) || size > kStateTextBytesMax || !reader.take(text, size))
        return std::nullopt;
      state.insert_or_assign(std::move(name), std::move(text));
    } else if (kind == 'n') {
      double number = 0;
      if (!reader.take(&number, sizeof number)) return std::nullopt;
      state.insert_or_assign(std::move(name), number);
    } else if (kind == 'b') {
      char flag = 0;
      if (!reader.take(&flag, 1) || (flag != 0 && flag != 1)) return std::nullopt;
      state.insert_or_assign(std::move(name), flag == 1);
    } else {
      return std::nullopt;
    }
  }
  return state;
}

}  // namespace vfleet::devices::external
