#include "control/cli/completion.h"

#include <gtest/gtest.h>

#include "control/cli/commands/all.h"
#include "control/cli/supervise/child.h"
#include "tests/unit/control/cli/temp_dir.h"

namespace vfleet::cli {
namespace {

// Lets a real bash complete the line `words` and returns what it offers.
std::string complete(const std::string& words) {
  const TempDir dir;
  const auto script = dir.write(
      "complete.sh", completion_script(all_commands(), "bash") + "COMP_WORDS=(" + words +
                         ")\nCOMP_CWORD=$((${#COMP_WORDS[@]}-1))\n_vfleet\necho \"${COMPREPLY[@]}\"\n");
  const auto offered = capture("/bin/bash", {script.string()}, std::chrono::seconds(10));
  return offered ? *offered : offered.error().message;
}

TEST(Completion, OffersVerbsThenOptionsThenTheirWords) {
  EXPECT_EQ(complete("vfleet dis"), "disconnect\n");
  EXPECT_EQ(complete("vfleet trigger all meter --wait a"), "accepted acked\n");
  EXPECT_EQ(complete("vfleet trigger all meter --pay"), "--payload\n");
  EXPECT_EQ(complete("vfleet --color n"), "never\n");
  EXPECT_EQ(complete("vfleet --json watch --rep"), "--report\n");
  EXPECT_EQ(complete("vfleet completion z"), "zsh\n");
}

TEST(Completion, IsLoadedByZshThroughItsBashSupport) {
  EXPECT_EQ(completion_script(all_commands(), "zsh").substr(0, 15), "#compdef vfleet");
}

}  // namespace
}  // namespace vfleet::cli
