// Runs a fuzz target without a fuzzer, so that every compiler and preset keeps it alive:
//
//   NAME_fuzz DIRECTORY [MUTATIONS]
//
// gives it an empty input, every file of DIRECTORY and, from these, MUTATIONS (2000) changed ones, the same
// in each run. On a crash the input is written to NAME_fuzz.crash in the working directory; given as FILE in
// place of DIRECTORY it is run alone.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/core/random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using vfleet::Random;

constexpr std::size_t kInputMax = 64 * 1024;
constexpr std::string_view kTokens[] = {"{",  "}",    "[",      "]",     "\"",
                                        "\\", ",",    ":",      "\r\n",  "\n",
                                        "  ", "0",    "-1",     "1e308", "18446744073709551616",
                                        "\t", "\xff", "\xc3",   "null",  "true",
                                        "%",  "*",    "\\u0000"};

// What runs now; read by the signal handler alone.
const std::uint8_t* running = nullptr;
std::size_t running_size = 0;
char crash_file[512] = "crash";

void keep_input(int number) {
  const int file = ::open(crash_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file >= 0) {
    [[maybe_unused]] const auto written = ::write(file, running, running_size);
    ::close(file);
  }
  constexpr char kText[] = "the input was written to ";
  [[maybe_unused]] auto told = ::write(STDERR_FILENO, kText, sizeof kText - 1);
  told = ::write(STDERR_FILENO, crash_file, std::strlen(crash_file));
  told = ::write(STDERR_FILENO, "\n", 1);
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void run(const std::string& input) {
  // As many bytes as there are, so that a sanitizer sees who reads past them.
  const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[input.size()]);
  std::copy(input.begin(), input.end(), exact.get());
  running = exact.get();
  running_size = input.size();
  LLVMFuzzerTestOneInput(exact.get(), input.size());
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> read_all(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> paths;
  for (const auto& each : std::filesystem::directory_iterator(directory)) paths.push_back(each.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> out;
  for (const auto& path : paths) out.push_back(read(path));
  return out;
}

void mutate(std::string& text, const std::vector<std::string>& seeds, Random& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random.below(n)); };
  const std::size_t at = below(text.size() + 1);
  const std::size_t length = std::min(1 + below(16), text.size() - at);
  switch (below(7)) {
    case 0:
      text.erase(at, length);
      break;
    case 1:
      text.insert(at, text.substr(at, length));
      break;
    case 2:
      text.insert(at, kTokens[below(std::size(kTokens))]);
      break;
    case 3:
      text.replace(at, length, kTokens[below(std::size(kTokens))]);
      break;
    case 4:
      text.resize(at);
      break;
    case 5: {
      const std::string& other = seeds[below(seeds.size())];
      text = text.substr(0, at) + other.substr(below(other.size() + 1));
      break;
    }
    default:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
  }
  if (text.size() > kInputMax) text.resize(kInputMax);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || !std::filesystem::exists(argv[1])) {
    std::fprintf(stderr, "usage: %s DIRECTORY|FILE [MUTATIONS]\n", argv[0]);
    return 2;
  }
  const std::string name = std::filesystem::path(argv[0]).filename().string();
  std::snprintf(crash_file, sizeof crash_file, "%s.crash", name.c_str());
  for (const int number : {SIGABRT, SIGSEGV, SIGFPE, SIGILL}) std::signal(number, keep_input);
  if (!std::filesystem::is_directory(argv[1])) {
    run(read(argv[1]));
    return 0;
  }
  const std::vector<std::string> seeds = read_all(argv[1]);
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: there is nothing in %s\n", argv[0], argv[1]);
    return 2;
  }
  run({});
  for (const std::string& seed : seeds) run(seed);
  const long mutations = argc > 2 ? std::atol(argv[2]) : 2000;
  Random random(1, 0, name);
  for (long i = 0; i < mutations; ++i) {
    std::string input = seeds[static_cast<std::size_t>(random.below(seeds.size()))];
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) mutate(input, seeds, random);
    run(input);
  }
  std::printf("%zu files, %ld mutations\n", seeds.size(), mutations);
  return 0;
}
