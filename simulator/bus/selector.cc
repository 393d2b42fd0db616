#include "simulator/bus/selector.h"

#include <algorithm>

#include "simulator/bus/selector_parser.h"
#include "simulator/bus/selector_term.h"
#include "simulator/bus/selector_text.h"

namespace vfleet::bus {
namespace {

constexpr std::size_t kTextMax = 64U << 10U;
/// `id in (...)` alone: what control resolved for state.* and limit.
constexpr std::size_t kIdListMax = 4U << 20U;
constexpr std::string_view kIdList = "id in (";

}  // namespace

/// Never changes after it is made, so copies of a selector share it: 100,000 ids are held once.
struct Selector::Parsed {
  struct Body {
    std::vector<SelectorTerm> terms;
    std::optional<std::uint64_t> limit;
    std::string text;
  };
  std::shared_ptr<const Body> body;

  static std::unique_ptr<Parsed> of(std::vector<SelectorTerm> terms, std::optional<std::uint64_t> limit) {
    std::string text = selector_text(terms, limit);
    return std::make_unique<Parsed>(
        Parsed{std::make_shared<const Body>(Body{std::move(terms), limit, std::move(text)})});
  }
};

Result<Selector> Selector::parse(std::string_view text) {
  const std::size_t size_max = text.starts_with(kIdList) ? kIdListMax : kTextMax;
  if (text.size() > size_max) {
    return fail(Errc::invalid_argument,
                "column " + std::to_string(size_max + 1) + ": the selector is too long (64 KiB at most)");
  }
  auto parsed = parse_selector(text);
  if (!parsed) return tl::unexpected(std::move(parsed.error()));
  return Selector(Parsed::of(std::move(parsed->terms), parsed->limit));
}

Selector::Selector(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
Selector::Selector(Selector&&) noexcept = default;
Selector& Selector::operator=(Selector&&) noexcept = default;
Selector::Selector(const Selector& other) : parsed_(std::make_unique<Parsed>(*other.parsed_)) {}
Selector& Selector::operator=(const Selector& other) {
  if (this != &other) parsed_ = std::make_unique<Parsed>(*other.parsed_);
  return *this;
}
Selector::~Selector() = default;

bool Selector::matches(const IdentityView& device) const {
  const auto& terms = parsed_->body->terms;
  return std::all_of(terms.begin(), terms.end(),
                     [&](const SelectorTerm& term) { return term.holds(device); });
}

bool Selector::matches_all() const {
  const auto& terms = parsed_->body->terms;
  return std::all_of(terms.begin(), terms.end(),
                     [](const SelectorTerm& term) { return term.field == SelectorField::all; });
}

bool Selector::identity_only() const {
  const auto& terms = parsed_->body->terms;
  return !parsed_->body->limit && std::none_of(terms.begin(), terms.end(), [](const SelectorTerm& term) {
    return term.field == SelectorField::state || term.field == SelectorField::state_there;
  });
}

const std::vector<std::string>* Selector::exact_ids() const {
  const auto& body = *parsed_->body;
  if (body.limit || body.terms.size() != 1) return nullptr;
  const SelectorTerm& term = body.terms.front();
  return term.field == SelectorField::id && !term.negated ? &term.values.texts() : nullptr;
}

std::optional<std::uint64_t> Selector::limit() const {
  return parsed_->body->limit;
}

std::optional<std::string_view> Selector::group() const {
  for (const SelectorTerm& term : parsed_->body->terms) {
    if (term.field == SelectorField::group && !term.negated && term.values.texts().size() == 1) {
      return term.values.texts().front();
    }
  }
  return std::nullopt;
}

const std::string& Selector::text() const {
  return parsed_->body->text;
}

Selector Selector::of_ids(const std::vector<std::string>& ids) {
  SelectorTerm term;
  term.field = SelectorField::id;
  for (const std::string& id : ids) term.values.add(id);
  std::vector<SelectorTerm> terms;
  terms.push_back(std::move(term));
  return Selector(Parsed::of(std::move(terms), std::nullopt));
}

}  // namespace vfleet::bus
