// Downloads by FTP, on a network of memory.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <vector>

#include "simulator/codec/ftp/replies.h"
#include "simulator/core/random.h"
#include "simulator/loop/virtual_loop.h"
#include "simulator/net/file_fetcher.h"
#include "tests/support/simulated_network.h"

namespace vfleet::net {
namespace {

using namespace std::chrono_literals;

class FtpTest : public testing::Test {
 protected:
  static constexpr std::uint16_t kDataPort = 40'001;  // 156 * 256 + 65

  FtpTest() {
    control_.accepted = [this](test::SimulatedConnection& c) { c.send(greeting_); };
    control_.received = [this](test::SimulatedConnection& c, std::string_view bytes) {
      c.inbox += bytes;
      for (std::size_t end; (end = c.inbox.find("\r\n")) != std::string::npos; c.inbox.erase(0, end + 2)) {
        commands_.push_back(c.inbox.substr(0, end));
        answer(c, commands_.back());
      }
    };
  }

  void answer(test::SimulatedConnection& c, const std::string& command) {
    const std::string word = command.substr(0, command.find(' '));
    if (const auto own = replies_.find(word); own != replies_.end()) return c.send(own->second);
    if (word == "USER") c.send("331 Who says so?\r\n");
    if (word == "PASS") c.send("230-Welcome.\r\nof nobody\r\n 230 indented\r\n230 Logged in.\r\n");
    if (word == "TYPE") c.send("200 Binary.\r\n");
    // The address is one behind a router: it is not gone to.
    if (word == "PASV") c.send("227 Entering Passive Mode (10,1,2,3,156,65).\r\n");
    if (word == "EPSV") c.send("229 Entering Extended Passive Mode (|||40001|)\r\n");
    if (word != "RETR") return;
    c.send("150 Here it comes.\r\n");
    if (done_first_) c.send("226 That was all.\r\n");
    for (const auto& data : data_.connections()) {
      data->send(file_);
      data->close();
    }
    if (!done_first_) c.send("226 That was all.\r\n");
  }

  void fetch(FileRequest request) {
    ended_.reset();
    commands_.clear();
    (void)fetcher_.start(std::move(request), [this](FileFetcher::Id, const FileOutcome& outcome) {
      ended_ = outcome.status;
      body_ = outcome.body;
      http_status_ = outcome.http_status;
    });
    loop_.run_for(2min);
    ASSERT_TRUE(ended_);
  }
  [[nodiscard]] std::string failure() const {
    return *ended_ ? "none" : std::string(to_string(ended_->error().code)) + ": " + ended_->error().detail;
  }

  loop::VirtualLoop loop_;
  test::SimulatedNetwork network_{loop_};
  test::SimulatedServer& control_ = network_.listen(2121);
  test::SimulatedServer& data_ = network_.listen(kDataPort);
  FileFetcher fetcher_{loop_, network_};
  std::string greeting_ = "220-Hello,\r\n220 stranger.\r\n";
  std::map<std::string, std::string> replies_;  // in place of good ones, by command
  std::string file_ = "program";
  bool done_first_ = false;
  std::vector<std::string> commands_;
  std::optional<Status> ended_;
  std::string body_;
  unsigned http_status_ = 0;
};

TEST_F(FtpTest, LogsInAndTakesTheFileFromThePortThatTheServerOpens) {
  fetch({.url = "ftp://me:p%40ss@127.0.0.1:2121/%2Ffw/pile%20v2.bin"});
  EXPECT_EQ(failure(), "none");
  EXPECT_EQ(body_, "program");
  EXPECT_EQ(http_status_, 0U);
  EXPECT_EQ(commands_, (std::vector<std::string>{"USER me", "PASS p@ss", "TYPE I", "PASV",
                                                 "RETR /fw/pile v2.bin", "QUIT"}));
  EXPECT_TRUE(control_.connections().empty());
}

TEST_F(FtpTest, ANameMayHaveASignInItThatDivides) {
  fetch({.url = "ftp://a%3Ab:c%3Ad@127.0.0.1:2121/fw.bin"});
  EXPECT_EQ(failure(), "none");
  EXPECT_EQ(commands_.at(0), "USER a:b");
  EXPECT_EQ(commands_.at(1), "PASS c:d");
}

TEST_F(FtpTest, IsAnonymousWithoutAName) {
  done_first_ = true;
  fetch({.url = "ftp://127.0.0.1:2121/fw.bin"});
  EXPECT_EQ(failure(), "none");
  EXPECT_EQ(commands_.front(), "USER anonymous");
  EXPECT_EQ(commands_.at(4), "RETR fw.bin");
}

TEST_F(FtpTest, TakesAFileThatComesInManyPieces) {
  file_.assign(300'000, 'x');
  data_.slice = 1000;
  control_.slice = 3;
  control_.delay = data_.delay = 20ms;
  fetch({.url = "ftp://u:p@127.0.0.1:2121/fw.bin", .bytes_max = 300'000});
  EXPECT_EQ(failure(), "none");
  EXPECT_EQ(body_.size(), 300'000U);
  fetch({.url = "ftp://u:p@127.0.0.1:2121/fw.bin", .bytes_max = 299'999});
  EXPECT_EQ(failure(), "too large: more than 299999 bytes");
}

TEST_F(FtpTest, OverIPv6ItAsksForThePortAlone) {
  test::SimulatedServer& control = network_.listen(2121, "::1");
  control.accepted = control_.accepted;
  control.received = control_.received;
  test::SimulatedServer& data = network_.listen(kDataPort, "::1");
  data.accepted = [this](test::SimulatedConnection& c) {
    c.send(file_);
    c.close();
  };
  fetch({.url = "ftp://[::1]:2121/fw.bin"});
  EXPECT_EQ(failure(), "none");
  EXPECT_EQ(commands_.at(3), "EPSV");
  EXPECT_EQ(body_, "program");
}

TEST_F(FtpTest, SaysWhyADownloadFailed) {
  const std::string url = "ftp://u:p@127.0.0.1:2121/fw.bin";
  const auto failure_with = [&](const std::string& command, const std::string& reply) {
    replies_ = {{command, reply}};
    fetch({.url = url, .limit = 30s});
    replies_.clear();
    EXPECT_EQ(body_, "") << reply;
    return failure();
  };
  EXPECT_EQ(failure_with("PASS", "530 Login incorrect.\r\n"), "rejected: FTP 530 Login incorrect.");
  EXPECT_EQ(failure_with("USER", "530 \x1b[31mNo\r\n"), "rejected: FTP 530 ?[31mNo");
  EXPECT_EQ(failure_with("TYPE", "504 No.\r\n"), "rejected: FTP 504 No.");
  EXPECT_EQ(failure_with("PASV", "425 No port left.\r\n"), "rejected: FTP 425 No port left.");
  EXPECT_EQ(failure_with("PASV", "227 Anywhere.\r\n"),
            "malformed: the server names no port: FTP 227 Anywhere.");
  EXPECT_EQ(failure_with("PASV", "227 (127,0,0,1,0,9)\r\n"), "link down: connection_refused");
  EXPECT_EQ(failure_with("RETR", "550 No such file.\r\n"), "rejected: FTP 550 No such file.");
  EXPECT_EQ(failure_with("RETR", "150 Soon.\r\n"), "timed out: the transfer took too long");
  EXPECT_EQ(failure_with("TYPE", "SSH-2.0-OpenSSH_9.2\r\n"), "malformed: the server does not speak FTP");
  EXPECT_EQ(failure_with("TYPE", std::string(20'000, '2')), "malformed: the server does not speak FTP");

  greeting_ = "421 Too many.\r\n";
  fetch({.url = url});
  EXPECT_EQ(failure(), "rejected: FTP 421 Too many.");
  control_.accepted = [](test::SimulatedConnection& c) { c.close(); };
  fetch({.url = url});
  EXPECT_EQ(failure(), "link down: the FTP server ended the connection");
  fetch({.url = "ftp://127.0.0.1:9/fw.bin"});
  EXPECT_EQ(failure(), "link down: connection_refused");
}

TEST_F(FtpTest, RefusesWhatItCannotAskFor) {
  fetch({.url = "ftp://127.0.0.1:2121/"});
  EXPECT_EQ(failure(), "invalid argument: the URL names no file");
  fetch({.url = "ftp://127.0.0.1:2121/a%0D%0ADELE%20b"});
  EXPECT_EQ(failure(), "invalid argument: the URL has a line's end in it");
  fetch({.method = FileRequest::Method::put, .url = "ftp://127.0.0.1:2121/log", .body = "x"});
  EXPECT_EQ(failure(), "invalid argument: files are handed in over HTTP only");
  EXPECT_EQ(control_.accepted_count(), 0U);
}

TEST_F(FtpTest, AFileWithoutItsEndIsNone) {
  data_.accepted = [](test::SimulatedConnection& c) {
    c.cut_after_sent(3, test::SimulatedConnection::Cut::reset);
  };
  fetch({.url = "ftp://u:p@127.0.0.1:2121/fw.bin"});
  EXPECT_EQ(failure(), "link down: reset");
}

TEST(FtpReplies, AreTheSameInAnySlicesAndNeverMoreThanTheyMayBe) {
  Random random(5, 1, "ftp");
  const std::string text = "220 a\r\n123-b\n456 c\n123-d\n123 e\n200\r\n";
  for (int round = 0; round < 200; ++round) {
    codec::ftp::Replies replies;
    std::vector<std::string> found;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random.below(6);
      ASSERT_TRUE(replies.feed(std::string_view(text).substr(at, size)));
      at += size;
      for (codec::ftp::Reply reply; replies.next(reply);) {
        found.push_back(std::to_string(reply.code) + "|" + reply.text);
      }
    }
    ASSERT_EQ(found, (std::vector<std::string>{"220|a", "123|b", "200|"}));
  }
  // A line that begins with more digits than a code has is within the reply.
  codec::ftp::Replies files;
  ASSERT_TRUE(files.feed("226-Sent:\r\n2261 files\r\n226\tor so\r\n226 Bye\r\n"));
  codec::ftp::Reply sent;
  ASSERT_TRUE(files.next(sent));
  EXPECT_EQ(sent.text, "Sent:");
  EXPECT_FALSE(files.next(sent));
  // Any bytes: it takes them or says that they are none.
  for (int round = 0; round < 2000; ++round) {
    codec::ftp::Replies replies;
    std::string bytes(random.below(60), '\0');
    constexpr std::string_view kLikely = "0123456789-( ,|)\r\n";
    for (char& c : bytes) c = kLikely[random.below(kLikely.size())];
    if (!replies.feed(bytes)) continue;
    for (codec::ftp::Reply reply; replies.next(reply);) {
      ASSERT_GE(reply.code, 100);
      ASSERT_LE(reply.code, 599);
      (void)codec::ftp::port_of_pasv(reply);
      (void)codec::ftp::port_of_epsv(reply);
    }
  }
}

}  // namespace
}  // namespace vfleet::net
