#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "control/cli/environment.h"
#include "control/cli/failure.h"

namespace vfleet::cli {

enum class ColorMode : std::uint8_t { automatic, always, never };

/// Adds terminal colours to a text, or leaves it as it is.
class Style {
 public:
  explicit Style(bool on) : on_(on) {}
  [[nodiscard]] std::string good(std::string_view text) const { return paint("32", text); }
  [[nodiscard]] std::string warn(std::string_view text) const { return paint("33", text); }
  [[nodiscard]] std::string bad(std::string_view text) const { return paint("31", text); }
  [[nodiscard]] std::string strong(std::string_view text) const { return paint("1", text); }
  [[nodiscard]] std::string faint(std::string_view text) const { return paint("2", text); }

 private:
  [[nodiscard]] std::string paint(std::string_view code, std::string_view text) const;
  bool on_;
};

/// Colours on a terminal, plain in a pipe; NO_COLOR (not empty) is for `automatic` only.
[[nodiscard]] Style style_for(ColorMode mode, bool is_terminal, const Environment& env);

/// What a command prints: text for people, or with --json exactly one document on stdout.
class Output {
 public:
  Output(const Environment& env, bool json, ColorMode color);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  [[nodiscard]] bool json() const { return json_; }
  [[nodiscard]] const Style& style() const { return style_; }
  [[nodiscard]] int columns() const;

  /// Text for people on stdout; a newline is added when it has none. Nothing with --json.
  void text(std::string_view text);
  /// The document; only with --json, and only the first counts.
  void document(const nlohmann::json& document);
  /// A JSON line of a stream (watch); counts as the document.
  void stream_line(std::string_view line);
  /// False once stdout is closed, or its disk is full: what goes on printing may end.
  [[nodiscard]] bool writable() const;
  /// A warning or a notice on stderr, in both modes.
  void note(std::string_view text);
  /// The line at the bottom of a terminal, rewritten each time; nothing when stderr is no terminal.
  void progress(std::string_view line);
  void end_progress();
  /// Whether nobody reads stdout any more: what streams ends then, quietly.
  [[nodiscard]] bool closed() const;
  /// Why stdout took not everything (an errno); 0 when it did, EPIPE when its reader went away.
  [[nodiscard]] int write_error() const { return write_error_; }
  /// The failure as text on stderr, in both modes: a document comes later.
  void failure_note(const Failure& failure);
  /// The failure as text on stderr, or as the document. Returns its status.
  int failure(const Failure& failure);

 private:
  void print(std::string_view text);

  const Environment& env_;
  bool json_;
  Style style_;
  Style err_style_;
  bool progress_shown_ = false;
  bool document_done_ = false;
  int write_error_ = 0;
};

}  // namespace vfleet::cli
