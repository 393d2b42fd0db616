#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/codec/ftp/replies.h"
#include "simulator/net/file_exchange.h"

namespace vfleet::net {

[[nodiscard]] bool is_ftp(std::string_view url);

/// One download by FTP (RFC 959, 2428): logs in, asks for bytes as they are, lets the server open a port for
/// them (EPSV over IPv6, else PASV; whatever address it names, the one that was connected to), and takes
/// them.
class FtpExchange final : public FileExchange {
 public:
  FtpExchange(loop::EventLoop& loop, Network& network, FileRequest request, Ended ended);

  [[nodiscard]] FileOutcome outcome() const override;

 private:
  enum class Step : std::uint8_t { greeting, user, password, type, passive, data, retrieve };

  /// The connection that the file comes on.
  struct Data final : StreamEvents {
    explicit Data(FtpExchange& of) : owner(of) {}
    void stream_connected(StreamError error) override { owner.data_connected(error); }
    void stream_readable() override { owner.data_readable(); }
    void stream_writable() override {}

    FtpExchange& owner;
    StreamPtr stream;
  };

  void start() override;
  void connected() override;
  void stream_readable() override;
  void stream_writable() override;
  void say(Step next, std::string_view command, std::string_view argument = {});
  void write();
  void replied(const codec::ftp::Reply& reply);
  void open_data(const codec::ftp::Reply& reply);
  void data_connected(StreamError error);
  void data_readable();
  void finish_when_whole();

  std::string user_;
  std::string password_;
  std::string path_;
  Step step_ = Step::greeting;
  codec::ftp::Replies replies_;
  std::string out_;
  Data data_;
  std::string file_;
  bool all_came_ = false;  // the server ended the data
  bool is_whole_ = false;  // and says that they are all
};

}  // namespace vfleet::net
