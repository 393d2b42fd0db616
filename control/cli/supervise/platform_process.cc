#include "control/cli/supervise/platform_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "control/cli/supervise/listening.h"

namespace vfleet::cli {

PlatformProcess::PlatformProcess(const ProcessKeeper& keeper, PlatformPlan plan)
    : keeper_(keeper), plan_(std::move(plan)) {}

Outcome<void> PlatformProcess::start() {
  const std::filesystem::path& run_dir = keeper_.run_dir();
  std::vector<std::string>& args = plan_.args;
  if (plan_.tls && std::find(args.begin(), args.end(), "--cert") == args.end()) {
    // The same one after it has been started again.
    args.insert(args.end(), {"--make-cert", "--cert", (run_dir / "platform-cert.pem").string(), "--key",
                             (run_dir / "platform-key.pem").string()});
  }
  if (plan_.port_file.empty()) {
    plan_.port_file = (run_dir / "platform.port").string();
    args.insert(args.end(), {"--port-file", plan_.port_file});
  }
  std::error_code ignored;
  std::filesystem::remove(plan_.port_file, ignored);  // of an earlier run
  process_ = keeper_.make("platform");
  if (auto started = spawn(); !started) return started;
  auto ready = keeper_.wait_until_ready(*process_, [this] { return is_ready(); });
  if (ready && plan_.tls) trust();
  return ready;
}

Outcome<void> PlatformProcess::spawn() {
  return keeper_.start(*process_, "vfleet-platform", plan_.args);
}

bool PlatformProcess::is_ready() {
  // It writes the file once all its ports listen.
  std::string port;
  if (!std::getline(std::ifstream(plan_.port_file), port) || port.empty()) return false;
  const std::string& host = plan_.http_host;
  figures_ = fmt::format("http://{}:{}/figures",
                         host.find(':') == std::string::npos ? host : "[" + host + "]", port);
  // When it is started again it is where it was.
  for (std::string& word : plan_.args) {
    const bool is_http =
        word.starts_with("--http=") || (&word != plan_.args.data() && *(&word - 1) == "--http");
    if (is_http && word.ends_with(":0")) word.replace(word.size() - 1, 1, port);
  }
  return plan_.port == 0 || takes_connections(plan_.host, plan_.port);
}

void PlatformProcess::trust() const {
  // Workers inherit where to find whom they trust: those that this process was told of, and the stand-in.
  const std::filesystem::path trusted = keeper_.run_dir() / "platform-trusted.pem";
  std::ifstream own(keeper_.run_dir() / "platform-cert.pem");
  if (!own) return;
  std::ofstream out(trusted);
  const char* others = std::getenv("SSL_CERT_FILE");
  if (others != nullptr && others != trusted) {
    out << std::ifstream(others).rdbuf();
    out.clear();  // a file that is empty, or not there, is no reason
    out << '\n';
  }
  out << own.rdbuf();
  if (out.flush()) ::setenv("SSL_CERT_FILE", trusted.c_str(), 1);
}

Outcome<void> PlatformProcess::keep(TimePoint now) {
  if (!process_) return {};
  if (const auto ended = process_->take_end()) {
    const auto delay = keeper_.start_again(
        *process_, *ended, now, "`vfleet up` without --platform, and a platform that is started elsewhere");
    if (!delay) return tl::unexpected<Failure>(delay.error());
    keeper_.note(fmt::format("platform {}; it starts again in {} s and counts from 0{}", ended->text(),
                             to_seconds(*delay), keeper_.cause(*process_, *ended)));
  } else if (!process_->runs() && now >= process_->start_at) {
    if (auto started = spawn(); !started) return started;
    ++restarts_;
  }
  return {};
}

bool PlatformProcess::end(bool at_once) {
  if (!process_) return false;
  if (process_->runs()) process_->child->send(SIGTERM);
  const bool killed = keeper_.end({process_.get()}, at_once) > 0;
  process_->child.reset();  // kills what is left
  process_->output.close();
  process_.reset();
  return killed;
}

}  // namespace vfleet::cli
