#pragma once

#include <functional>
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
///   keys.number("rated_power", Unit::power, [](auto& c) -> auto& { return c.rated_power_w; }).initial(120e3)...
///   keys.choice("kind", [](auto& c) -> auto& { return c.kind; }, {{"ac", Kind::ac}, {"dc", Kind::dc}}).initial(Kind::dc)
///   keys.records<Vehicle>("vehicles", [](auto& c) -> auto& { return c.vehicles; }, vehicle_keys())...
///   keys.check([](const PileConfig& c, std::vector<std::string>& mistakes) { ... });   // across keys
///   keys.schema();  keys.build(values) -> Result<PileConfig>
namespace vfleet::config {

template <class T>
class Struct;

/// Names the rest of a key just added; every call returns itself.
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

 private:
  Key& key() { return keys_[index_]; }
  std::vector<Key>& keys_;
  std::size_t index_;
  std::function<Value(const Field&)> to_value_;
};

namespace detail {
/// Scalars to and from Value; the value was checked against its Key before.
inline Value to_value(bool v) { return Value{v}; }
inline Value to_value(Duration v) { return Value{v}; }
inline Value to_value(const std::string& v) { return Value{v}; }
inline Value to_value(double v) { return Value{v}; }
template <class I>
  requires std::is_integral_v<I>
Value to_value(I v) { return Value{static_cast<std::int64_t>(v)}; }
inline void from_value(const Value& v, bool& out) { out = std::get<bool>(v.data); }
inline void from_value(const Value& v, Duration& out) { out = std::get<Duration>(v.data); }
inline void from_value(const Value& v, std::string& out) { out = std::get<std::string>(v.data); }
inline void from_value(const Value& v, double& out) { out = std::get<double>(v.data); }
inline void from_value(const Value& v, float& out) { out = static_cast<float>(std::get<double>(v.data)); }
template <class I>
  requires std::is_integral_v<I>
void from_value(const Value& v, I& out) { out = static_cast<I>(std::get<std::int64_t>(v.data)); }
}  // namespace detail

template <class T>
class Struct {
 public:
  using Check = std::function<void(const T&, std::vector<std::string>& mistakes)>;

  template <class Get>
  auto boolean(std::string path, Get get) { return scalar(std::move(path), Kind::boolean, Unit::none, get); }
  template <class Get>
  auto integer(std::string path, Get get) { return scalar(std::move(path), Kind::integer, Unit::none, get); }
  template <class Get>
  auto number(std::string path, Unit unit, Get get) { return scalar(std::move(path), Kind::number, unit, get); }
  template <class Get>
  auto duration(std::string path, Get get) { return scalar(std::move(path), Kind::duration, Unit::duration, get); }
  template <class Get>
  auto text(std::string path, Get get) { return scalar(std::move(path), Kind::text, Unit::none, get); }

  /// An enum whose words are `names`.
  template <class Get, class E = std::remove_reference_t<std::invoke_result_t<Get, T&>>>
  KeyBuilder<E> choice(std::string path, Get get, std::vector<std::pair<std::string, E>> names) {
    Key& key = add(std::move(path), Kind::choice, Unit::none);
    for (const auto& [name, value] : names) key.choices.push_back(name);
    setters_.push_back([get, names](T& target, const Value& value) {
      for (const auto& [name, e] : names) {
        if (name == std::get<std::string>(value.data)) get(target) = e;
      }
    });
    return {keys_, keys_.size() - 1, [names](const E& e) {
              for (const auto& [name, value] : names) {
                if (value == e) return Value{name};
              }
              return Value{names.front().first};
            }};
  }

  /// A list of scalars: std::vector<std::string>, <double>, <Duration>, <int>.
  template <class Get, class V = std::remove_reference_t<std::invoke_result_t<Get, T&>>>
  KeyBuilder<V> list(std::string path, Kind item, Unit unit, Get get) {
    Key& key = add(std::move(path), Kind::list, Unit::none);
    Key element;
    element.kind = item;
    element.unit = unit;
    key.items.push_back(std::move(element));
    setters_.push_back([get](T& target, const Value& value) {
      V& out = get(target);
      out.clear();
      for (const Value& each : std::get<List>(value.data)) detail::from_value(each, out.emplace_back());
    });
    return {keys_, keys_.size() - 1, [](const V& values) {
              List out;
              for (const auto& each : values) out.push_back(detail::to_value(each));
              return Value{std::move(out)};
            }};
  }

  /// A list of records, each described by `fields`. Every record holds every field (defaults filled in).
  template <class R, class Get>
  KeyBuilder<std::vector<R>> records(std::string path, Get get, Struct<R> fields) {
    Key& key = add(std::move(path), Kind::list, Unit::none);
    key.items = fields.keys_;
    auto shared = std::move(fields);
    setters_.push_back([get, shared](T& target, const Value& value) {
      std::vector<R>& out = get(target);
      out.clear();
      for (const Value& each : std::get<List>(value.data)) shared.assign(out.emplace_back(), std::get<Record>(each.data));
    });
    return {keys_, keys_.size() - 1, [shared](const std::vector<R>& values) {
              List out;
              for (const R& each : values) out.push_back(Value{shared.record_of(each)});
              return Value{std::move(out)};
            }};
  }

  /// A rule across keys; it adds a sentence a mistake.
  void check(Check rule) { checks_.push_back(std::move(rule)); }

  [[nodiscard]] Schema schema() const { return Schema(keys_); }

  /// The struct with every default, then `values` over it. Values must be of the keys' kinds (they come from
  /// parse_value or the YAML reader). Errors: invalid_argument with every mistake of the checks.
  [[nodiscard]] Result<T> build(const Values& values) const {
    T target{};
    for (std::size_t i = 0; i < keys_.size(); ++i) setters_[i](target, keys_[i].initial);
    assign(target, values);
    std::vector<std::string> mistakes;
    for (const Check& rule : checks_) rule(target, mistakes);
    if (mistakes.empty()) return target;
    std::string text;
    for (const std::string& mistake : mistakes) text += (text.empty() ? "" : "; ") + mistake;
    return fail(Errc::invalid_argument, std::move(text));
  }

  /// Overlays `values`; paths that are not ours are left alone.
  template <class Map>
  void assign(T& target, const Map& values) const {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (auto at = values.find(keys_[i].path); at != values.end()) setters_[i](target, at->second);
    }
  }

  /// The record that assign() reads back; every field by its getter.
  [[nodiscard]] Record record_of(const T& source) const {
    Record out;
    for (std::size_t i = 0; i < keys_.size(); ++i) out.emplace(keys_[i].path, getters_[i](source));
    return out;
  }

 private:
  template <class>
  friend class Struct;

  Key& add(std::string path, Kind kind, Unit unit) {
    Key& key = keys_.emplace_back();
    key.path = std::move(path);
    key.kind = kind;
    key.unit = unit;
    return key;
  }

  template <class Get, class F = std::remove_reference_t<std::invoke_result_t<Get, T&>>>
  KeyBuilder<F> scalar(std::string path, Kind kind, Unit unit, Get get) {
    add(std::move(path), kind, unit);
    setters_.push_back([get](T& target, const Value& value) { detail::from_value(value, get(target)); });
    getters_.resize(keys_.size());
    getters_.back() = [get](const T& source) { return detail::to_value(get(const_cast<T&>(source))); };
    return {keys_, keys_.size() - 1, [](const F& value) { return detail::to_value(value); }};
  }

  std::vector<Key> keys_;
  std::vector<std::function<void(T&, const Value&)>> setters_;
  std::vector<std::function<Value(const T&)>> getters_;
  std::vector<Check> checks_;
};

}  // namespace vfleet::config
