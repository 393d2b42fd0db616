#pragma once

#include <functional>
#include <memory>
#include <string>

#include "simulator/codec/http/response_reader.h"
#include "simulator/net/file_exchange.h"

namespace vfleet::net {

/// One HTTP/1.1 request.
class HttpExchange final : public FileExchange {
 public:
  /// What TLS connections to a host go by. Errors: as StreamSource::make.
  using SourceFor = std::function<Result<std::shared_ptr<StreamSource>>(const FileRequest& request,
                                                                        const std::string& host)>;

  HttpExchange(loop::EventLoop& loop, Network& network, FileRequest request, Ended ended,
               SourceFor source_for);
  ~HttpExchange() override;

  [[nodiscard]] FileOutcome outcome() const override;

 private:
  void start() override;
  [[nodiscard]] StreamPtr make_stream() override;
  void connected() override;
  void stream_writable() override;
  void stream_readable() override;
  void write();
  void judge(codec::http::ResponseReader::Progress progress);

  SourceFor source_for_;
  codec::http::ResponseReader reader_;
  std::string out_;
  std::size_t written_ = 0;
  std::shared_ptr<StreamSource> source_;  // null: plain; shared: the fetcher keeps it for the next one
  StreamError cut_ = StreamError::none;   // that a write met
  unsigned status_ = 0;
};

}  // namespace vfleet::net
