#include "simulator/bus/key_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "simulator/core/ascii.h"

namespace vfleet::bus {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 16 * 1024;
constexpr std::size_t kNameMax = 64;
constexpr mode_t kOthers = 0077;

constexpr std::array<std::pair<Role, std::string_view>, 4> kRoles = {{{Role::server, "server"},
                                                                      {Role::worker, "worker"},
                                                                      {Role::operator_, "operator"},
                                                                      {Role::viewer, "viewer"}}};

Result<std::string> read(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return fail(errno == ENOENT ? Errc::not_found : Errc::unavailable, path + ": " + std::strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) return fail(Errc::unavailable, path + " is no file");
  if (info.st_size > static_cast<off_t>(kFileBytesMax))
    return fail(Errc::too_large, path + " is too large for a key file");
  std::ifstream in(path, std::ios::binary);
  std::string text(kFileBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || !in.eof()) return fail(Errc::unavailable, "cannot read " + path);
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Result<KeyFile> load(const std::string& path) {
  auto text = read(path);
  if (!text) return tl::unexpected(text.error());
  auto parsed = parse_key_file(*text);
  std::fill(text->begin(), text->end(), '\0');
  if (!parsed) return fail(parsed.error().code, path + ": " + parsed.error().detail);
  return parsed;
}

/// The files NAME.key in a folder, but not the server's.
std::vector<std::string> client_files(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".key" && entry.path().stem() != "server")
      found.push_back(entry.path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::string> choose(const std::string& folder, Role wanted) {
  const std::vector<std::string> all = client_files(folder);
  if (all.size() == 1) return all.front();
  std::vector<std::string> fitting;
  for (const std::string& each : all) {
    if (const auto file = load(each); file && file->role == wanted) fitting.push_back(each);
  }
  if (fitting.size() == 1) return fitting.front();
  const std::string role(to_string(wanted));
  if (all.empty()) {
    return fail(Errc::invalid_argument, "there is no key in " + folder + ": make one with `vfleet keygen " +
                                            folder + " NAME --role " + role + "`");
  }
  std::string names;
  for (const std::string& each : fitting.empty() ? all : fitting) names += "\n  " + each;
  return fail(Errc::invalid_argument, folder + " has several keys; name the file of one:" + names);
}

}  // namespace

std::string_view to_string(Role role) {
  for (const auto& [each, word] : kRoles) {
    if (each == role) return word;
  }
  return "unknown";
}

Result<Role> role_from(std::string_view word) {
  for (const auto& [role, name] : kRoles) {
    if (name == word) return role;
  }
  return fail(Errc::invalid_argument,
              "there is no role '" + std::string(word.substr(0, kNameMax)) + "': worker, operator or viewer");
}

Status check_key_name(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (!name.empty() && name.size() <= kNameMax && name.front() != '.' &&
      name.find_first_not_of(kLetters) == std::string_view::npos) {
    return {};
  }
  return fail(Errc::invalid_argument, "a key's name is 1 to 64 letters, digits, '-', '_' and '.'");
}

std::string render(const KeyFile& file, bool with_secret) {
  std::string out = with_secret
                        ? "# A secret key of vfleet: whoever reads it may act as its owner. Mode 0600.\n"
                        : "# A public key of vfleet: no secret.\n";
  out += "name: " + file.name + "\n";
  out += "role: " + std::string(to_string(file.role)) + "\n";
  out += "public: " + to_hex(file.keys.public_key) + "\n";
  if (with_secret) out += "secret: " + to_hex(file.keys.secret_key) + "\n";
  if (!file.server_key.empty()) out += "server: " + to_hex(file.server_key) + "\n";
  return out;
}

Result<KeyFile> parse_key_file(std::string_view text) {
  KeyFile out;
  std::optional<Role> role;
  int number = 0;
  const auto wrong = [&number](const std::string& what) {
    return fail(Errc::malformed, "line " + std::to_string(number) + ": " + what);
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end), " \t\r");
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return wrong("expected `name: value`");
    const std::string_view key = trimmed(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    std::string* const field = key == "public"   ? &out.keys.public_key
                               : key == "secret" ? &out.keys.secret_key
                               : key == "server" ? &out.server_key
                                                 : nullptr;
    if (field != nullptr) {
      if (!field->empty()) return wrong("'" + std::string(key) + "' is there twice");
      auto raw = key_from_hex(value);
      if (!raw) return wrong(raw.error().detail);
      *field = std::move(*raw);
    } else if (key == "name") {
      if (auto good = check_key_name(value); !good) return wrong(good.error().detail);
      out.name = value;
    } else if (key == "role") {
      const auto known = role_from(value);
      if (!known) return wrong(known.error().detail);
      role = *known;
    } else {
      return wrong("expected name, role, public, secret or server");
    }
  }
  if (out.name.empty() || !role || out.keys.public_key.empty())
    return fail(Errc::malformed, "a key file has name, role and public");
  out.role = *role;
  if (!out.keys.secret_key.empty()) {
    const auto derived = public_key_of(out.keys.secret_key);
    if (!derived) return tl::unexpected(derived.error());
    if (*derived != out.keys.public_key)
      return fail(Errc::malformed, "the secret key does not belong to the public one: the file was changed");
  }
  return out;
}

Result<KeyFile> load_secret(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && (info.st_mode & kOthers) != 0) {
    return fail(Errc::rejected, "others may read the secret key " + path + ": `chmod 600 " + path +
                                    "`, and make a new key if somebody may have read it");
  }
  auto file = load(path);
  if (file && file->keys.secret_key.empty())
    return fail(Errc::invalid_argument, path + " holds a public key only: name the .key file");
  return file;
}

Result<KeyFile> load_public(const std::string& path) {
  auto file = load(path);
  if (file) file->keys.secret_key.clear();
  return file;
}

Result<ClientKeys> load_client_keys(const std::string& path, Role wanted) {
  std::error_code ignored;
  std::string file = path;
  if (fs::is_directory(path, ignored)) {
    auto chosen = choose(path, wanted);
    if (!chosen) return tl::unexpected(chosen.error());
    file = std::move(*chosen);
  }
  auto secret = load_secret(file);
  if (!secret) return tl::unexpected(secret.error());
  if (secret->role == Role::server)
    return fail(Errc::invalid_argument, file + " is control's own key: a client needs one of its own");
  if (secret->server_key.empty()) {
    const std::string beside = (fs::path(file).parent_path() / "server.pub").string();
    const auto server = load_public(beside);
    if (!server) {
      return fail(Errc::invalid_argument, file + " does not say which control it is for, and " +
                                              server.error().detail +
                                              ": copy server.pub from control's keys to there");
    }
    secret->server_key = server->keys.public_key;
  }
  return ClientKeys{std::move(secret->name), secret->role,
                    CurveClient{std::move(secret->keys), std::move(secret->server_key)}};
}

Result<KeyFile> load_server_keys(const std::string& folder) {
  const std::string path = (fs::path(folder) / "server.key").string();
  auto file = load_secret(path);
  if (!file && file.error().code == Errc::not_found) {
    return fail(Errc::not_found,
                "there is no " + path + ": make it with `vfleet keygen " + folder + " --server`");
  }
  if (file && file->role != Role::server)
    return fail(Errc::invalid_argument,
                path + " is not a server's key: `vfleet keygen " + folder + " --server`");
  return file;
}

}  // namespace vfleet::bus
