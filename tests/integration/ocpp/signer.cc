#include "tests/integration/ocpp/signer.h"

#include <gtest/gtest.h>

#include <cctype>

namespace vfleet::ocpp_test {

using fleet_test::read_file;
using fleet_test::write_file;

Signer::Signer(const std::string& name) {
  run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
       "/CN=" + name, "-days", "30", "-keyout", folder_ / "key", "-out", folder_ / "cert"});
}

std::string Signer::sign(const std::string& bytes) const {
  write_file(folder_ / "bytes", bytes);
  run({"dgst", "-sha256", "-sign", folder_ / "key", "-out", folder_ / "signature", folder_ / "bytes"});
  run({"base64", "-A", "-in", folder_ / "signature", "-out", folder_ / "base64"});
  return read_file(folder_ / "base64");
}

std::string Signer::issue(const std::string& request) const {
  write_file(folder_ / "csr", request);
  run({"x509", "-req", "-in", folder_ / "csr", "-CA", folder_ / "cert", "-CAkey", folder_ / "key",
       "-CAcreateserial", "-days", "30", "-out", folder_ / "issued"});
  return read_file(folder_ / "issued");
}

Signer::Server Signer::serve(const std::string& name) const {
  const bool address = std::isdigit(static_cast<unsigned char>(name[0])) != 0;
  write_file(folder_ / "names", "subjectAltName=" + std::string(address ? "IP:" : "DNS:") + name + "\n");
  run({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
       "/CN=" + name, "-keyout", folder_ / "server.key", "-out", folder_ / "server.csr"});
  run({"x509", "-req", "-in", folder_ / "server.csr", "-CA", folder_ / "cert", "-CAkey", folder_ / "key",
       "-CAcreateserial", "-days", "30", "-extfile", folder_ / "names", "-out", folder_ / "server"});
  return {.certificate = read_file(folder_ / "server"), .key = read_file(folder_ / "server.key")};
}

void Signer::run(std::vector<std::string> words) const {
  words.insert(words.begin(), "/usr/bin/openssl");
  fleet_test::Process openssl(words, folder_ / "out", folder_ / "err");
  EXPECT_EQ(openssl.wait(std::chrono::minutes(1)), 0) << read_file(folder_ / "err");
}

}  // namespace vfleet::ocpp_test
