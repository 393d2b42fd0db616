#include "simulator/config/load_context.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "simulator/core/utf8.h"

namespace vfleet::config {
namespace {

constexpr std::size_t kSecretBytesMax = 64 * 1024;
constexpr std::string_view kHintStart = " (did you mean '";
constexpr std::string_view kHintEnd = "'?)";

}  // namespace

Result<std::string> read_regular_file(const std::string& path, std::size_t bytes_max) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    return fail(Errc::not_found, "there is no file " + path);
  if (error) return fail(Errc::unavailable, path + ": " + error.message());
  if (!std::filesystem::is_regular_file(status)) return fail(Errc::unavailable, path + " is not a file");
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::unavailable, path + ": " + std::strerror(errno));
  std::string content;
  char block[65536];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    content.append(block, static_cast<std::size_t>(in.gcount()));
    if (content.size() > bytes_max) {
      return fail(Errc::too_large, path + " has more than " + std::to_string(bytes_max) + " bytes");
    }
  }
  if (in.bad()) return fail(Errc::unavailable, path + ": cannot be read");
  return content;
}

std::optional<std::string> system_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

void LoadContext::mistake(std::string_view file, Place place, std::string path, std::string message,
                          std::string hint) {
  if (full()) return;
  if (const auto at = message.rfind(kHintStart); hint.empty() && at != std::string::npos) {
    const auto begin = at + kHintStart.size();
    if (const auto end = message.find(kHintEnd, begin); end != std::string::npos) {
      hint = message.substr(begin, end - begin);
      message.erase(at, end + kHintEnd.size() - at);
    }
  }
  mistakes_.push_back(
      {std::string(file), place.line, place.column, std::move(path), std::move(message), std::move(hint)});
  if (full())
    mistakes_.back() = {std::string(file), 0, 0, "", "there are more mistakes; the first are shown", ""};
}

std::optional<std::string> LoadContext::read(const std::string& path, std::size_t bytes_max,
                                             std::string_view from, Place place, const std::string& key) {
  auto content = options_.read_file(path, bytes_max);
  if (content) return std::move(*content);
  mistake(from, place, key, content.error().detail);
  return std::nullopt;
}

std::optional<std::string> LoadContext::read_secret(const std::string& path, std::string_view from,
                                                    Place place, const std::string& key) {
  auto secret = read(path, kSecretBytesMax, from, place, key);
  if (!secret) return std::nullopt;
  if (secret->ends_with('\n')) secret->pop_back();
  if (secret->ends_with('\r')) secret->pop_back();
  if (!invalid_utf8(*secret)) return secret;
  mistake(from, place, key, path + " is not UTF-8 text");
  return std::nullopt;
}

std::string beside(std::string_view from, std::string_view path) {
  return (std::filesystem::path(from).parent_path() / std::filesystem::path(path))
      .lexically_normal()
      .string();
}

}  // namespace vfleet::config
