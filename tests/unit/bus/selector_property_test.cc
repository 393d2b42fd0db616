// Random selectors against a second, slower reading of the same grammar: each term is built together with a
// predicate that says what it means.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "simulator/bus/selector.h"
#include "simulator/core/hash.h"
#include "simulator/core/random.h"

namespace vfleet::bus {
namespace {

struct Machine : IdentityView {
  std::string_view id() const override { return name; }
  std::string_view type() const override { return kind; }
  std::string_view group() const override { return folder; }
  std::optional<std::string_view> label(std::string_view key) const override {
    const auto at = labels.find(std::string(key));
    return at == labels.end() ? std::nullopt : std::optional<std::string_view>(at->second);
  }
  std::optional<std::string> state(std::string_view key) const override {
    const auto at = states.find(std::string(key));
    return at == states.end() ? std::nullopt : std::optional<std::string>(at->second);
  }
  std::string name;
  std::string kind;
  std::string folder;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> states;
};

using Meaning = std::function<bool(const Machine&)>;
struct Written {
  std::string text;
  Meaning meaning;
};

class Writer {
 public:
  explicit Writer(std::uint64_t seed) : random_(seed, 1, "selectors") {}

  Machine machine() {
    Machine out;
    out.name = any({"pile-", "cam-", "x"}) + std::to_string(random_.below(30));
    out.kind = any({"pile", "camera"});
    out.folder = any({"dc", "ac"});
    if (random_.chance(0.7)) out.labels["site"] = any({"a", "b", "c"});
    if (random_.chance(0.3)) out.labels["vip"] = "";
    if (random_.chance(0.7)) out.states["soc"] = std::to_string(random_.below(10));
    if (random_.chance(0.7)) out.states["mode"] = any({"idle", "busy"});
    return out;
  }

  Written selector() {
    Written out = term(true);
    for (std::uint64_t more = random_.below(4); more > 0; --more) {
      Written next = term(false);
      out.text += any({",", " , ", ", "}) + next.text;
      out.meaning = [a = out.meaning, b = next.meaning](const Machine& m) { return a(m) && b(m); };
    }
    return out;
  }

 private:
  std::string any(std::vector<std::string> choices) { return choices[random_.below(choices.size())]; }

  std::vector<std::string> some(const std::vector<std::string>& choices) {
    std::vector<std::string> out;
    for (std::uint64_t n = 1 + random_.below(12); n > 0; --n)
      out.push_back(choices[random_.below(choices.size())]);
    return out;
  }

  Written one_of(const std::string& key, std::function<std::optional<std::string>(const Machine&)> get,
                 const std::vector<std::string>& choices) {
    const bool negated = random_.chance(0.4);
    std::vector<std::string> values = some(choices);
    std::string text = key;
    if (random_.chance(0.5)) {
      values.resize(1);
      text +=
          any(negated ? std::vector<std::string>{"!=", " != "} : std::vector<std::string>{"=", "==", " = "}) +
          values.front();
    } else {
      text += negated ? " notin (" : " in (";
      for (std::size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ", ") + values[i];
      text += ")";
    }
    return {text, [=](const Machine& m) {
              const auto value = get(m);
              bool in = false;
              for (const auto& each : values) in = in || value == each;
              return in != negated;
            }};
  }

  Written term(bool first) {
    switch (random_.below(9)) {
      case 0:
        return {"all", [](const Machine&) { return true; }};
      case 1: {
        const auto low = random_.below(30);
        const auto high = low + random_.below(10);
        return {"pile-0" + std::to_string(low) + ".." + std::to_string(high), [=](const Machine& m) {
                  if (m.name.rfind("pile-", 0) != 0) return false;
                  const auto n = std::stoull(m.name.substr(5));
                  return n >= low && n <= high;
                }};
      }
      case 2: {
        const std::string digit = std::to_string(random_.below(10));
        return {"*-*" + digit, [=](const Machine& m) {
                  return m.name.find('-') != std::string::npos && m.name.back() == digit[0];
                }};
      }
      case 3:
        return one_of("type", [](const Machine& m) { return m.kind; }, {"pile", "camera", "x"});
      case 4:
        return one_of("group", [](const Machine& m) { return m.folder; }, {"dc", "ac"});
      case 5:
        return one_of("site",
                      [](const Machine& m) {
                        const auto at = m.labels.find("site");
                        return at == m.labels.end() ? std::nullopt : std::optional<std::string>(at->second);
                      },
                      {"a", "b", "c", "d"});
      case 6: {
        const bool negated = random_.chance(0.5);
        const std::string sign = negated ? "!" : (first ? "=" : "");
        return {sign + "vip", [=](const Machine& m) { return (m.labels.count("vip") == 1) != negated; }};
      }
      case 7: {
        const int number = static_cast<int>(random_.below(10));
        const bool less = random_.chance(0.5);
        return {"state.soc" + std::string(less ? " < " : ">=") + std::to_string(number),
                [=](const Machine& m) {
                  const auto at = m.states.find("soc");
                  if (at == m.states.end()) return false;
                  return less ? std::stoi(at->second) < number : std::stoi(at->second) >= number;
                }};
      }
      default: {
        const auto percent = random_.below(101);
        const std::string salt = any({"", "s"});
        return {"sample(" + std::to_string(percent) + "%" + (salt.empty() ? "" : "," + salt) + ")",
                [=](const Machine& m) {
                  const auto draw =
                      static_cast<double>(mix(hash(m.name), hash(salt))) / 18446744073709551616.0;
                  return draw < static_cast<double>(percent) / 100;
                }};
      }
    }
  }

  Random random_;
};

TEST(SelectorProperty, DecidesLikeTheSlowReading) {
  Writer writer(7);
  std::vector<Machine> machines;
  for (int i = 0; i < 200; ++i) machines.push_back(writer.machine());
  int matched = 0;
  for (int round = 0; round < 2000; ++round) {
    const Written written = writer.selector();
    const auto selector = Selector::parse(written.text);
    ASSERT_TRUE(selector) << written.text << ": " << selector.error().detail;
    for (const Machine& machine : machines) {
      ASSERT_EQ(selector->matches(machine), written.meaning(machine))
          << written.text << " on " << machine.name;
      matched += selector->matches(machine);
    }
  }
  EXPECT_GT(matched, 10000);
}

TEST(SelectorProperty, TheCanonicalTextReadsBackEqual) {
  Writer writer(8);
  std::vector<Machine> machines;
  for (int i = 0; i < 50; ++i) machines.push_back(writer.machine());
  for (int round = 0; round < 2000; ++round) {
    const Written written = writer.selector();
    const auto once = Selector::parse(written.text);
    ASSERT_TRUE(once);
    const auto twice = Selector::parse(once->text());
    ASSERT_TRUE(twice) << once->text() << ": " << twice.error().detail;
    EXPECT_EQ(twice->text(), once->text());
    EXPECT_EQ(twice->identity_only(), once->identity_only());
    for (const Machine& machine : machines) ASSERT_EQ(twice->matches(machine), once->matches(machine));
  }
}

TEST(SelectorProperty, WhateverIsAcceptedReadsBackEqual) {
  // Texts made of the grammar's own pieces reach the odd corners that well-formed ones do not.
  const std::vector<std::string> pieces{
      "a", "all", "id", "in",   "notin", "(",     ")",  ",",      "=",    "!",      "<",
      ">", "\"",  "*",  "?",    "..",    "1",     "9",  "state.", "type", "sample", "limit",
      "%", " ",   "\\", "\x01", "\xff",  "group", "==", "!=",     ">=",   "-",      "\"\""};
  Random random(3, 3, "soup");
  int accepted = 0;
  for (int round = 0; round < 200000; ++round) {
    std::string text;
    for (std::uint64_t n = 1 + random.below(9); n > 0; --n) text += pieces[random.below(pieces.size())];
    const auto once = Selector::parse(text);
    if (!once) {
      ASSERT_EQ(once.error().detail.rfind("column ", 0), 0u) << text;
      continue;
    }
    ++accepted;
    const auto twice = Selector::parse(once->text());
    ASSERT_TRUE(twice) << text << " -> " << once->text() << ": " << twice.error().detail;
    ASSERT_EQ(twice->text(), once->text()) << text;
  }
  EXPECT_GT(accepted, 5000);
}

}  // namespace
}  // namespace vfleet::bus
