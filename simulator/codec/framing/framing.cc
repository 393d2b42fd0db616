#include "simulator/codec/framing/framing.h"

#include <algorithm>

namespace vfleet::codec::framing {
namespace {

constexpr std::size_t head_bytes(Kind kind) {
  return kind == Kind::length2be ? 2 : 4;
}

// So much is looked at while a rule cannot tell yet.
constexpr std::size_t kSizedStep = 512;

std::size_t length_of(std::string_view head) {
  std::size_t length = 0;
  for (const char c : head) length = length << 8 | static_cast<unsigned char>(c);
  return length;
}

bool append_counted(std::size_t head, std::string_view payload, std::string& out) {
  if (payload.size() >> (8 * head) != 0) return false;
  for (std::size_t i = head; i > 0; --i) out += static_cast<char>(payload.size() >> (8 * (i - 1)));
  out += payload;
  return true;
}

bool append_delimited(std::string_view end, std::string_view payload, std::string& out) {
  if (payload.find(end) != std::string_view::npos) return false;
  const std::size_t before = out.size();
  out.append(payload).append(end);
  // "x" and the delimiter "xy": the end of the one and the beginning of the other must not end it early.
  if (std::string_view(out).substr(before).find(end) == payload.size()) return true;
  out.resize(before);
  return false;
}

std::string_view without_cr(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace

bool append_frame(const Framing& framing, std::string_view payload, std::string& out) {
  switch (framing.kind) {
    case Kind::lines:
      return append_delimited("\n", payload, out);
    case Kind::delimiter:
      return append_delimited(framing.delimiter, payload, out);
    case Kind::length2be:
    case Kind::length4be:
      return append_counted(head_bytes(framing.kind), payload, out);
    case Kind::sized:
    case Kind::none:
      out += payload;
      return true;
  }
  return false;
}

// Its rule may find less in what had come than it was waiting for: then more stands behind it.
void FrameReader::forget_told() {
  if (told_bytes_ == 0 || told_bytes_ >= part_->size()) return reset();
  part_->erase(0, told_bytes_);
  told_bytes_ = 0;
  told_ = false;
}

FrameReader::Progress FrameReader::next(const Framing& framing, std::string_view& bytes,
                                        std::string_view& frame) {
  if (told_) forget_told();
  switch (framing.kind) {
    case Kind::lines: {
      const Progress progress = next_delimited(framing, "\n", bytes, frame);
      if (progress == Progress::frame) frame = without_cr(frame);
      return progress;
    }
    case Kind::delimiter:
      return next_delimited(framing, framing.delimiter, bytes, frame);
    case Kind::length2be:
    case Kind::length4be:
      return next_counted(framing, head_bytes(framing.kind), bytes, frame);
    case Kind::sized:
      return next_sized(framing, bytes, frame);
    case Kind::none:
      frame = bytes;
      bytes = {};
      return frame.empty() ? Progress::more : Progress::frame;
  }
  return Progress::more;
}

FrameReader::Progress FrameReader::next_delimited(const Framing& framing, std::string_view end,
                                                  std::string_view& bytes, std::string_view& frame) {
  // A CR before the LF is not counted.
  const std::size_t most = framing.frame_max + (framing.kind == Kind::lines ? 1 : 0);
  if (part_ == nullptr) {
    const std::size_t at = bytes.find(end);
    if (at != std::string_view::npos) {
      frame = bytes.substr(0, at);
      bytes.remove_prefix(at + end.size());
      return at > most ? Progress::too_long : Progress::frame;
    }
    if (bytes.empty()) return Progress::more;
    part_ = std::make_unique<std::string>();
  }
  // The delimiter may have begun in what is here.
  std::string& part = *part_;
  const std::size_t before = part.size();
  const std::size_t from = before - std::min(before, end.size() - 1);
  const std::size_t room = most + end.size() - std::min(before, most + end.size());
  const std::size_t taken = std::min(room, bytes.size());
  part.append(bytes.substr(0, taken));
  const std::size_t at = part.find(end, from);
  if (at == std::string::npos) {
    bytes.remove_prefix(taken);
    return part.size() >= most + end.size() ? Progress::too_long : Progress::more;
  }
  bytes.remove_prefix(at + end.size() - before);
  frame = std::string_view(part).substr(0, at);
  told_ = true;
  return Progress::frame;
}

FrameReader::Progress FrameReader::next_counted(const Framing& framing, std::size_t head,
                                                std::string_view& bytes, std::string_view& frame) {
  if (part_ == nullptr) {
    if (bytes.empty()) return Progress::more;
    if (bytes.size() >= head) {
      const std::size_t length = length_of(bytes.substr(0, head));
      if (length > framing.frame_max) return Progress::too_long;
      if (bytes.size() - head >= length) {
        frame = bytes.substr(head, length);
        bytes.remove_prefix(head + length);
        return Progress::frame;
      }
    }
    part_ = std::make_unique<std::string>();
  }
  std::string& part = *part_;
  const auto take = [&part, &bytes](std::size_t size) {
    const std::size_t taken = std::min(size - std::min(part.size(), size), bytes.size());
    part.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    return part.size() >= size;
  };
  if (!take(head)) return Progress::more;
  const std::size_t length = length_of(std::string_view(part).substr(0, head));
  if (length > framing.frame_max) return Progress::too_long;
  if (!take(head + length)) return Progress::more;
  frame = std::string_view(part).substr(head);
  told_ = true;
  return Progress::frame;
}

FrameReader::Progress FrameReader::next_sized(const Framing& framing, std::string_view& bytes,
                                              std::string_view& frame) {
  if (part_ == nullptr) {
    if (bytes.empty()) return Progress::more;
    const std::size_t size = framing.size_of(bytes);
    if (size > framing.frame_max) return Progress::too_long;
    if (size != 0 && size <= bytes.size()) {
      frame = bytes.substr(0, size);
      bytes.remove_prefix(size);
      return Progress::frame;
    }
    part_ = std::make_unique<std::string>();
  }
  std::string& part = *part_;
  std::size_t taken = 0;
  while (true) {
    const std::size_t size = part.empty() ? 0 : framing.size_of(part);
    if (size > framing.frame_max) return Progress::too_long;
    if (size != 0 && size <= part.size()) {
      // What is behind it goes back, as far as it has come now.
      const std::size_t back = std::min(taken, part.size() - size);
      bytes = {bytes.data() - back, bytes.size() + back};
      part.resize(part.size() - back);
      frame = std::string_view(part).substr(0, size);
      told_ = true;
      told_bytes_ = static_cast<std::uint32_t>(size);
      return Progress::frame;
    }
    if (size == 0 && part.size() > framing.frame_max) return Progress::too_long;
    if (bytes.empty()) return Progress::more;
    const std::size_t wanted = size == 0 ? kSizedStep : size - part.size();
    const std::size_t more = std::min(wanted, bytes.size());
    part.append(bytes.substr(0, more));
    bytes.remove_prefix(more);
    taken += more;
  }
}

}  // namespace vfleet::codec::framing
