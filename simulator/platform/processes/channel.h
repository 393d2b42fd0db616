#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "simulator/core/clock.h"
#include "simulator/core/result.h"
#include "simulator/platform/api.h"
#include "simulator/platform/stream/listening.h"

namespace vfleet::platform {

/// One end of what connects the process that speaks for the platform with one of its children: questions with
/// answers on a stream, and connections that go up, on a socket of their own. Calls block until `deadline`,
/// and a child is asked nothing else meanwhile.
class Channel {
 public:
  struct Ends;
  /// Both ends. Errors: unavailable.
  [[nodiscard]] static Result<Ends> open();

  Channel() = default;
  Channel(stream::Fd questions, stream::Fd connections)
      : questions_(std::move(questions)), connections_(std::move(connections)) {}

  struct Question {
    std::string method;
    std::string target;
    std::string body;
  };
  /// Errors: link_down, timed_out.
  [[nodiscard]] Status send(const Question& question, const Clock& clock, TimePoint deadline);
  [[nodiscard]] Result<Question> receive_question(const Clock& clock, TimePoint deadline);
  [[nodiscard]] Status send(const ApiAnswer& answer, const Clock& clock, TimePoint deadline);
  [[nodiscard]] Result<ApiAnswer> receive_answer(const Clock& clock, TimePoint deadline);

  /// A connection and the bytes (at most kBytesMax) that were read of it. At once: false when there is no
  /// room.
  [[nodiscard]] bool hand_over(int socket, std::string_view bytes);
  struct Adopted {
    stream::Fd socket;
    std::string bytes;
  };
  /// A connection that waits; rejected when none does, link_down when the other end has gone.
  [[nodiscard]] Result<Adopted> adopt();

  [[nodiscard]] int questions() const { return questions_.get(); }
  [[nodiscard]] int connections() const { return connections_.get(); }

  static constexpr std::size_t kBytesMax = 96U * 1024;

 private:
  [[nodiscard]] Status send_all(std::string_view bytes, const Clock& clock, TimePoint deadline);
  [[nodiscard]] Result<std::string> receive_part(const Clock& clock, TimePoint deadline);

  stream::Fd questions_;
  stream::Fd connections_;
};

struct Channel::Ends {
  Channel parent;
  Channel child;
};

}  // namespace vfleet::platform
