#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "simulator/config/schema.h"

/// Typed structs from described keys:
///
///   config::Struct<PileConfig> keys;
///   keys.duration("reports.heartbeat.every", [](auto& c) -> auto& { return c.heartbeat.period; })
///       .initial(30s).range(100ms, 24h).doc("Time between two heartbeats.");
///   keys.number("rated_power", Unit::power, [](auto& c) -> auto& { return c.rated_power_w;
///   }).initial(120e3)... keys.choice("kind", [](auto& c) -> auto& { return c.kind; }, {{"ac", Kind::ac},
///   {"dc", Kind::dc}}).initial(Kind::dc) keys.records<Vehicle>("vehicles", [](auto& c) -> auto& { return
///   c.vehicles; }, vehicle_keys())... keys.derive([](PileConfig& c) { ... }); // what follows from keys
///   keys.check([](const PileConfig& c, std::vector<std::string>& mistakes) { ... });   // across keys
///   keys.schema();  keys.build(values) -> Result<PileConfig>
///
/// A key's default is what the struct's member initialiser gives, unless initial() says otherwise. A range is
/// never wider than the member's integer type.
namespace vfleet::config {

template <class T>
class Struct;

/// Names the rest of a key just added; every call returns itself. Only valid until the next key is added.
template <class Field>
class KeyBuilder {
 public:
  KeyBuilder(std::vector<Key>& keys, std::size_t index, std::function<Value(const Field&)> to_value)
      : keys_(keys), index_(index), to_value_(std::move(to_value)) {}

  KeyBuilder& initial(const Field& value) { return key().initial = to_value_(value), *this; }
  KeyBuilder& doc(std::string text) { return key().doc = std::move(text), *this; }
  KeyBuilder& range(double low, double high) { return key().minimum = low, key().maximum = high, *this; }
  KeyBuilder& range(Duration low, Duration high) { return range(to_seconds(low), to_seconds(high)); }
  KeyBuilder& decimals(int digits) { return key().decimals = digits, *this; }
  KeyBuilder& effect(Effect effect) { return key().effect = effect, *this; }
  KeyBuilder& secret() { return key().secret = true, *this; }
  KeyBuilder& required() { return key().required = true, *this; }
  KeyBuilder& folder_of(std::string path) { return key().folder_of = std::move(path), *this; }

 private:
  Key& key() { return keys_[index_]; }
  std::vector<Key>& keys_;
  std::size_t index_;
  std::function<Value(const Field&)> to_value_;
};

namespace detail {
/// Scalars to and from Value; the value was checked against its Key before.
inline Value to_value(bool v) {
  return Value{v};
}
inline Value to_value(Duration v) {
  return Value{v};
}
inline Value to_value(const std::string& v) {
  return Value{v};
}
inline Value to_value(double v) {
  return Value{v};
}
/// The double with the float's own decimals: 0.1f is 0.1, not 0.10000000149.
[[nodiscard]] Value to_value(float v);
template <class I>
requires std::is_integral_v<I> Value to_value(I v) {
  return Value{static_cast<std::int64_t>(v)};
}
inline void from_value(const Value& v, bool& out) {
  out = std::get<bool>(v.data);
}
inline void from_value(const Value& v, Duration& out) {
  out = std::get<Duration>(v.data);
}
inline void from_value(const Value& v, std::string& out) {
  out = std::get<std::string>(v.data);
}
inline void from_value(const Value& v, double& out) {
  out = std::get<double>(v.data);
}
inline void from_value(const Value& v, float& out) {
  out = static_cast<float>(std::get<double>(v.data));
}
template <class I>
requires std::is_integral_v<I>
void from_value(const Value& v, I& out) {
  out = static_cast<I>(std::get<std::int64_t>(v.data));
}

/// Sets the range of `key` to what an integer type narrower than Value's own can hold.
template <class F>
void limit_to(Key& key) {
  if constexpr (std::is_integral_v<F> && !std::is_same_v<F, bool> && sizeof(F) < sizeof(std::int64_t)) {
    key.minimum = static_cast<double>(std::numeric_limits<F>::min());
    key.maximum = static_cast<double>(std::numeric_limits<F>::max());
  } else if constexpr (std::is_unsigned_v<F> && !std::is_same_v<F, bool>) {
    key.minimum = 0;
  }
}
}  // namespace detail

template <class T>
class Struct {
 public:
  using Check = std::function<void(const T&, std::vector<std::string>& mistakes)>;

  template <class Get>
  auto boolean(std::string path, Get get) {
    return scalar(std::move(path), Kind::boolean, Unit::none, get);
  }
  template <class Get>
  auto integer(std::string path, Get get) {
    return scalar(std::move(path), Kind::integer, Unit::none, get);
  }
  template <class Get>
  auto number(std::string path, Unit unit, Get get) {
    return scalar(std::move(path), Kind::number, unit, get);
  }
  template <class Get>
  auto duration(std::string path, Get get) {
    return scalar(std::move(path), Kind::duration, Unit::duration, get);
  }
  template <class Get>
  auto text(std::string path, Get get) {
    return scalar(std::move(path), Kind::text, Unit::none, get);
  }

  /// An enum whose words are `names`.
  template <class Get, class E = std::remove_reference_t<std::invoke_result_t<Get, T&>>>
  KeyBuilder<E> choice(std::string path, Get get, std::vector<std::pair<std::string, E>> names) {
    const auto to_value = [names](const E& e) {
      for (const auto& [name, value] : names) {
        if (value == e) return Value{name};
      }
      return Value{names.front().first};
    };
    const auto from_value = [names](const Value& value, E& out) {
      for (const auto& [name, e] : names) {
        if (name == std::get<std::string>(value.data)) out = e;
      }
    };
    Key key;
    key.path = std::move(path);
    key.kind = Kind::choice;
    for (const auto& [name, value] : names) key.choices.push_back(name);
    return add<E>(std::move(key), get, to_value, from_value);
  }

  /// A list of scalars: std::vector<std::string>, <double>, <Duration>, <int>.
  template <class Get, class V = std::remove_reference_t<std::invoke_result_t<Get, T&>>>
  KeyBuilder<V> list(std::string path, Kind item, Unit unit, Get get) {
    const auto to_value = [](const V& values) {
      List out;
      for (const auto& each : values) out.push_back(detail::to_value(each));
      return Value{std::move(out)};
    };
    const auto from_value = [](const Value& value, V& out) {
      out.clear();
      for (const Value& each : std::get<List>(value.data)) detail::from_value(each, out.emplace_back());
    };
    Key key;
    key.path = std::move(path);
    key.kind = Kind::list;
    Key& element = key.items.emplace_back();
    element.kind = item;
    element.unit = unit;
    element.initial = detail::to_value(typename V::value_type{});
    detail::limit_to<typename V::value_type>(element);
    return add<V>(std::move(key), get, to_value, from_value);
  }

  /// An open section of texts below `section`: a std::map<std::string, std::string> by the last word. See Key::path.
  template <class Get>
  KeyBuilder<std::string> open_texts(std::string section, Get get) {
    Key key;
    key.path = section + ".*";
    key.initial = Value{std::string()};
    opens_.push_back([get, prefix = section + "."](T& target, const std::string& path, const Value& value) {
      if (path.starts_with(prefix)) get(target).insert_or_assign(path.substr(prefix.size()), std::get<std::string>(value.data));
    });
    getters_.push_back([](const T&) { return Value{std::string()}; });
    setters_.push_back([](T&, const Value&) {});
    keys_.push_back(std::move(key));
    return {keys_, keys_.size() - 1, [](const std::string& value) { return Value{value}; }};
  }

  /// A list of records, each described by `fields`, whose own rules hold for each. Every record holds every
  /// field (defaults filled in).
  template <class R, class Get>
  KeyBuilder<std::vector<R>> records(std::string path, Get get, Struct<R> fields) {
    Key key;
    key.path = path;
    key.kind = Kind::list;
    key.items = fields.keys_;
    const auto shared =
        std::make_shared<const Struct<R>>(std::move(fields));  // by this list's four functions
    const auto to_value = [shared](const std::vector<R>& values) {
      List out;
      for (const R& each : values) out.push_back(Value{shared->record_of(each)});
      return Value{std::move(out)};
    };
    const auto from_value = [shared](const Value& value, std::vector<R>& out) {
      out.clear();
      for (const Value& each : std::get<List>(value.data))
        shared->overlay(out.emplace_back(), std::get<Record>(each.data));
    };
    derive([get, shared](T& target) {
      for (R& each : get(target)) shared->finish(each);
    });
    check([get, shared, path](const T& source, std::vector<std::string>& mistakes) {
      std::size_t i = 0;
      for (const R& each : get(const_cast<T&>(source))) {
        std::vector<std::string> found;
        shared->judge(each, found);
        for (std::string& mistake : found) {
          mistakes.push_back(path + "[" + std::to_string(i) + "]: " + std::move(mistake));
        }
        ++i;
      }
    });
    return add<std::vector<R>>(std::move(key), get, to_value, from_value);
  }

  /// Fills in members that follow from keys; runs after every value is in place, before the checks, in the
  /// order given.
  void derive(std::function<void(T&)> rule) { derived_.push_back(std::move(rule)); }

  /// A rule across keys; it adds a sentence a mistake.
  void check(Check rule) { checks_.push_back(std::move(rule)); }

  [[nodiscard]] Schema schema() const { return Schema(keys_); }

  /// The struct with every default, then `values` over it. Values must be of the keys' kinds (they come from
  /// parse_value or the YAML reader). Errors: invalid_argument with every mistake of the checks.
  [[nodiscard]] Result<T> build(const Values& values) const {
    T target{};
    for (std::size_t i = 0; i < keys_.size(); ++i) setters_[i](target, keys_[i].initial);
    overlay(target, values);
    finish(target);
    std::vector<std::string> mistakes;
    judge(target, mistakes);
    if (mistakes.empty()) return target;
    std::string text;
    for (const std::string& mistake : mistakes) text += (text.empty() ? "" : "; ") + mistake;
    return fail(Errc::invalid_argument, std::move(text));
  }

  /// Overlays `values`; paths that are not ours are left alone. Neither derives nor checks.
  template <class Map>
  void overlay(T& target, const Map& values) const {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (auto at = values.find(keys_[i].path); at != values.end()) setters_[i](target, at->second);
    }
    if (opens_.empty()) return;
    for (const auto& [path, value] : values) {
      for (const auto& open : opens_) open(target, path, value);
    }
  }

  /// Every key's value in `source`.
  [[nodiscard]] Record record_of(const T& source) const {
    Record out;
    for (std::size_t i = 0; i < keys_.size(); ++i) out.emplace(keys_[i].path, getters_[i](source));
    return out;
  }

 private:
  template <class>
  friend class Struct;

  void finish(T& target) const {
    for (const auto& rule : derived_) rule(target);
  }
  void judge(const T& source, std::vector<std::string>& mistakes) const {
    for (const Check& rule : checks_) rule(source, mistakes);
  }

  template <class Get, class F = std::remove_reference_t<std::invoke_result_t<Get, T&>>>
  KeyBuilder<F> scalar(std::string path, Kind kind, Unit unit, Get get) {
    Key key;
    key.path = std::move(path);
    key.kind = kind;
    key.unit = unit;
    detail::limit_to<F>(key);
    return add<F>(
        std::move(key), get, [](const F& value) { return detail::to_value(value); },
        [](const Value& value, F& out) { detail::from_value(value, out); });
  }

  template <class F, class Get, class ToValue, class FromValue>
  KeyBuilder<F> add(Key key, Get get, ToValue to_value, FromValue from_value) {
    getters_.push_back([get, to_value](const T& source) { return to_value(get(const_cast<T&>(source))); });
    setters_.push_back([get, from_value](T& target, const Value& value) { from_value(value, get(target)); });
    key.initial = getters_.back()(T{});
    keys_.push_back(std::move(key));
    return {keys_, keys_.size() - 1, to_value};
  }

  std::vector<Key> keys_;  // as long as setters_ and getters_
  std::vector<std::function<void(T&, const Value&)>> setters_;
  std::vector<std::function<Value(const T&)>> getters_;
  std::vector<std::function<void(T&, const std::string& path, const Value&)>> opens_;
  std::vector<std::function<void(T&)>> derived_;
  std::vector<Check> checks_;
};

}  // namespace vfleet::config
