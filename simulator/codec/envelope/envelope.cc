#include "simulator/codec/envelope/envelope.h"

#include <algorithm>
#include <charconv>

namespace vfleet::codec::envelope {
namespace {

constexpr std::size_t kDigits = 20;

// They write at `at`, where there is room, and say where they ended.
char* put(char* at, std::string_view text) { return std::copy(text.begin(), text.end(), at); }
char* put(char* at, std::uint64_t value) { return std::to_chars(at, at + kDigits, value).ptr; }

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
  // What follows is of a known size at most: written in place, and cut to what it came to.
  constexpr std::size_t kWords = 96;
  const std::size_t before = out.size();
  out.resize(before + kWords + head.type.size() + 7 * kDigits);
  char* at = out.data() + before;
  at = put(put(at, ",\"boot\":"), head.boot);
  at = put(put(at, ",\"seq\":"), head.seq);
  at = put(put(at, ",\"due_us\":"), static_cast<std::uint64_t>(head.due_us));
  at = put(put(at, ",\"sent_us\":"), static_cast<std::uint64_t>(head.sent_us));
  at = put(put(at, ",\"type\":\""), head.type);
  at = put(put(at, "\",\"ch\":"), std::uint64_t{head.channel});
  at = put(at, ",\"id\":");
  if (head.id.empty()) {
    at = put(put(at, "\""), head.boot);
    at = put(put(at, "-"), head.seq);
    at = put(at, "\",\"data\":");
    out.resize(static_cast<std::size_t>(at - out.data()));
  } else {
    out.resize(static_cast<std::size_t>(at - out.data()));
    json::Writer(out).text(head.id);
    out.append(",\"data\":");
  }
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
