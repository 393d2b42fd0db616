#pragma once

#include <map>
#include <optional>
#include <string>

#include "simulator/config/catalogue.h"
#include "simulator/config/load_context.h"

namespace vfleet::config {

struct Profile {
  std::string type;
  Values values;  ///< what the file sets, over what it extends; lists are replaced whole
  GivenPlaces given;
};

/// Reads profiles, each file once however many groups name it.
class ProfileFiles {
 public:
  /// Both outlive this.
  ProfileFiles(const Catalogue& catalogue, LoadContext& context) : catalogue_(catalogue), context_(context) {}

  /// The profile of file `path`, named at `place` of `from` as `key`; null after mistakes in it.
  const Profile* load(const std::string& path, std::string_view from, Place place, const std::string& key);

 private:
  std::optional<Profile> read(const std::string& path, std::string_view from, Place place,
                              const std::string& key);

  const Catalogue& catalogue_;
  LoadContext& context_;
  std::map<std::string, std::optional<Profile>> read_;
  std::vector<std::string> chain_;  // files being read: each extends the next
};

}  // namespace vfleet::config
