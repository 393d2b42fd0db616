#include "simulator/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_map>

#include "simulator/config/environment.h"
#include "simulator/core/utf8.h"

namespace vfleet::config {
namespace {

using Kind = YamlNode::Kind;

constexpr std::size_t kDepthMax = 64;
constexpr std::size_t kNodesMax = 500'000;  // with aliases expanded

Place place_of(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

/// Ends a parse from within yaml-cpp: it has no other way out.
struct GiveUp {
  Place place;
  std::string message;
};

/// Builds the tree from yaml-cpp's events. Its own Node would lose duplicates and places.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const std::string& file, LoadContext& context) : file_(file), context_(context) {}

  std::shared_ptr<const YamlNode> take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // As a key the word stands for itself: `uplink: {null: {}}`.
    if (expects_key()) return key("null", place_of(mark));
    // An empty value has no place of its own.
    leaf(Kind::null, stack_.empty() ? place_of(mark) : stack_.back().here, "", anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Place place = place_of(mark);
    if (expects_key()) throw GiveUp{place, "a key must be a plain word, not an alias"};
    const auto at = anchors_.find(anchor);
    if (at == anchors_.end()) throw GiveUp{place, "an alias inside the value that it stands for"};
    count(at->second.nodes, place);
    attach(at->second.node, at->second.nodes);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const Place place = place_of(mark);
    check_tag(tag, place);
    if (expects_key()) return key(value, place);
    auto expanded = expand_environment(value, context_.options().environment);
    if (!expanded) note(place, expanded.error().detail);
    leaf(Kind::scalar, place, expanded ? std::move(*expanded) : value, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor = 0;
    std::size_t nodes = 1;  // in it so far, aliases expanded
    bool has_key = false;   // map: the key of the next value was read
    bool keep = true;       // whether that value is wanted
    std::string key;
    Place here;  // of the last key, or of the node
    std::unordered_map<std::string, int> lines;
  };
  struct Anchor {
    std::shared_ptr<const YamlNode> node;
    std::size_t nodes = 1;
  };

  void note(Place place, std::string message, std::string hint = {}) {
    context_.mistake(file_, place, path(), std::move(message), std::move(hint));
  }

  std::string path() const {
    std::string out;
    for (const Frame& frame : stack_) {
      if (frame.node->is(Kind::list)) out += "[" + std::to_string(frame.node->items.size()) + "]";
      if (frame.node->is(Kind::map) && frame.has_key) out += (out.empty() ? "" : ".") + frame.key;
    }
    return out;
  }

  bool expects_key() const {
    return !stack_.empty() && stack_.back().node->is(Kind::map) && !stack_.back().has_key;
  }

  void check_tag(const std::string& tag, Place place) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str") return;
    note(place, "the tag '" + tag + "' means nothing here");
  }

  void key(const std::string& text, Place place) {
    Frame& map = stack_.back();
    map.key = text;
    map.here = place;
    map.has_key = true;
    map.keep = true;
    if (text == "<<") {
      note(place, "merge keys are not read here; a profile takes over another with `extends:`");
      map.keep = false;
    } else if (const auto [at, added] = map.lines.try_emplace(text, place.line); !added) {
      note(place, "this key was given before, in line " + std::to_string(at->second));
      map.keep = false;
    }
  }

  void leaf(Kind kind, Place place, std::string text, YAML::anchor_t anchor) {
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->place = place;
    node->text = std::move(text);
    if (anchor != 0) anchors_[anchor] = {node, 1};
    count(1, place);
    attach(std::move(node), 1);
  }

  void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const Place place = place_of(mark);
    check_tag(tag, place);
    if (expects_key()) throw GiveUp{place, "a key must be a plain word"};
    if (stack_.size() >= kDepthMax) throw GiveUp{place, "nested too deeply"};
    count(1, place);
    Frame& frame = stack_.emplace_back();
    frame.node = std::make_shared<YamlNode>();
    frame.node->kind = kind;
    frame.node->place = frame.here = place;
    frame.anchor = anchor;
  }

  void close() {
    const std::shared_ptr<const YamlNode> node = std::move(stack_.back().node);
    const std::size_t nodes = stack_.back().nodes;
    if (stack_.back().anchor != 0) anchors_[stack_.back().anchor] = {node, nodes};
    stack_.pop_back();
    attach(node, nodes);
  }

  void count(std::size_t nodes, Place place) {
    total_ += nodes;
    if (total_ > kNodesMax) throw GiveUp{place, "too many values (an alias counts as what it stands for)"};
  }

  void attach(std::shared_ptr<const YamlNode> node, std::size_t nodes) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& parent = stack_.back();
    parent.nodes += nodes;
    if (parent.node->is(Kind::list)) {
      parent.node->items.push_back(std::move(node));
      return;
    }
    parent.has_key = false;
    if (parent.keep) parent.node->entries.push_back({parent.key, parent.here, std::move(node)});
  }

  const std::string& file_;
  LoadContext& context_;
  std::vector<Frame> stack_;
  std::unordered_map<YAML::anchor_t, Anchor> anchors_;
  std::shared_ptr<const YamlNode> root_;
  std::size_t total_ = 0;  // nodes so far, aliases expanded
};

Place place_at(std::string_view text, std::size_t offset) {
  Place place{1, 1};
  for (std::size_t i = 0; i < offset; ++i) {
    ++place.column;
    if (text[i] == '\n') place = {place.line + 1, 1};
  }
  return place;
}

}  // namespace

const YamlNode::Entry* YamlNode::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

std::shared_ptr<const YamlNode> parse_yaml(std::string_view text, const std::string& file,
                                           LoadContext& context) {
  if (text.size() > kYamlBytesMax) {
    context.mistake(file, {}, "", "the file has more than " + std::to_string(kYamlBytesMax) + " bytes");
    return nullptr;
  }
  if (const auto offset = invalid_utf8(text)) {
    context.mistake(file, place_at(text, *offset), "", "this is not UTF-8 text");
    return nullptr;
  }
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    Builder builder(file, context);
    if (!parser.HandleNextDocument(builder)) {
      context.mistake(file, {1, 1}, "", "the file is empty");
      return nullptr;
    }
    auto root = builder.take();
    Builder second(file, context);
    if (parser.HandleNextDocument(second)) {
      const auto more = second.take();
      context.mistake(file, more ? more->place : Place{}, "", "a second document; one file holds one");
    }
    return root;
  } catch (const GiveUp& end) {
    context.mistake(file, end.place, "", end.message);
  } catch (const YAML::Exception& error) {
    context.mistake(file, error.mark.is_null() ? Place{} : place_of(error.mark), "",
                    "this is not YAML: " + error.msg);
  } catch (const std::exception& error) {
    context.mistake(file, {}, "", std::string("this is not YAML: ") + error.what());
  }
  return nullptr;
}

}  // namespace vfleet::config
