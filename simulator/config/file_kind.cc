#include "simulator/config/file_kind.h"

#include "simulator/config/yaml_tree.h"

namespace vfleet::config {

FileKind file_kind(const std::string& path, const LoadOptions& options) {
  const auto text = options.read_file(path, kYamlBytesMax);
  if (!text) return FileKind::fleet;
  LoadContext ignored(options);
  const auto root = parse_yaml(*text, path, ignored);
  if (root == nullptr || root->find("type") == nullptr) return FileKind::fleet;
  return root->find("fleet") == nullptr && root->find("groups") == nullptr ? FileKind::profile
                                                                           : FileKind::fleet;
}

}  // namespace vfleet::config
