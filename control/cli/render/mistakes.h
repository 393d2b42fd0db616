#pragma once

#include <set>
#include <string>

#include "control/cli/failure.h"
#include "control/cli/output.h"
#include "simulator/config/catalogue.h"
#include "simulator/config/load_context.h"

namespace vfleet::cli {

/// Mistakes for people, one after the other as compilers print them, and last how many there are:
///
///   fleet.yaml:7:5: groups[0].cuont: unknown key (did you mean 'count'?)
///     7 |     cuont: 600
///       |     ^
///
/// What a line says of a key whose last part is one of `secrets` is shown as config::kMasked.
///
/// Files are read again with options.read_file for their lines; without the file, or when it has changed so
/// that there is no such line, only the first of the three is printed.
[[nodiscard]] std::string render_mistakes(const config::Mistakes& mistakes, const Style& style,
                                          const config::LoadOptions& options = {},
                                          const std::set<std::string>& secrets = {});

/// The last parts of the paths of every secret key: "token", "secret".
[[nodiscard]] std::set<std::string> secret_words(const config::Catalogue& catalogue);

/// Prints them on stdout, or as {"status":2,"mistakes":[..]}, and gives the status to end with.
ExitStatus report_mistakes(Output& out, const config::Mistakes& mistakes, const config::Catalogue& catalogue);

}  // namespace vfleet::cli
