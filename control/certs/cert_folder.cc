#include "control/certs/cert_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "simulator/config/id_pattern.h"
#include "simulator/config/load_context.h"
#include "simulator/core/ascii.h"
#include "simulator/net/certificates.h"

namespace vfleet::control::certs {
namespace {

namespace fs = std::filesystem;
using net::CertificateAuthority;
using net::PemPair;

constexpr std::size_t kPemBytesMax = 1U << 20U;
constexpr auto kDay = std::chrono::hours(24);

Status write_file(const fs::path& path, const std::string& text, mode_t mode) {
  std::error_code ignored;
  fs::remove(path, ignored);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  const bool whole =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  if (file >= 0) ::close(file);
  if (whole) return {};
  return fail(Errc::unavailable, path.string() + ": " + std::strerror(error));
}

/// The key first: a certificate without its key is of no use.
Status write_pair(const fs::path& folder, const std::string& name, const PemPair& pair) {
  if (Status key = write_file(folder / (name + ".key"), pair.key, 0600); !key) return key;
  return write_file(folder / (name + ".crt"), pair.certificate, 0644);
}

Status make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(Errc::unavailable, folder.string() + ": " + error.message());
  return {};
}

Result<CertificateAuthority> open_ca(const fs::path& folder, WallTime now, bool& is_new) {
  std::error_code ignored;
  is_new = !fs::exists(folder / "ca.crt", ignored);
  if (!is_new) {
    auto certificate = config::read_regular_file((folder / "ca.crt").string(), kPemBytesMax);
    if (!certificate) return tl::unexpected(certificate.error());
    auto key = config::read_regular_file((folder / "ca.key").string(), kPemBytesMax);
    if (!key) return tl::unexpected(key.error());
    auto loaded = CertificateAuthority::load({std::move(*certificate), std::move(*key)});
    if (loaded) return loaded;
    return fail(Errc::invalid_argument,
                (folder / "ca.crt").string() + " and ca.key make no CA: " + loaded.error().detail +
                    "; without them a new one is made, which clients then have to trust");
  }
  // Longer than what it signs as a rule.
  auto made = CertificateAuthority::make("vfleet test CA", now - kDay, now + 10 * 365 * kDay);
  if (!made) return made;
  if (Status written = write_pair(folder, "ca", made->pem()); !written)
    return tl::unexpected(written.error());
  return made;
}

bool is_server_name(std::string_view name) {
  constexpr std::size_t kLongest = 253;
  return !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view("-.:*_").find(c) != std::string_view::npos;
  });
}

Status check(const CertsWish& wish) {
  for (const std::string& id : wish.devices) {
    if (!config::valid_id(id)) return fail(Errc::invalid_argument, "'" + id + "' is no device id");
  }
  for (const std::string& name : wish.server_names) {
    if (!is_server_name(name))
      return fail(Errc::invalid_argument, "'" + name + "' is neither a server's name nor an address");
  }
  if (!config::valid_id(wish.server_file) || wish.server_file == "ca") {
    return fail(Errc::invalid_argument, "the server's files cannot be called '" + wish.server_file + "'" +
                                            (wish.server_file == "ca" ? ": the CA's are" : ""));
  }
  return {};
}

}  // namespace

Result<CertsMade> make_certs(const std::string& folder, const CertsWish& wish, WallTime now) {
  if (Status good = check(wish); !good) return tl::unexpected(good.error());
  const fs::path root(folder);
  if (Status made = make_folder(root); !made) return tl::unexpected(made.error());
  CertsMade done;
  const auto ca = open_ca(root, now, done.ca_is_new);
  if (!ca) return tl::unexpected(ca.error());
  done.ca = (root / "ca.crt").string();

  const WallTime until =
      wish.expired ? now - kDay : now + std::chrono::duration_cast<WallTime::duration>(wish.valid);
  const WallTime from = wish.expired ? now - 2 * kDay : now - kDay;
  if (!wish.server_names.empty()) {
    const auto pair = ca->issue({.common_name = wish.server_names.front(),
                                 .names = wish.server_names,
                                 .server = true,
                                 .from = from,
                                 .until = until});
    if (!pair) return tl::unexpected(pair.error());
    if (Status written = write_pair(root, wish.server_file, *pair); !written) {
      return tl::unexpected(written.error());
    }
    done.server = (root / (wish.server_file + ".crt")).string();
  }
  if (wish.devices.empty()) return done;
  const fs::path devices = root / "devices";
  if (Status made = make_folder(devices); !made) return tl::unexpected(made.error());
  done.devices_folder = devices.string();
  for (const std::string& id : wish.devices) {
    std::error_code ignored;
    if (!wish.renew && fs::exists(devices / (id + ".crt"), ignored)) {
      ++done.devices_kept;
      continue;
    }
    const auto pair =
        ca->issue({.common_name = id, .names = {}, .client = true, .from = from, .until = until});
    if (!pair) return tl::unexpected(pair.error());
    if (Status written = write_pair(devices, id, *pair); !written) return tl::unexpected(written.error());
    ++done.devices_made;
  }
  return done;
}

}  // namespace vfleet::control::certs
