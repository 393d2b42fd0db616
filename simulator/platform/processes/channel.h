#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/clock.h"
#include "simulator/core/result.h"
#include "simulator/platform/api.h"
#include "simulator/platform/stream/listening.h"

namespace vfleet::platform {

/// One end of what connects the process that speaks for the platform with one of its children: questions with
/// answers on a stream, and connections that go up, on a socket of their own. Calls block until `deadline`,
/// and a child is asked nothing else meanwhile. An answer that came too late is no answer to what is asked
/// next.
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
  /// A connection that waits (without a socket: no descriptor was left for it); rejected when none does,
  /// link_down when the other end has gone.
  [[nodiscard]] Result<Adopted> adopt();

  [[nodiscard]] int questions() const { return questions_.get(); }
  [[nodiscard]] int connections() const { return connections_.get(); }

  static constexpr std::size_t kBytesMax = 96U * 1024;

 private:
  [[nodiscard]] Status send_all(std::string_view bytes, const Clock& clock, TimePoint deadline);
  [[nodiscard]] Status send_message(std::string_view message, const Clock& clock, TimePoint deadline);
  [[nodiscard]] Result<std::string> receive_message(const Clock& clock, TimePoint deadline);

  std::uint64_t number_ = 0;  // of the last question
  std::string in_;            // of the message that is not here to its end
  stream::Fd questions_;
  stream::Fd connections_;
};

struct Channel::Ends {
  Channel parent;
  Channel child;
};

}  // namespace vfleet::platform
