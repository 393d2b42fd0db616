#include "control/keys/key_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "simulator/config/load_context.h"

namespace vfleet::control::keys {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAllowedHead =
    "# Keys that control admits. `vfleet keygen` adds lines; a line that goes, goes at once, with its "
    "connections.\n"
    "keys:\n";
constexpr std::size_t kAllowedBytesMax = 4U << 20U;

tl::unexpected<Error> system_error(const std::string& path) {
  return fail(errno == EEXIST ? Errc::rejected : Errc::unavailable, path + ": " + std::strerror(errno));
}

/// A new file; one that is there stays as it is.
Status write_new(const std::string& path, std::string_view text, mode_t mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) {
    if (errno == EEXIST)
      return fail(Errc::rejected,
                  path + " is there already: remove it first when the key is not used any more");
    return system_error(path);
  }
  const bool whole =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const auto failed = system_error(path);
  ::close(file);
  if (whole) return {};
  ::unlink(path.c_str());
  return failed;
}

Status replace(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  if (auto written = write_new(fresh, text, 0600); !written) return written;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return system_error(path);
  return {};
}

Status make_folder(const std::string& folder) {
  std::error_code error;
  if (const auto parent = fs::path(folder).parent_path(); !parent.empty())
    fs::create_directories(parent, error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_error(folder);
  if (!fs::is_directory(folder, error)) return fail(Errc::invalid_argument, folder + " is no folder");
  return {};
}

std::string in(const std::string& folder, const std::string& name) {
  return (fs::path(folder) / name).string();
}

/// Makes both files of a key.
Result<MadeKey> write_pair(const std::string& folder, bus::KeyFile file) {
  MadeKey made;
  made.secret_file = in(folder, file.name + ".key");
  made.public_file = in(folder, file.name + ".pub");
  std::error_code ignored;
  if (fs::exists(made.public_file, ignored))
    return fail(Errc::rejected,
                made.public_file + " is there already: choose another name, or remove it first");
  std::string secret = render(file, true);
  const auto written = write_new(made.secret_file, secret, 0600);
  std::fill(secret.begin(), secret.end(), '\0');
  if (!written) return tl::unexpected(written.error());
  if (auto also = write_new(made.public_file, render(file, false), 0644); !also) {
    ::unlink(made.secret_file.c_str());
    return tl::unexpected(also.error());
  }
  file.keys.secret_key.clear();
  made.key = std::move(file);
  return made;
}

/// allowed.yaml with one more line, if it is good then.
Result<std::string> with_line(const std::string& path, const AllowedKey& key) {
  std::error_code ignored;
  std::string text(kAllowedHead);
  if (fs::exists(path, ignored)) {
    if (auto good = AllowList::load(path); !good) return tl::unexpected(good.error());
    auto present = config::read_regular_file(path, kAllowedBytesMax);
    if (!present) return tl::unexpected(present.error());
    text = std::move(*present);
    if (!text.empty() && text.back() != '\n') text += '\n';
  }
  const std::string line = allow_line(key);
  const auto after = AllowList::parse(text + line, path);
  if (!after || after->find(key.key) == nullptr) {
    return fail(Errc::rejected,
                "cannot add to " + path + ": " +
                    (after ? std::string("its list is not at the end") : after.error().detail) +
                    "\nThe line to add by hand:\n" + line);
  }
  return text + line;
}

Status check(const AllowedKey& wanted) {
  if (auto good = bus::check_key_name(wanted.name); !good) return good;
  if (wanted.name == "server")
    return fail(Errc::invalid_argument, "'server' is control's own name: choose another");
  if (!wanted.shards.empty() && wanted.role != bus::Role::worker)
    return fail(Errc::invalid_argument, "only a worker's key has shards");
  return {};
}

bool is_controls(const std::string& folder) {
  std::error_code ignored;
  return fs::exists(in(folder, "server.key"), ignored);
}

}  // namespace

Result<MadeKey> make_server_key(const std::string& folder) {
  if (auto made = make_folder(folder); !made) return tl::unexpected(made.error());
  auto keys = bus::make_key_pair();
  if (!keys) return tl::unexpected(keys.error());
  auto made = write_pair(
      folder, {.name = "server", .role = bus::Role::server, .keys = std::move(*keys), .server_key = {}});
  if (!made) return made;
  made->allowed_file = in(folder, kAllowedFile);
  std::error_code ignored;
  if (!fs::exists(made->allowed_file, ignored)) {
    if (auto written = write_new(made->allowed_file, kAllowedHead, 0600); !written)
      return tl::unexpected(written.error());
  }
  return made;
}

Result<MadeKey> make_client_key(const std::string& folder, const AllowedKey& wanted) {
  if (auto good = check(wanted); !good) return tl::unexpected(good.error());
  const auto server = bus::load_public(in(folder, "server.pub"));
  if (!server) {
    return fail(Errc::invalid_argument, server.error().detail +
                                            ": make control's key first (`vfleet keygen " + folder +
                                            " --server`), or, elsewhere, copy its server.pub into " + folder);
  }
  auto keys = bus::make_key_pair();
  if (!keys) return tl::unexpected(keys.error());
  AllowedKey allowed = wanted;
  allowed.key = keys->public_key;
  std::string allowed_text;
  const std::string allowed_file = in(folder, kAllowedFile);
  if (is_controls(folder)) {
    auto text = with_line(allowed_file, allowed);
    if (!text) return tl::unexpected(text.error());
    allowed_text = std::move(*text);
  }
  auto made = write_pair(folder, {wanted.name, wanted.role, std::move(*keys), server->keys.public_key});
  if (!made || allowed_text.empty()) return made;
  if (auto written = replace(allowed_file, allowed_text); !written) return tl::unexpected(written.error());
  made->allowed_file = allowed_file;
  return made;
}

Result<MadeKey> admit_public_key(const std::string& folder, const std::string& public_file,
                                 AllowedKey wanted) {
  if (auto good = check(wanted); !good) return tl::unexpected(good.error());
  if (!is_controls(folder))
    return fail(Errc::invalid_argument, folder + " holds no server.key: name the folder of control's keys");
  auto file = bus::load_public(public_file);
  if (!file) return tl::unexpected(file.error());
  if (file->role == bus::Role::server)
    return fail(Errc::invalid_argument, public_file + " is control's own key");
  wanted.key = file->keys.public_key;
  const std::string allowed_file = in(folder, kAllowedFile);
  const auto text = with_line(allowed_file, wanted);
  if (!text) return tl::unexpected(text.error());
  if (auto written = replace(allowed_file, *text); !written) return tl::unexpected(written.error());
  file->name = wanted.name;
  file->role = wanted.role;
  return MadeKey{std::move(*file), "", public_file, allowed_file};
}

}  // namespace vfleet::control::keys
