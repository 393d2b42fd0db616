#include "control/cli/output.h"

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <ostream>

namespace vfleet::cli {

std::string Style::paint(std::string_view code, std::string_view text) const {
  if (!on_ || text.empty()) return std::string(text);
  std::string out = "\x1b[";
  out.append(code).append("m").append(text).append("\x1b[0m");
  return out;
}

Style style_for(ColorMode mode, bool is_terminal, const Environment& env) {
  if (mode != ColorMode::automatic) return Style(mode == ColorMode::always);
  const auto no_color = env.variable("NO_COLOR");
  const auto term = env.variable("TERM");
  return Style(is_terminal && (!no_color || no_color->empty()) && !(term && *term == "dumb"));
}

Output::Output(const Environment& env, bool json, ColorMode color)
    : env_(env),
      json_(json),
      style_(style_for(color, env.out_is_terminal, env)),
      err_style_(style_for(color, env.err_is_terminal, env)) {}

Output::~Output() {
  end_progress();
}

int Output::columns() const {
  return env_.columns;
}

void Output::print(std::string_view text) {
  end_progress();
  if (write_error_ != 0) return;
  errno = 0;
  env_.out << text;
  if (text.empty() || text.back() != '\n') env_.out << '\n';
  env_.out.flush();
  if (!env_.out) write_error_ = errno == 0 ? EIO : errno;
}

bool Output::closed() const {
  return write_error_ != 0 || (env_.out_is_gone && env_.out_is_gone());
}

void Output::text(std::string_view text) {
  if (!json_ && !text.empty()) print(text);
}

void Output::document(const nlohmann::json& document) {
  if (!json_ || document_done_) return;
  document_done_ = true;
  print(document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void Output::stream_line(std::string_view line) {
  document_done_ = true;
  print(line);
}

bool Output::writable() const {
  return env_.out.good();
}

void Output::note(std::string_view text) {
  end_progress();
  env_.err << text;
  if (text.empty() || text.back() != '\n') env_.err << '\n';
  env_.err.flush();
}

void Output::progress(std::string_view line) {
  if (!env_.err_is_terminal) return;
  std::string shown(line.substr(0, static_cast<std::size_t>(std::max(env_.columns - 1, 10))));
  env_.err << '\r' << shown << "\x1b[K";
  env_.err.flush();
  progress_shown_ = true;
}

void Output::end_progress() {
  if (!progress_shown_) return;
  env_.err << "\r\x1b[K";
  env_.err.flush();
  progress_shown_ = false;
}

void Output::failure_note(const Failure& failure) {
  note(err_style_.bad("vfleet: ") + failure.message);
  if (!failure.hint.empty()) note(err_style_.faint("  try: ") + failure.hint);
}

int Output::failure(const Failure& failure) {
  const int status = static_cast<int>(failure.status);
  if (json_) {
    document({{"status", status},
              {"error", {{"code", failure.code}, {"message", failure.message}, {"hint", failure.hint}}}});
  } else {
    failure_note(failure);
  }
  return status;
}

}  // namespace vfleet::cli
