// Any bytes as a journal. An input is the file itself and, so that the fuzzer gets past what SQLite checks,
// it is also laid over a whole journal from the place that its first two bytes say.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "control/journal/layout.h"
#include "control/journal/reader.h"

namespace {

using namespace vfleet;
using namespace vfleet::control::journal;

void require(bool holds) {
  if (!holds) std::abort();
}

const std::string& path() {
  static const std::string text = "/tmp/vfleet-journal-fuzz-" + std::to_string(::getpid());
  return text;
}

void remove_all() {
  for (const char* end : {"", "-wal", "-shm", "-journal"}) ::unlink((path() + end).c_str());
}

std::string whole_journal() {
  remove_all();
  {
    auto database = Database::open(path(), Database::Open::create);
    require(database.has_value());
    require(make_layout(*database, {.fleet = "demo", .file = "/demo.yaml", .shards = 2, .lives = 1}, {3, 4})
                .has_value());
    require(database
                ->run(R"(
      INSERT INTO text VALUES(1, '{"name":"pile","type":"pile","count":3}');
      INSERT INTO fleet VALUES(0, '{"name":"demo"}');
      INSERT INTO fleet_group VALUES(0, 0, 1);
      INSERT INTO ordinal VALUES(0, 'pile-{:05}', 1, 3, 0);
      INSERT INTO command VALUES(1, 1, 7, 1, 'c1', 'set', 'all', '{"patch":{"power":"7kW"}}', 5, 0, 0, '{}');
      INSERT INTO command VALUES(2, NULL, 7, 2, 'c2', 'trigger', 'pile-00001', '{"report":"meter"}', 6, 9, NULL, NULL);
    )")
                .has_value());
  }
  std::ifstream in(path(), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void look_at(std::string_view bytes) {
  remove_all();
  {
    std::ofstream out(path(), std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  if (const auto summary = look(path()); !summary) require(!summary.error().detail.empty());
  (void)rescue_boots(path());
  auto database = Database::open(path(), Database::Open::read_only);
  if (!database || !check_layout(*database, path())) return;
  if (const auto all = read_all(*database)) {
    require(all->latest.changes.size() == all->latest.revision);
  } else {
    require(!all.error().detail.empty());
  }
  (void)read_history(*database, {});
  (void)read_history(*database, {.durable_only = true, .below = 9});
  (void)read_entry(*database, "c1");
  (void)read_entry_at(*database, 1);
  (void)read_past(*database, 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string whole = whole_journal();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (size < 3) return 0;
  if (input.starts_with("SQLite")) look_at(input);
  std::string changed = whole;
  const std::size_t at = (std::size_t{data[0]} << 8U | data[1]) * 4 % changed.size();
  const std::string_view rest = input.substr(2, changed.size() - at);
  look_at(changed.replace(at, rest.size(), rest));
  remove_all();
  return 0;
}
