#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "control/cli/supervise/line_splitter.h"
#include "control/cli/supervise/log_file.h"
#include "control/cli/supervise/output_capture.h"
#include "tests/unit/control/cli/temp_dir.h"

namespace vfleet::cli {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

struct Lines {
  LineSplitter splitter;
  std::vector<std::string> lines;
  void feed(std::string_view bytes) {
    splitter.feed(bytes, [this](std::string line) { lines.push_back(std::move(line)); });
  }
  void end() {
    splitter.end([this](std::string line) { lines.push_back(std::move(line)); });
  }
};

TEST(LineSplitter, PutsLinesTogetherHoweverTheyArrive) {
  const std::string text = "one\n\ntwo\r\nthree";
  const std::vector<std::string> expected = {"one", "", "two", "three"};
  for (std::size_t step = 1; step <= text.size(); ++step) {
    Lines got;
    for (std::size_t at = 0; at < text.size(); at += step) got.feed(std::string_view(text).substr(at, step));
    got.end();
    EXPECT_EQ(got.lines, expected) << "in steps of " << step;
  }
}

TEST(LineSplitter, CutsALineThatIsTooLong) {
  Lines got;
  got.feed(std::string(LineSplitter::kLineBytesMax + 10, 'x') + "\nnext\n");
  ASSERT_EQ(got.lines.size(), 3U);
  EXPECT_EQ(got.lines[0].size(), LineSplitter::kLineBytesMax);
  EXPECT_EQ(got.lines[1], std::string(10, 'x'));
  EXPECT_EQ(got.lines[2], "next");
}

TEST(LineSplitter, DoesNotCutThroughACharacter) {
  Lines got;
  got.feed(std::string(LineSplitter::kLineBytesMax - 1, 'x') + "\xe6\xa1\xa9\n");
  ASSERT_EQ(got.lines.size(), 2U);
  EXPECT_EQ(got.lines[0], std::string(LineSplitter::kLineBytesMax - 1, 'x'));
  EXPECT_EQ(got.lines[1], "\xe6\xa1\xa9");
}

TEST(LineSplitter, KeepsALineOfOnlyContinuationBytesBounded) {
  Lines got;
  got.feed(std::string(3 * LineSplitter::kLineBytesMax, '\x80'));
  EXPECT_GE(got.lines.size(), 2U);
}

TEST(PrintableUtf8, ReplacesWhatNoTextHolds) {
  EXPECT_EQ(printable_utf8("a\tb \xe6\xa1\xa9"), "a\tb \xe6\xa1\xa9");
  EXPECT_EQ(printable_utf8(std::string_view("a\0b", 3)),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(printable_utf8("\xff\x1b[2J\xe6\xa1"), "\xef\xbf\xbd\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(LoggedLine, IsTakenApart) {
  const auto line = parse_logged_line("2026-11-21T06:38:38.123456 warning worker-0: link down: refused");
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->level, "warn");
  EXPECT_EQ(line->source, "worker-0");
  EXPECT_EQ(line->text, "link down: refused");
  EXPECT_EQ(line->at_us % 1'000'000, 123456);
}

TEST(LoggedLine, IsNoOtherText) {
  for (const char* text :
       {"", "terminate called after throwing an instance of 'std::bad_alloc'", "2026-11-21T06:38:38.123456",
        "2026-11-21T06:38:38.123456 info", "2026-11-21T06:38:38.123456 loud control: x",
        "2026-11-21T06:38:38.123456 info no colon", "2026-11-21 06:38:38.123456 info control: x",
        "20x6-11-21T06:38:38.123456 info control: x"}) {
    EXPECT_FALSE(parse_logged_line(text).has_value()) << text;
  }
}

TEST(LogFile, AppendsToWhatIsThere) {
  const TempDir dir;
  const auto path = dir.write("worker-0.log", "old\n");
  LogFile file(path);
  file.append("new\n", 1);
  EXPECT_EQ(content_of(path), "old\nnew\n");
  EXPECT_EQ(file.lost(), 0U);
}

TEST(LogFile, TurnsIntoNumberedFilesAndKeepsOnlySoMany) {
  const TempDir dir;
  const auto path = dir.path() / "worker-0.log";
  LogFile file(path, {.bytes_max = 10, .files_max = 3});
  for (const char* text : {"first1\n", "second\n", "third3\n", "fourth\n"}) file.append(text, 1);
  EXPECT_EQ(content_of(path), "fourth\n");
  EXPECT_EQ(content_of(path.string() + ".1"), "third3\n");
  EXPECT_EQ(content_of(path.string() + ".2"), "second\n");
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".3"));
}

TEST(LogFile, CountsWhatAFullDiskTookAndSaysItOnce) {
  // /dev/full answers each write as a full disk does.
  LogFile file("/dev/full");
  file.append("one\ntwo\n", 2);
  const auto complaint = file.take_complaint();
  ASSERT_TRUE(complaint.has_value());
  EXPECT_NE(complaint->find("No space left on device"), std::string::npos) << *complaint;
  file.append("three\n", 1);
  EXPECT_EQ(file.lost(), 3U);
  EXPECT_FALSE(file.take_complaint().has_value());
}

TEST(LogFile, SaysWhereLinesAreMissingOnceItCanBeWrittenAgain) {
  const TempDir dir;
  const auto path = dir.path() / "later" / "worker-0.log";
  LogFile file(path);
  file.append("one\ntwo\n", 2);
  EXPECT_TRUE(file.take_complaint().has_value());
  std::filesystem::create_directories(path.parent_path());
  file.append("three\n", 1);
  EXPECT_EQ(content_of(path), "(2 lines are missing here: they could not be written)\nthree\n");
}

struct CaptureTest : testing::Test {
  TempDir dir;
  std::vector<std::string> lines;
  OutputCapture capture{dir.path() / "worker-0.log",
                        [this](const std::string& line) { lines.push_back(line); }};
};

TEST_F(CaptureTest, HandsOverLinesAndKeepsThemInTheFile) {
  const int end = capture.open().value();
  ASSERT_EQ(::write(end, "one\ntw", 6), 6);
  capture.drain();
  EXPECT_EQ(lines, std::vector<std::string>{"one"});
  ASSERT_EQ(::write(end, "o\nlast", 6), 6);
  ::close(end);
  capture.close();
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "last"}));
  EXPECT_EQ(content_of(dir.path() / "worker-0.log"), "one\ntwo\nlast\n");
  EXPECT_EQ(capture.last_lines(), "one\ntwo\nlast\n");
  EXPECT_EQ(capture.fd(), -1);
}

TEST_F(CaptureTest, NeverMakesAChildWaitAndSaysWhatThatCost) {
  const int end = capture.open().value();
  const std::string block(1 << 16, 'x');
  ssize_t put = 0;
  int writes = 0;
  // As a child that prints while nobody reads: this ends because its end of the pipe does not block.
  while ((put = ::write(end, block.data(), block.size())) > 0) ASSERT_LT(++writes, 1000);
  EXPECT_EQ(errno, EAGAIN);
  capture.drain();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), "(the pipe was full: lines may be missing here)");
  ::close(end);
}

TEST_F(CaptureTest, ShowsTheLastWordsOfTheLatestProcessOnly) {
  const int first = capture.open().value();
  ASSERT_EQ(::write(first, "first\n", 6), 6);
  ::close(first);
  capture.close();
  const int second = capture.open().value();
  ASSERT_EQ(::write(second, "second\n", 7), 7);
  ::close(second);
  capture.close();
  EXPECT_EQ(capture.last_lines(), "second\n");
  EXPECT_EQ(content_of(dir.path() / "worker-0.log"), "first\nsecond\n");
}

TEST_F(CaptureTest, DoesNotWaitForAGrandchildThatHoldsThePipe) {
  const int end = capture.open().value();
  const int held = ::fcntl(end, F_DUPFD_CLOEXEC, 0);
  ASSERT_EQ(::write(end, "bye\n", 4), 4);
  ::close(end);
  capture.close();
  EXPECT_EQ(lines, std::vector<std::string>{"bye"});
  ::close(held);
}

}  // namespace
}  // namespace vfleet::cli
