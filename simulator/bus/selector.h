#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulator/core/result.h"

/// The one selector grammar of every verb. Terms are joined by commas and all must hold:
///   pile-00042              an exact id               pile-*              a glob over ids (* and ?)
///   pile-00010..00019       a range over the number   all                 every device
///   type=charging_pile      group=cam                 site in (a,b)       label site is a or b
///   site=a   site!=a        vip   !vip                label is / is not there (as the first term: =vip)
///   site notin (a,b)        !pile-* !pile-1..9        not one of these; a device without the label is neither
///   state.status=charging   state.soc>=80             what the model says now (= != < <= > >=)
///   sample(5%)  sample(5%,salt)                       a stable part of the devices: hash of (id, salt)
///   limit(100)                                        at most so many of what matches, lowest ordinals first
/// A bare word that is no `all`, has no '*', '?', '..' and is the first term is an exact id; a later bare word
/// is a label's presence. Values may be quoted with "": then they are never patterns, and \ escapes.
/// At most 256 terms and 64 KiB, but 4 MiB for a text that starts with "id in (".
namespace vfleet::bus {

/// What a selector may ask of a device without its model.
class IdentityView {
 public:
  virtual ~IdentityView() = default;
  [[nodiscard]] virtual std::string_view id() const = 0;
  [[nodiscard]] virtual std::string_view type() const = 0;
  [[nodiscard]] virtual std::string_view group() const = 0;
  /// The label's value; nullopt when the device has no such label.
  [[nodiscard]] virtual std::optional<std::string_view> label(std::string_view name) const = 0;
  /// state.NAME as text ("charging", "80.5", "true"); nullopt when the model has no such state.
  [[nodiscard]] virtual std::optional<std::string> state(std::string_view name) const = 0;
};

class Selector {
 public:
  /// Errors: invalid_argument, with the column and what was expected; an empty text is refused.
  [[nodiscard]] static Result<Selector> parse(std::string_view text);

  Selector(Selector&&) noexcept;
  Selector& operator=(Selector&&) noexcept;
  Selector(const Selector&);
  Selector& operator=(const Selector&);
  ~Selector();

  /// All terms but limit(): the caller counts.
  [[nodiscard]] bool matches(const IdentityView& device) const;
  /// No term but `all` (and limit()): every device matches.
  [[nodiscard]] bool matches_all() const;
  /// No state.* and no limit(): every worker decides alike, at any time.
  [[nodiscard]] bool identity_only() const;
  /// The ids, when the selector is a list of exact ids and nothing else ("a" or "id in (a,b)").
  [[nodiscard]] const std::vector<std::string>* exact_ids() const;
  [[nodiscard]] std::optional<std::uint64_t> limit() const;
  /// group=NAME, when that term stands alone or with others: lets the fleet skip the other groups.
  [[nodiscard]] std::optional<std::string_view> group() const;
  /// Canonical text: parse(text()) is an equal selector.
  [[nodiscard]] const std::string& text() const;

  /// `id in (a,b,...)` for ids that control resolved.
  [[nodiscard]] static Selector of_ids(const std::vector<std::string>& ids);

 private:
  struct Parsed;
  explicit Selector(std::unique_ptr<Parsed> parsed);
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace vfleet::bus
