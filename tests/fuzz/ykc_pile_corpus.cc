// Writes what ykc_pile_fuzz begins with: a day of a pile, and after a login each frame of a platform, from
// the tables.
//
//   ykc_pile_corpus DIRECTORY
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/frame.h"
#include "simulator/codec/ykc/text.h"
#include "tests/support/ykc_samples.h"

namespace {

using namespace vfleet::codec::ykc;

const std::string kNumber = "32010600000001";
const std::string kOrder = kNumber + "012011211200000001";
constexpr std::size_t kRates = 48;

bool good = true;

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  good = good && static_cast<bool>(out);
}

std::string hex(std::string_view bytes) {
  std::string out;
  append_hex(bytes, out);
  return out;
}

std::string line(char sign, const FrameLayout& frame, const std::string& body) {
  const char type = static_cast<char>(frame.type);
  return sign + hex({&type, 1}) + " " + hex(body) + "\n";
}

std::string line(char sign, std::string_view name,
                 const std::vector<std::pair<std::string, std::string>>& values) {
  const Layout& layout = *built_in("ykc-1.6");
  const FrameLayout* frame = layout.find(name);
  if (frame == nullptr) return good = false, std::string();
  auto body = body_of(layout, *frame, values);
  if (!body) std::fprintf(stderr, "%s: %s\n", std::string(name).c_str(), body.error().detail.c_str());
  good = good && body;
  return body ? line(sign, *frame, *body) : std::string();
}

// Connects, and is ready: 0x02, and a model with four rates in turn.
std::string login() {
  std::vector<std::pair<std::string, std::string>> model = {{"pile", kNumber}, {"model", "0017"}};
  int price = 6;
  for (const std::string period : {"sharp", "peak", "flat", "valley"}) {
    model.emplace_back(period + "_energy_price", "0." + std::to_string(price++));
    model.emplace_back(period + "_service_price", "0.3");
  }
  const std::string periods[] = {"sharp", "peak", "flat", "valley"};
  for (std::size_t i = 0; i < kRates; ++i)
    model.emplace_back("rates[" + std::to_string(i) + "].rate", periods[i % 4]);
  return "u\n" + line('<', "login_answer", {{"pile", kNumber}, {"result", "ok"}}) +
         line('<', "model_check_answer", {{"pile", kNumber}, {"model", "0000"}, {"result", "differs"}}) +
         line('<', "model_answer", model);
}

std::string start() {
  return "p1\n" + line('>', "remote_start",
                       {{"order", kOrder},
                        {"pile", kNumber},
                        {"gun", "1"},
                        {"logical_card", "1000000573"},
                        {"physical_card", "D14B0A54"},
                        {"balance", "12.34"}});
}

const std::string kBillOk = "<40 O00\n";

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  std::filesystem::create_directories(directory, error);
  vfleet::Random random(1, 1, "corpus");
  const Layout& layout = *built_in("ykc-1.6");
  for (const FrameLayout& frame : layout.frames()) {
    if (frame.type % 2 != 0) continue;
    // Once of any pile, once of this one.
    std::string own = sample_body(layout, frame, random);
    const std::string any = line('>', frame, own);
    const int pile = frame.find("pile");
    if (pile >= 0)
      own.replace(BodyReader(layout, frame, own).offset(pile), kNumber.size() / 2, from_hex(kNumber));
    write(directory / ("frame-" + frame.name), login() + "p1\n" + any + "+1\n" + line('>', frame, own) +
                                                   "+40\n" + line('<', frame, own) + "w\nu\n+3\n");
  }
  const std::string stop = line('>', "remote_stop", {{"pile", kNumber}, {"gun", "1"}});
  const std::string update = line('>', "update",
                                  {{"pile", kNumber},
                                   {"pile_type", "dc"},
                                   {"host", "10.0.0.1"},
                                   {"port", "21"},
                                   {"path", "/fw/two.bin"}});
  write(directory / "session",
        login() + start() + "l0\nl1\nl2\n+600\nl1\n" + stop + "+2\n" + kBillOk + "+2\n");
  write(directory / "offline", login() + start() + "+600\nd\nl1\n+60\nq1\n+60\nw\nu\n+1\nu\n");
  write(directory / "repeats",
        login() + start() + "+60\n" + stop + "+40\n+40\nw\nu\n+400\nd\n+30\nu\n+30\n" + kBillOk);
  write(directory / "update",
        login() + update + "+1\nx0\n+7000\n" + login() + update + "x1\n" + update + "d\nx0\nu\n");
  write(directory / "operator", login() +
                                    "tykc_login\ntykc_bill cost=3\ntykc_start_request how=vin\ns1D14B0A54\n"
                                    "aremote_start_answer result=refused\n" +
                                    start() + "e\n+5\ne\n" + start());
  write(directory / "nonsense", login() + "!68\n!680C000000363201060001923601FFB9\n<\n>34\n>FF 00\n");
  if (!good || error) {
    std::fprintf(stderr, "%s: cannot write to %s\n", argv[0], argv[1]);
    return 1;
  }
  return 0;
}
