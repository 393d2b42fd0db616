#include "simulator/state/state_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "simulator/core/random.h"

namespace vfleet::state {
namespace {

namespace fs = std::filesystem;

constexpr Owner kOwner{.fleet = 11, .seed = 42, .start_us = 1'000'000, .shard = 1, .shards = 4};
constexpr std::uint32_t kKind = 7;

class StateFileTest : public ::testing::Test {
 protected:
  StateFileTest() {
    folder_ = fs::temp_directory_path() / ("vfleet-state-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    path = (folder_ / "shard-1.state").string();
  }
  ~StateFileTest() override { fs::remove_all(folder_); }

  std::unique_ptr<StateFile> open(const Owner& owner = kOwner) {
    auto opened = StateFile::open(path, owner);
    if (opened) return std::move(*opened);
    ADD_FAILURE() << opened.error().detail;
    return nullptr;
  }
  static std::span<const std::byte> bytes(const std::string& text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
  }
  static std::string text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::string contents() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put_contents(const std::string& all) const { std::ofstream(path, std::ios::binary) << all; }

  fs::path folder_;
  std::string path;
};

TEST_F(StateFileTest, WhatWasWrittenIsThereInTheNextLife) {
  {
    const auto file = open();
    Handle handle = file->attach({5, kKind});
    EXPECT_FALSE(handle);
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes("first"), 1));
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes("second"), 2));
    file->set_seq(handle, 9);
  }
  const auto file = open();
  EXPECT_EQ(file->opened().records, 1u);
  const Handle handle = file->attach({5, kKind});
  ASSERT_TRUE(handle);
  EXPECT_EQ(text(file->read(handle)), "second");
  EXPECT_EQ(file->seq(handle), 9u);
  EXPECT_EQ(file->attach({6, kKind}).at, 0u);
}

TEST_F(StateFileTest, AnotherTypeOfTheSameNameStartsAnew) {
  {
    const auto file = open();
    Handle handle;
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes("pile"), 1));
  }
  const auto file = open();
  EXPECT_FALSE(file->attach({5, kKind + 1}));
  EXPECT_EQ(file->records(), 0u);
}

TEST_F(StateFileTest, AWriteCutShortAtAnyByteLeavesTheOneBefore) {
  const std::string old_text(100, 'a');
  const std::string new_text(100, 'b');
  std::string before;
  std::string after;
  {
    const auto file = open();
    Handle handle;
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes(old_text), 1));
    before = contents();
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes(new_text), 1));
    after = contents();
  }
  ASSERT_EQ(before.size(), after.size());
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != after[i]) changed.push_back(i);
  }
  ASSERT_GE(changed.size(), new_text.size());
  // Bytes may reach the file in any order: the first n of them, and all but the first n.
  for (std::size_t cut = 0; cut <= changed.size(); ++cut) {
    for (const bool front : {true, false}) {
      std::string torn = before;
      for (std::size_t i = 0; i < changed.size(); ++i) {
        if ((i < cut) == front) torn[changed[i]] = after[changed[i]];
      }
      put_contents(torn);
      const auto file = open();
      const Handle handle = file->attach({5, kKind});
      ASSERT_TRUE(handle) << cut;
      const std::string found = text(file->read(handle));
      const bool whole = front ? cut == changed.size() : cut == 0;
      ASSERT_EQ(found, whole ? new_text : old_text) << "cut " << cut << " front " << front;
      ASSERT_EQ(file->opened().damaged, 0u);
    }
  }
}

TEST_F(StateFileTest, OneDamagedSlotIsForgivenAndTwoStartTheDeviceAnew) {
  {
    const auto file = open();
    Handle handle;
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes("AAAAAAAA"), 1));
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes("BBBBBBBB"), 1));
  }
  std::string all = contents();
  all[all.find("BBBBBBBB") + 3] = 'x';
  put_contents(all);
  {
    const auto file = open();
    const Handle handle = file->attach({5, kKind});
    ASSERT_TRUE(handle);
    EXPECT_EQ(text(file->read(handle)), "AAAAAAAA");
  }
  all[all.find("AAAAAAAA") + 3] = 'x';
  put_contents(all);
  const auto file = open();
  EXPECT_FALSE(file->attach({5, kKind}));
  EXPECT_EQ(file->opened().damaged, 1u);
}

TEST_F(StateFileTest, DevicesGrowShrinkComeAndGoAndEachFindsItsOwn) {
  Random random(1, 2, "state");
  struct Mine {
    std::string text;
    std::uint32_t seq = 0;
  };
  std::map<std::uint64_t, Mine> truth;
  for (int life = 0; life < 8; ++life) {
    const auto file = open();
    ASSERT_EQ(file->opened().damaged, 0u);
    ASSERT_EQ(file->opened().records, truth.size());
    std::map<std::uint64_t, Handle> handles;
    for (int step = 0; step < 4000; ++step) {
      const std::uint64_t who = 1 + random.below(500);
      const Key key{who, kKind};
      auto at = handles.find(who);
      if (at == handles.end()) {
        at = handles.emplace(who, file->attach(key)).first;
        ASSERT_EQ(static_cast<bool>(at->second), truth.contains(who));
        if (at->second) {
          ASSERT_EQ(text(file->read(at->second)), truth[who].text);
          ASSERT_EQ(file->seq(at->second), truth[who].seq);
        }
      }
      if (random.chance(0.1)) {
        file->detach(key, at->second);
        handles.erase(at);
        continue;
      }
      Mine& mine = truth[who];
      mine.text.assign(random.chance(0.05) ? random.below(kBytesMax + 1) : random.below(300),
                       static_cast<char>('a' + random.below(26)));
      mine.seq = static_cast<std::uint32_t>(random.below(1'000'000));
      ASSERT_TRUE(file->write(key, at->second, bytes(mine.text), mine.seq));
      ASSERT_EQ(text(file->read(at->second)), mine.text);
    }
  }
}

TEST_F(StateFileTest, PlacesThatAWholeFleetLeftAreUsedAgain) {
  constexpr std::size_t kDevices = 3000;
  constexpr std::size_t kFirst = 100;
  constexpr std::size_t kLast = 4000;
  const auto file = open();
  std::vector<Handle> handles(kDevices);
  std::size_t one_size = 0;
  for (std::size_t size = kFirst; size <= kLast; size += size / 4) {
    for (std::size_t i = 0; i < kDevices; ++i) {
      ASSERT_TRUE(file->write({i + 1, kKind}, handles[i], bytes(std::string(size, 'x')), 1));
    }
    one_size = kDevices * StateFile::record_bytes(size);
    // Each size has a chunk that is not full, and what was left is not kept.
    ASSERT_LE(file->used_bytes(), one_size + one_size / 8 + 4 * kChunkBytes) << size;
  }
  for (std::size_t i = 0; i < kDevices; ++i)
    ASSERT_EQ(file->read(handles[i]).size(), file->read(handles[0]).size());
  EXPECT_EQ(file->records(), kDevices);
  EXPECT_LE(file->bytes(), 2 * one_size);
}

TEST_F(StateFileTest, AMoveThatWasCutShortCountsOnce) {
  std::string with_old;
  const std::string small(20, 's');
  const std::string large(400, 'l');
  {
    const auto file = open();
    Handle handle;
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes(small), 1));
    const std::size_t old_head = std::size_t{handle.at} * kUnit;
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes(large), 1));
    with_old = contents();
    // As if it had died before the old record was given free.
    const std::uint64_t identity = 5;
    with_old.replace(old_head, sizeof identity, reinterpret_cast<const char*>(&identity), sizeof identity);
  }
  put_contents(with_old);
  const auto file = open();
  EXPECT_EQ(file->opened().records, 1u);
  const Handle handle = file->attach({5, kKind});
  ASSERT_TRUE(handle);
  EXPECT_EQ(text(file->read(handle)), large);
}

TEST_F(StateFileTest, WhatDoesNotFitIsMovedAsideWithTheReason) {
  struct Case {
    const char* reason;
    Owner owner;
  };
  Owner other_fleet = kOwner, other_seed = kOwner, other_run = kOwner, other_shard = kOwner, more = kOwner;
  other_fleet.fleet = 12;
  other_seed.seed = 43;
  other_run.start_us += 1;
  other_shard.shard = 2;
  more.shards = 5;
  for (const auto& [reason, owner] :
       {Case{"another fleet", other_fleet}, Case{"another seed", other_seed},
        Case{"an earlier run", other_run}, Case{"state of shard 1", other_shard},
        Case{"written for 4 shards", more}}) {
    fs::remove(path);
    {
      const auto file = open();
      Handle handle;
      ASSERT_TRUE(file->write({5, kKind}, handle, bytes("old"), 1));
    }
    const auto file = open(owner);
    ASSERT_NE(file, nullptr);
    EXPECT_NE(file->opened().moved_because.find(reason), std::string::npos) << file->opened().moved_because;
    EXPECT_EQ(file->opened().moved_to, path + ".old");
    EXPECT_TRUE(fs::exists(path + ".old"));
    EXPECT_FALSE(file->attach({5, kKind}));
  }
}

TEST_F(StateFileTest, AFileOfAnotherLayoutOrACorruptOneIsMovedAside) {
  {
    const auto file = open();
    Handle handle;
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes("old"), 1));
  }
  const std::string good = contents();
  const auto with = [&](std::size_t at, char value) {
    std::string bad = good;
    bad[at] = value;
    return bad;
  };
  const std::pair<std::string, const char*> cases[] = {
      {with(0, 'X'), "no state file"},
      {with(offsetof(FileHeader, version), 99), "layout 99"},
      {with(offsetof(FileHeader, owner) + 1, 1), "header is damaged"},
      {with(kHeaderBytes, 1), "makes no sense"},
      {good.substr(0, good.size() - 1), "truncated"},
      {good.substr(0, 100), "truncated"},
      {std::string(5000, 'z'), "no state file"},
  };
  for (const auto& [bad, reason] : cases) {
    put_contents(bad);
    const auto file = open();
    ASSERT_NE(file, nullptr);
    EXPECT_NE(file->opened().moved_because.find(reason), std::string::npos)
        << reason << " / " << file->opened().moved_because;
    EXPECT_TRUE(file->opened().fresh);
  }
}

TEST_F(StateFileTest, TwoWorkersCannotShareOneFile) {
  const auto first = open();
  const auto second = StateFile::open(path, kOwner);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::rejected);
  EXPECT_NE(second.error().detail.find("in use by another worker"), std::string::npos);
}

TEST_F(StateFileTest, AFullDiskIsAnErrorThatSaysWhatToDo) {
  const auto file = open();
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 4 << 20;
  ::setrlimit(RLIMIT_FSIZE, &small);
  const Status reserved = file->reserve(64 << 20);
  Handle handle;
  std::uint64_t written = 0;
  // What there is room for is kept; the rest is refused, and nothing breaks.
  for (std::uint64_t who = 1; who <= 20'000; ++who) {
    handle = {};
    written += file->write({who, kKind}, handle, bytes(std::string(300, 'x')), 1) ? 1 : 0;
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(reserved);
  EXPECT_NE(reserved.error().detail.find("--state-dir"), std::string::npos) << reserved.error().detail;
  EXPECT_GT(written, 3000u);
  EXPECT_LT(written, 20'000u);
  EXPECT_EQ(file->failed_writes(), 20'000 - written);
}

TEST_F(StateFileTest, ThoseThatLeftMakeRoomOldestFirst) {
  const auto file = open();
  const std::size_t many = StateFile::kWaitingMax + 10;
  for (std::uint64_t who = 1; who <= many; ++who) {
    Handle handle;
    ASSERT_TRUE(file->write({who, kKind}, handle, bytes("x"), 1));
    file->detach({who, kKind}, handle);
  }
  EXPECT_EQ(file->waiting(), StateFile::kWaitingMax);
  EXPECT_FALSE(file->attach({1, kKind}));
  EXPECT_FALSE(file->attach({10, kKind}));
  EXPECT_TRUE(file->attach({11, kKind}));
  EXPECT_TRUE(file->attach({many, kKind}));
}

TEST_F(StateFileTest, GenerationsGoRound) {
  EXPECT_TRUE(younger(2, UINT32_MAX));
  EXPECT_FALSE(younger(UINT32_MAX, 2));
  const auto file = open();
  Handle handle;
  ASSERT_TRUE(file->write({5, kKind}, handle, bytes("a"), 1));
  handle.generation = UINT32_MAX - 1;  // its slot is the even one
  ASSERT_TRUE(file->write({5, kKind}, handle, bytes("b"), 1));
  EXPECT_EQ(handle.generation, UINT32_MAX);
  ASSERT_TRUE(file->write({5, kKind}, handle, bytes("c"), 1));
  EXPECT_EQ(handle.generation, 2u);
  EXPECT_EQ(text(file->read(handle)), "c");
}

TEST_F(StateFileTest, AnAdoptedFileFitsTheNewRun) {
  Owner next = kOwner;
  next.start_us += 5;
  {
    const auto file = open();
    Handle handle;
    ASSERT_TRUE(file->write({5, kKind}, handle, bytes("x"), 1));
    file->adopt(next);
  }
  EXPECT_EQ(open(next)->opened().records, 1u);
}

}  // namespace
}  // namespace vfleet::state
