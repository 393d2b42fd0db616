// Whatever the bytes: no crash, and what is understood lies inside of them and reads the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "simulator/codec/envelope/envelope.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  namespace envelope = vfleet::codec::envelope;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  std::string_view data;
  const auto head = envelope::read_head(text, &data);
  if (!head) return 0;
  check(inside(head->device, text) && inside(head->type, text) && inside(head->id, text) &&
        inside(data, text));
  check(data.starts_with('{'));  // what follows is not looked at: it may be no JSON
  // Text that needs no escaping is written back as it was.
  const std::string names = std::string(head->device) + std::string(head->type) + std::string(head->id);
  for (const char c : names) {
    if (c == '\\' || static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) return 0;
  }
  if (head->due_us < 0 || head->sent_us < 0 || head->id.empty()) return 0;
  std::string again;
  vfleet::codec::json::Writer writer(again);
  envelope::begin(writer, *head);
  writer.raw(data);
  envelope::finish(writer);
  const auto second = envelope::read_head(again);
  check(second.has_value());
  check(second->device == head->device && second->type == head->type && second->id == head->id);
  check(second->boot == head->boot && second->seq == head->seq && second->channel == head->channel);
  check(second->due_us == head->due_us && second->sent_us == head->sent_us);
  return 0;
}
