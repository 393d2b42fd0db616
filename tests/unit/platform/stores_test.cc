#include <gtest/gtest.h>

#include "simulator/core/random.h"
#include "simulator/platform/command_book.h"
#include "simulator/platform/device_store.h"
#include "simulator/platform/recent_reports.h"
#include "simulator/platform/type_table.h"

namespace vfleet::platform {
namespace {

codec::envelope::Head head_of(std::uint64_t seq) {
  codec::envelope::Head head;
  head.boot = 1;
  head.seq = seq;
  return head;
}

TEST(TypeTable, GivesANameOneNumber) {
  TypeTable types;
  const auto meter = types.intern("meter");
  EXPECT_EQ(types.intern("meter"), meter);
  EXPECT_NE(types.intern("status"), meter);
  EXPECT_EQ(types.name(meter), "meter");
}

TEST(TypeTable, NamesPastTheLimitShareOneNumber) {
  TypeTable types;
  for (int i = 0; i < 1000; ++i) types.intern("t" + std::to_string(i));
  EXPECT_EQ(types.size(), TypeTable::kTypesMax);
  EXPECT_EQ(types.intern("one more"), TypeTable::kOther);
  EXPECT_EQ(types.intern(std::string(1000, 'x')), TypeTable::kOther);
}

TEST(DeviceStore, KeepsTheLastOfEachTypeAndTheLastFew) {
  DeviceStore store({.history_length = 3});
  Device* device = store.find_or_add("pile-1");
  ASSERT_NE(device, nullptr);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    store.keep(*device, head_of(seq), seq % 2 == 0 ? 1 : 2, 0, "text " + std::to_string(seq));
  }
  ASSERT_EQ(device->last_by_type.size(), 2U);
  EXPECT_EQ(device->last_by_type[0].text, "text 5");
  EXPECT_EQ(device->last_by_type[1].text, "text 4");
  ASSERT_EQ(device->history.size(), 3U);
  for (std::uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(device->history[(device->history_next + i) % 3].seq, 3 + i);
  }
  EXPECT_EQ(store.find("pile-1"), device);
  EXPECT_EQ(store.find("pile-2"), nullptr);
}

TEST(DeviceStore, TracksNoMoreDevicesThanItsLimit) {
  DeviceStore store({.devices_max = 2, .device_id_max = 8});
  EXPECT_NE(store.find_or_add("a"), nullptr);
  EXPECT_EQ(store.find_or_add("123456789"), nullptr);
  EXPECT_EQ(store.find_or_add(""), nullptr);
  EXPECT_NE(store.find_or_add("b"), nullptr);
  EXPECT_EQ(store.find_or_add("c"), nullptr);
  EXPECT_NE(store.find_or_add("a"), nullptr);
}

TEST(DeviceStore, KeepsTheBeginningOfLongTexts) {
  DeviceStore store({.last_text_max = 10, .history_text_max = 4});
  Device* device = store.find_or_add("a");
  store.keep(*device, head_of(1), 1, 0, "0123456789ab");
  EXPECT_EQ(device->last_by_type[0].text, "0123456789");
  EXPECT_TRUE(device->last_by_type[0].cut);
  EXPECT_EQ(device->history[0].text, "0123");
}

TEST(DeviceStore, StaysWithinItsMemoryWhateverComes) {
  constexpr std::size_t kMax = 100'000;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Random random(seed, 0, "store");
    DeviceStore store({.kept_bytes_max = kMax});
    for (std::uint64_t i = 1; i <= 3000; ++i) {
      Device* device = store.find_or_add("d" + std::to_string(random.below(50)));
      const std::string text(random.below(random.chance(0.1) ? 20'000 : 400), 'x');
      store.keep(*device, head_of(i), static_cast<std::uint16_t>(random.below(6)), 0, text);
      ASSERT_LE(store.kept_bytes(), kMax + kMax / 100);
    }
    EXPECT_GT(store.kept_bytes(), kMax / 2);
    for (const Device& device : store.devices()) {
      std::uint64_t last = 0;
      for (std::size_t i = 0; i < device.history.size(); ++i) {
        const KeptReport& report = device.history[(device.history_next + i) % device.history.size()];
        EXPECT_GT(report.seq, last) << "the history is out of order";
        last = report.seq;
      }
    }
  }
}

TEST(RecentReports, ForgetTheOldestFirst) {
  RecentReports recent(nullptr, 3);
  for (int i = 1; i <= 5; ++i) recent.add("d", "fault", i, "{}");
  const auto found = recent.find({});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.front()->number, 3U);
  EXPECT_EQ(found.back()->number, 5U);
}

TEST(RecentReports, AreFoundByTypeDeviceAndField) {
  RecentReports recent;
  recent.add("pile-1", "fault", 1,
             R"({"data":{"code":"over_temperature","connector":1,"list":[{"x":true}]}})");
  recent.add("pile-2", "fault", 2, R"({"data":{"code":"ground_fault","connector":2}})");
  recent.add("pile-2", "login", 3, R"({"data":{}})");
  recent.add("pile-3", "fault", 4, "no JSON");
  const auto numbers = [&recent](const ReportFilter& filter) {
    std::vector<std::uint64_t> result;
    for (const RecentReport* report : recent.find(filter)) result.push_back(report->number);
    return result;
  };
  using Numbers = std::vector<std::uint64_t>;
  EXPECT_EQ(numbers({.type = "fault"}), (Numbers{1, 2, 4}));
  EXPECT_EQ(numbers({.device = "pile-2"}), (Numbers{2, 3}));
  EXPECT_EQ(numbers({.type = "fault", .limit = 1}), (Numbers{4}));
  EXPECT_EQ(numbers({.fields = {{"data.code", "over_temperature"}}}), (Numbers{1}));
  EXPECT_EQ(numbers({.fields = {{"data.connector", "2"}}}), (Numbers{2}));
  EXPECT_EQ(numbers({.fields = {{"data.list.0.x", "true"}}}), (Numbers{1}));
  EXPECT_EQ(numbers({.fields = {{"data.list.9.x", "true"}}}), (Numbers{}));
  EXPECT_EQ(numbers({.fields = {{"data.code.deeper", "1"}}}), (Numbers{}));
}

TEST(CommandBook, DeliversOnceAndMatchesTheAnswer) {
  CommandBook book;
  const std::string id = book.queue("pile-1", "reboot", R"({"in":5})").value();
  EXPECT_EQ(book.find(id)->state, DownCommand::State::queued);
  EXPECT_FALSE(book.answered("pile-1", id, "too early"));
  std::string out;
  book.deliver("pile-2", out);
  EXPECT_EQ(out, "");
  book.deliver("pile-1", out);
  EXPECT_EQ(out, R"(,"commands":[{"id":"cmd-1","type":"reboot","data":{"in":5}}])");
  EXPECT_FALSE(book.anything_waits());
  EXPECT_FALSE(book.answered("pile-2", id, "not mine"));
  EXPECT_FALSE(book.answered("pile-1", "cmd-", "no id"));
  EXPECT_FALSE(book.answered("pile-1", "cmd-1x", "no id"));
  EXPECT_TRUE(book.answered("pile-1", id, "done"));
  EXPECT_EQ(book.find(id)->answer, "done");
  EXPECT_FALSE(book.answered("pile-1", id, "again"));
  EXPECT_EQ(book.counts().answered, 1U);
}

TEST(CommandBook, DeliversInOrderAndRefusesAFullQueue) {
  CommandBook book;
  for (std::size_t i = 0; i < CommandBook::kPerDeviceMax; ++i)
    ASSERT_TRUE(book.queue("a", "t", "1").has_value());
  EXPECT_EQ(book.queue("a", "t", "1").error().code, Errc::rejected);
  EXPECT_TRUE(book.queue("b", "t", "1").has_value());
  std::string out;
  book.deliver("a", out);
  EXPECT_LT(out.find("\"cmd-1\""), out.find("\"cmd-2\""));
  EXPECT_TRUE(book.queue("a", "t", "1").has_value());
}

TEST(CommandBook, ForgetsTheOldestAndSaysSo) {
  CommandBook book;
  const std::string first = book.queue("d0", "t", "{}").value();
  for (std::size_t i = 1; i <= CommandBook::kKeptMax; ++i)
    ASSERT_TRUE(book.queue("d" + std::to_string(i), "t", "{}"));
  EXPECT_EQ(book.find(first), nullptr);
  EXPECT_EQ(book.counts().dropped, 1U);
  std::string out;
  book.deliver("d0", out);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace vfleet::platform
