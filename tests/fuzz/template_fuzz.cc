// Whatever the template and the report (parted by the first zero byte): no crash; a template that was found
// to be JSON makes JSON of every report that is JSON, and one for headers never makes a second line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "simulator/codec/text/template.h"

namespace {

namespace text = vfleet::codec::text;

void check(bool holds) {
  if (!holds) std::abort();
}

class SomeNames final : public text::Names {
 public:
  [[nodiscard]] std::string_view device_id() const override { return "pile-\"1\""; }
  [[nodiscard]] std::string_view device_type() const override { return "charging_pile"; }
  [[nodiscard]] std::string_view group() const override { return "gr\\oup"; }
  [[nodiscard]] std::string_view label(std::string_view name) const override { return name; }
};

bool is_json(std::string_view text) {
  return nlohmann::json::accept(text.begin(), text.end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  const std::size_t zero = all.find('\0');
  const std::string_view source = all.substr(0, zero);
  const std::string_view report = zero == std::string_view::npos ? std::string_view() : all.substr(zero + 1);
  const text::ReportText given{.type = "meter", .json = report};
  for (const text::Escape escape : {text::Escape::raw, text::Escape::line, text::Escape::url}) {
    const auto made =
        text::Template::compile(source, {.escape = escape, .detect_json = escape == text::Escape::raw});
    if (!made) continue;
    std::string out;
    made->render(SomeNames(), given, out);
    if (made->is_constant()) check(out.size() <= source.size());
    if (escape == text::Escape::line && source.find_first_of("\r\n") == std::string_view::npos)
      check(out.find_first_of("\r\n") == std::string::npos);
    if (!made->is_json() || source.find('|') != std::string_view::npos) continue;
    // Words and numbers of the template itself are not looked at when it is compiled.
    std::string plain;
    made->render(SomeNames(), {.type = "meter", .json = {}}, plain);
    if (is_json(plain) && (report.empty() || is_json(report))) check(is_json(out));
  }
  return 0;
}
