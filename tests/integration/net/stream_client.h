#pragma once

#include <string>

#include "simulator/net/stream.h"

namespace vfleet::test {

/// A client that writes down what happens to it and reads all there is.
struct StreamClient final : net::StreamEvents {
  void stream_connected(net::StreamError error) override {
    answered = true;
    connected = error;
    if (error != net::StreamError::none) detail = stream->detail();
    if (error == net::StreamError::none) stream->wait_readable();
  }
  void stream_readable() override {
    char buffer[16384];
    const auto [size, error] = stream->read_some(buffer);
    text.append(buffer, size);
    if (error != net::StreamError::none) {
      ended = error;
      detail = stream->detail();
    } else {
      stream->wait_readable();
    }
  }
  void stream_writable() override { ++writable; }

  net::StreamPtr stream;
  bool answered = false;
  int writable = 0;
  net::StreamError connected = net::StreamError::failed;
  net::StreamError ended = net::StreamError::none;
  std::string detail;
  std::string text;
};

}  // namespace vfleet::test
