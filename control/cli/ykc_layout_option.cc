#include "control/cli/ykc_layout_option.h"

#include "control/cli/render/mistakes.h"
#include "simulator/codec/ykc/built_in.h"
#include "simulator/dialect/ykc_layout_file.h"

namespace vfleet::cli {

OptionSpec ykc_layout_option(const std::string& otherwise) {
  return {"layout", Takes::file, "NAME|FILE", "Which layout of YKC's frames (default: " + otherwise + ")", {},
          0};
}

WantedLayout wanted_layout(Session& session, const Invocation& invocation) {
  const std::string name = invocation.text_or("layout", "ykc");
  if (const codec::ykc::Layout* known = codec::ykc::built_in(name)) return {*known, ExitStatus::done};
  const config::LoadOptions options;
  config::LoadContext context(options);
  auto layout = dialect::load_ykc_layout(name, context);
  if (layout) return {std::move(layout), ExitStatus::done};
  return {std::nullopt, report_mistakes(session.out(), context.mistakes(), {})};
}

}  // namespace vfleet::cli
