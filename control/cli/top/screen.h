#pragma once

#include <termios.h>

#include <optional>
#include <string_view>

#include "control/cli/environment.h"
#include "simulator/core/time.h"

namespace vfleet::cli {

/// The whole terminal, for as long as this lives: its other screen, keys without Enter. Everything is as
/// before afterwards.
class Screen {
 public:
  explicit Screen(const Environment& env);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  struct Size {
    int columns = 80;
    int lines = 24;
  };
  /// As it is now: it follows the window.
  [[nodiscard]] Size size() const;
  /// Shows `page` in place of what was there, without flicker.
  void show(std::string_view page);

 private:
  const Environment& env_;
  std::optional<termios> before_;
};

enum class Waited : std::uint8_t { time_over, quit, interrupted };
/// Waits for `longest`, a signal, or, with `keys`, for the key q.
[[nodiscard]] Waited wait_for_keys(const Environment& env, Duration longest, bool keys);

}  // namespace vfleet::cli
