#include "simulator/codec/envelope/envelope.h"

#include <fmt/format.h>

#include <charconv>

namespace vfleet::codec::envelope {
namespace {

void append(Buffer& out, std::uint64_t value) {
  const fmt::format_int digits(value);
  out.append(digits.data(), digits.size());
}

std::string_view trimmed_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// A reader of exactly what begin() writes, spaces allowed between tokens.
class HeadReader {
 public:
  explicit HeadReader(std::string_view text) : text_(text) {}

  bool punctuation(char c) {
    skip();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool key(std::string_view name) {
    std::string_view got;
    return string(got) && got == name && punctuation(':');
  }

  // A string without its quotes, escapes left as they are.
  bool string(std::string_view& out) {
    if (!punctuation('"')) return false;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
        out = text_.substr(0, i);
        text_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  template <class T>
  bool integer(T& out) {
    skip();
    auto [rest, error] = std::from_chars(text_.data(), text_.data() + text_.size(), out);
    if (error != std::errc()) return false;
    text_.remove_prefix(static_cast<std::size_t>(rest - text_.data()));
    return true;
  }

  std::string_view rest() {
    skip();
    return text_;
  }

 private:
  void skip() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n' || text_.front() == '\r' ||
                              text_.front() == '\t')) {
      text_.remove_prefix(1);
    }
  }
  std::string_view text_;
};

}  // namespace

void begin(json::Writer& writer, const Head& head) {
  Buffer& out = writer.buffer();
  out.append("{\"v\":1,\"dev\":");
  json::Writer(out).text(head.device);
  out.append(",\"boot\":");
  append(out, head.boot);
  out.append(",\"seq\":");
  append(out, head.seq);
  out.append(",\"due_us\":");
  append(out, static_cast<std::uint64_t>(head.due_us));
  out.append(",\"sent_us\":");
  append(out, static_cast<std::uint64_t>(head.sent_us));
  out.append(",\"type\":\"");
  out.append(head.type);
  out.append("\",\"ch\":");
  append(out, head.channel);
  out.append(",\"id\":");
  if (head.id.empty()) {
    out.push_back('"');
    append(out, head.boot);
    out.push_back('-');
    append(out, head.seq);
    out.push_back('"');
  } else {
    json::Writer(out).text(head.id);
  }
  out.append(",\"data\":");
}

void finish(json::Writer& writer) { writer.buffer().push_back('}'); }

Result<Head> read_head(std::string_view text, std::string_view* data) {
  Head head;
  HeadReader in(text);
  int version = 0;
  const bool good = in.punctuation('{') && in.key("v") && in.integer(version) && version == 1 &&
                    in.punctuation(',') && in.key("dev") && in.string(head.device) && in.punctuation(',') &&
                    in.key("boot") && in.integer(head.boot) && in.punctuation(',') && in.key("seq") &&
                    in.integer(head.seq) && in.punctuation(',') && in.key("due_us") &&
                    in.integer(head.due_us) && in.punctuation(',') && in.key("sent_us") &&
                    in.integer(head.sent_us) && in.punctuation(',') && in.key("type") &&
                    in.string(head.type) && in.punctuation(',') && in.key("ch") && in.integer(head.channel) &&
                    in.punctuation(',') && in.key("id") && in.string(head.id) && in.punctuation(',') &&
                    in.key("data");
  if (!good) return fail(Errc::malformed);
  // The data object, its end and the message's: "{...}}".
  std::string_view rest = trimmed_end(in.rest());
  if (!rest.starts_with('{') || !rest.ends_with('}')) return fail(Errc::malformed);
  rest = trimmed_end(rest.substr(0, rest.size() - 1));
  if (rest.size() < 2 || !rest.ends_with('}')) return fail(Errc::malformed);
  if (data != nullptr) *data = rest;
  return head;
}

}  // namespace vfleet::codec::envelope
