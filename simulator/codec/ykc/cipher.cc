#include "simulator/codec/ykc/cipher.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/text.h"

namespace vfleet::codec::ykc {
namespace {

struct OpensslFree {
  void operator()(EVP_CIPHER* it) const { EVP_CIPHER_free(it); }
  void operator()(EVP_CIPHER_CTX* it) const { EVP_CIPHER_CTX_free(it); }
};

// Null: this OpenSSL has none.
const EVP_CIPHER* cipher_of(CipherSettings::Mode mode) {
  using Owner = std::unique_ptr<EVP_CIPHER, OpensslFree>;
  static const Owner ecb(EVP_CIPHER_fetch(nullptr, "DES-EDE3-ECB", nullptr));
  static const Owner cbc(EVP_CIPHER_fetch(nullptr, "DES-EDE3-CBC", nullptr));
  return mode == CipherSettings::Mode::ecb ? ecb.get() : cbc.get();
}

// One a thread: it is given cipher and key anew each time.
EVP_CIPHER_CTX* context() {
  static thread_local const std::unique_ptr<EVP_CIPHER_CTX, OpensslFree> own(EVP_CIPHER_CTX_new());
  return own.get();
}

}  // namespace

Result<Cipher> Cipher::make(const CipherSettings& settings) {
  std::string key;
  if (!append_bytes(settings.key, key) || (key.size() != 16 && key.size() != 24)) {
    return fail(Errc::invalid_argument, "a key of 3DES is 48 hexadecimal digits, or 32");
  }
  std::string iv;
  if (!settings.iv.empty() && (!append_bytes(settings.iv, iv) || iv.size() != kBlock)) {
    return fail(Errc::invalid_argument, "an initialisation vector of 3DES is 16 hexadecimal digits");
  }
  if (key.size() == 16) key += key.substr(0, kBlock);
  if (cipher_of(settings.mode) == nullptr || context() == nullptr)
    return fail(Errc::invalid_argument, "the OpenSSL of this machine has no 3DES");
  Cipher out;
  std::copy(key.begin(), key.end(), out.key_.begin());
  std::copy(iv.begin(), iv.end(), out.iv_.begin());
  out.mode_ = settings.mode;
  out.padding_ = settings.padding;
  return out;
}

bool Cipher::run(bool encrypts, std::string_view bytes, std::string& out) const {
  const std::size_t before = out.size();
  out.resize(before + bytes.size());
  auto* const to = reinterpret_cast<unsigned char*>(out.data() + before);
  EVP_CIPHER_CTX* const with = context();
  int done = 0;
  const bool good =
      EVP_CipherInit_ex2(with, cipher_of(mode_), key_.data(), iv_.data(), encrypts ? 1 : 0, nullptr) == 1 &&
      EVP_CIPHER_CTX_set_padding(with, 0) == 1 &&
      EVP_CipherUpdate(with, to, &done, reinterpret_cast<const unsigned char*>(bytes.data()),
                       static_cast<int>(bytes.size())) == 1 &&
      done == static_cast<int>(bytes.size());
  if (!good) out.resize(before);
  return good;
}

bool Cipher::encrypt(std::string_view body, std::string& out) const {
  const std::size_t rest = body.size() % kBlock;
  const bool always = padding_ == CipherSettings::Padding::pkcs7;
  const std::size_t more = rest != 0 || always ? kBlock - rest : 0;
  if (body.size() + more > kBodyBytesMax) return false;
  std::array<char, kBodyBytesMax> padded;
  char* const end = std::copy(body.begin(), body.end(), padded.begin());
  std::fill_n(end, more, always ? static_cast<char>(more) : '\0');
  return run(/*encrypts=*/true, {padded.data(), body.size() + more}, out);
}

bool Cipher::decrypt(std::string_view body, std::string& out) const {
  if (body.size() % kBlock != 0) return false;
  const std::size_t before = out.size();
  if (!run(/*encrypts=*/false, body, out)) return false;
  if (padding_ == CipherSettings::Padding::zeros) return true;
  const std::size_t more = out.size() == before ? 0 : static_cast<unsigned char>(out.back());
  const bool good = more >= 1 && more <= kBlock &&
                    std::all_of(out.end() - static_cast<std::ptrdiff_t>(more), out.end(),
                                [more](char c) { return static_cast<unsigned char>(c) == more; });
  out.resize(good ? out.size() - more : before);
  return good;
}

std::string_view without_padding(const Layout& layout, const FrameLayout& frame, std::string_view body) {
  std::size_t bytes = frame.bytes;
  if (frame.group && frame.group->rows == 0) {
    bytes += BodyReader(layout, frame, body).rows() * frame.group->row_bytes;
  }
  const bool varies = std::any_of(frame.fields.begin(), frame.fields.end(), [](const Field& field) {
    return field.optional || field.length_field >= 0;
  });
  constexpr std::size_t kPaddingMax = 7;
  if (varies || bytes >= body.size() || body.size() - bytes > kPaddingMax) return body;
  if (body.find_first_not_of('\0', bytes) != std::string_view::npos) return body;
  return body.substr(0, bytes);
}

}  // namespace vfleet::codec::ykc
