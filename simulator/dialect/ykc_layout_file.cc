#include "simulator/dialect/ykc_layout_file.h"

#include <algorithm>
#include <vector>

#include "simulator/codec/ykc/built_in.h"
#include "simulator/codec/ykc/layout_builder.h"
#include "simulator/config/yaml_tree.h"
#include "simulator/core/suggest.h"

namespace vfleet::dialect {
namespace {

using codec::ykc::FrameLayout;
using codec::ykc::Layout;
using codec::ykc::LayoutBuilder;
using config::Place;
using config::YamlNode;
using NodeKind = YamlNode::Kind;

constexpr std::size_t kFileBytesMax = 1024 * 1024;

bool is_layout_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789._-") == std::string_view::npos;
}

class Reader {
 public:
  Reader(const std::string& file, config::LoadContext& context) : file_(file), context_(context) {}

  std::optional<Layout> read(const YamlNode& root) {
    if (!root.is(NodeKind::map)) {
      wrong(root.place, "", "expected a layout: base, name, settings and frames");
      return std::nullopt;
    }
    check_keys(root, "", {"base", "name", "doc", "settings", "frames"});
    read_base(root);
    if (const auto* name = text(root, "name", "")) {
      if (!is_layout_name(*name))
        wrong(root.find("name")->value->place, "name", "has a-z, A-Z, 0-9, ., _ and -");
      builder_.name(*name);
    } else if (root.find("name") == nullptr) {
      wrong(root.place, "name", "must be given");
    }
    if (const auto* doc = text(root, "doc", "")) builder_.doc(*doc);
    if (const auto* settings = child(root, "settings", NodeKind::map, "settings")) read_settings(*settings);
    if (const auto* frames = child(root, "frames", NodeKind::map, "frames, by their types")) {
      for (const YamlNode::Entry& entry : frames->entries) read_frame(entry);
    }
    if (!good_) return std::nullopt;
    return builder_.take();
  }

 private:
  void wrong(Place place, std::string path, std::string message) {
    good_ = false;
    context_.mistake(file_, place, std::move(path), std::move(message));
  }

  void check_keys(const YamlNode& map, const std::string& path, const std::vector<std::string>& known) {
    for (const YamlNode::Entry& entry : map.entries) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      wrong(entry.place, path + entry.key, "unknown key" + did_you_mean(nearest_word(entry.key, known)));
    }
  }

  // A scalar of the map; null when there is none, after a mistake when it is none.
  const std::string* text(const YamlNode& map, std::string_view key, const std::string& path) {
    const YamlNode* node = child(map, key, NodeKind::scalar, "one word", path);
    if (node == nullptr) return nullptr;
    if (std::any_of(node->text.begin(), node->text.end(), [](unsigned char c) { return c < ' '; })) {
      wrong(node->place, path + std::string(key), "expected one line");
      return nullptr;
    }
    return &node->text;
  }

  const YamlNode* child(const YamlNode& map, std::string_view key, NodeKind kind, const std::string& expected,
                        const std::string& path = {}) {
    const YamlNode::Entry* entry = map.find(key);
    if (entry == nullptr) return nullptr;
    if (entry->value->is(kind)) return entry->value.get();
    wrong(entry->place, path + entry->key, "expected " + expected);
    return nullptr;
  }

  void read_base(const YamlNode& root) {
    const std::string* base = text(root, "base", "");
    if (base == nullptr) return;
    if (const Layout* layout = codec::ykc::built_in(*base)) {
      builder_ = LayoutBuilder(*layout);
      builder_.doc("");
      return;
    }
    std::vector<std::string> names;
    std::string shown;
    for (const std::string_view name : codec::ykc::built_in_names()) {
      names.emplace_back(name);
      shown += (shown.empty() ? "" : ", ") + names.back();
    }
    wrong(
        root.find("base")->value->place, "base",
        "there is no layout '" + *base + "'; there are " + shown + did_you_mean(nearest_word(*base, names)));
  }

  void read_settings(const YamlNode& settings) {
    for (const YamlNode::Entry& entry : settings.entries) {
      if (!entry.value->is(NodeKind::scalar)) {
        wrong(entry.place, "settings." + entry.key, "expected one word");
        continue;
      }
      const auto set = codec::ykc::set_setting(builder_.settings(), entry.key, entry.value->text);
      if (!set) wrong(entry.place, "settings." + entry.key, set.error().detail);
    }
  }

  void read_frame(const YamlNode::Entry& entry) {
    const std::string path = "frames." + entry.key;
    const auto type = codec::ykc::parse_type(entry.key);
    if (!type || !entry.key.starts_with("0x")) {
      return wrong(entry.place, path, "expected a frame's type, such as 0x13");
    }
    const YamlNode& frame = *entry.value;
    if (frame.is(NodeKind::scalar) && frame.text == "removed") {
      const auto removed = builder_.remove(*type);
      if (!removed) wrong(entry.place, path, removed.error().detail);
      return;
    }
    if (!frame.is(NodeKind::map)) {
      return wrong(entry.place, path, "expected name, doc, like, fields and changes, or 'removed'");
    }
    check_keys(frame, path + ".", {"name", "doc", "like", "fields", "changes"});
    if (!begin(frame, entry, *type, path)) return;
    if (const auto* doc = text(frame, "doc", path + ".")) builder_.frame_doc(*doc);
    const std::string key = frame.find("fields") != nullptr ? "fields" : "changes";
    const std::size_t before = context_.mistakes().size();
    if (const auto* fields = child(frame, key, NodeKind::list, "a list of fields", path + ".")) {
      for (std::size_t i = 0; i < fields->items.size(); ++i) {
        read_field(*fields->items[i], path + "." + key + "[" + std::to_string(i) + "]");
      }
    }
    // What the frame is as a whole means nothing when a part of it was not read.
    if (context_.mistakes().size() != before) return;
    const auto ended = builder_.end();
    if (!ended) wrong(entry.place, path, ended.error().detail);
  }

  // False after a mistake.
  bool begin(const YamlNode& frame, const YamlNode::Entry& entry, std::uint8_t type,
             const std::string& path) {
    const FrameLayout* old = builder_.layout().find(type);
    const YamlNode::Entry* like = frame.find("like");
    const YamlNode::Entry* fields = frame.find("fields");
    const std::string* name = text(frame, "name", path + ".");
    if (fields != nullptr && (like != nullptr || frame.find("changes") != nullptr)) {
      wrong(fields->place, path + ".fields", "`fields` are all of them: without `like` and `changes`");
      return false;
    }
    if (old == nullptr && name == nullptr) {
      if (frame.find("name") == nullptr) {
        wrong(entry.place, path, "a frame that the base does not have needs a name");
      }
      return false;
    }
    if (old == nullptr && fields == nullptr && like == nullptr) {
      wrong(entry.place, path, "a frame that the base does not have needs `fields`, or `like`");
      return false;
    }
    const std::string kept_name = name != nullptr ? *name : old->name;
    const std::string kept_doc = old != nullptr ? old->doc : "";
    if (fields != nullptr) {
      builder_.begin(type, kept_name);
      builder_.frame_doc(kept_doc);
      return true;
    }
    std::uint8_t other = type;
    if (like != nullptr) {
      const std::string* word = text(frame, "like", path + ".");
      if (word == nullptr) return false;
      const auto parsed = codec::ykc::parse_type(*word);
      if (!parsed) {
        wrong(like->value->place, path + ".like", "expected a frame's type, such as 0x13");
        return false;
      }
      other = *parsed;
    }
    if (const auto begun = builder_.begin_like(type, other); !begun) {
      wrong(like->value->place, path + ".like", begun.error().detail);
      return false;
    }
    builder_.frame_name(kept_name);
    return true;
  }

  void read_field(const YamlNode& item, const std::string& path) {
    if (!item.is(NodeKind::map) || item.entries.size() != 1 || !item.entries[0].value->is(NodeKind::scalar)) {
      return wrong(item.place, path, "expected one field, such as `voltage: u16 x0.1 V`");
    }
    const YamlNode::Entry& entry = item.entries[0];
    const auto added = builder_.field(entry.key, entry.value->text);
    if (!added) wrong(entry.place, path + "." + entry.key, added.error().detail);
  }

  const std::string& file_;
  config::LoadContext& context_;
  LayoutBuilder builder_;
  bool good_ = true;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::optional<Layout> read_ykc_layout(std::string_view text, const std::string& file,
                                      config::LoadContext& context) {
  const std::size_t before = context.mistakes().size();
  const auto root = config::parse_yaml(text, file, context);
  if (root == nullptr) return std::nullopt;
  auto layout = Reader(file, context).read(*root);
  if (context.mistakes().size() != before) return std::nullopt;
  return layout;
}

std::optional<Layout> load_ykc_layout(const std::string& path, config::LoadContext& context) {
  const auto text = context.read(path, kFileBytesMax, path, {}, "");
  if (!text) return std::nullopt;
  return read_ykc_layout(*text, path, context);
}

std::string to_yaml(const Layout& layout) {
  const codec::ykc::Settings& settings = layout.settings();
  std::string out = "name: " + quoted(layout.name()) + "\n";
  if (!layout.doc().empty()) out += "doc: " + quoted(layout.doc()) + "\n";
  out += "settings:\n";
  out += std::string("  fault_bit_base: ") + (settings.fault_bit_base == 0 ? "0" : "1") + "\n";
  out += std::string("  card_order: ") + (settings.card_reversed ? "reversed" : "printed") + "\n";
  out += std::string("  weekday: ") + (settings.weekday ? "\"on\"" : "\"off\"") + "\n";
  out += std::string("  crc_order: ") +
         (settings.crc_order == codec::ykc::CrcOrder::high_first ? "high" : "low") + "\n";
  out += "frames:\n";
  for (const FrameLayout& frame : layout.frames()) {
    out += "  " + codec::ykc::type_text(frame.type) + ":\n    name: " + frame.name + "\n";
    if (!frame.doc.empty()) out += "    doc: " + quoted(frame.doc) + "\n";
    out += "    fields:\n";
    for (const codec::ykc::FieldLine& line : frame.lines) {
      out += "      - " + line.name + ": " + quoted(line.spec) + "\n";
    }
  }
  return out;
}

}  // namespace vfleet::dialect
