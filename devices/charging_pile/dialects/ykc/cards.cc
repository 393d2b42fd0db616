// The cards that may charge while the pile is offline: 0x44, 0x46, 0x48.
#include <fmt/format.h>
#include <algorithm>

#include "devices/charging_pile/dialects/ykc/frame_types.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"

namespace vfleet::pile::ykc {
namespace {

constexpr std::int64_t kBadFormat = 1;
constexpr std::int64_t kFull = 2;

/// The rows of a frame with cards, as bytes. A platform that counts them in four bytes instead of one is
/// read, too: then all is three bytes further on.
class Rows {
 public:
  Rows(const codec::ykc::BodyReader& body, std::string_view bytes) : frame_(body.frame()) {
    const codec::ykc::Group& group = *frame_.group;
    const std::size_t wide = frame_.bytes + 3;
    const auto said = static_cast<std::size_t>(body.number(group.count_field).value_or(0));
    const bool counts_wide = said != 0 && bytes.size() == wide + said * group.row_bytes &&
                             bytes.substr(frame_.bytes, 3).find_first_not_of('\0') == std::string_view::npos;
    rows_ = bytes.substr(std::min(bytes.size(), counts_wide ? wide : frame_.bytes));
    count_ = counts_wide ? said : body.rows();
    whole_ = counts_wide || body.rows() == said;
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  /// The others are not looked at.
  void keep(std::size_t most) { count_ = std::min(count_, most); }
  /// Whether as many are there as are said to be.
  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] Card card(std::size_t row, std::string_view field) const {
    Card card{};
    const int index = frame_.find(field);
    if (index < 0) return card;
    const std::size_t at = frame_.fields[static_cast<std::size_t>(index)].bit_at / 8;
    assign(card, rows_.substr(std::min(rows_.size(), row * frame_.group->row_bytes + at), card.size()));
    return card;
  }

 private:
  const codec::ykc::FrameLayout& frame_;
  std::string_view rows_;
  std::size_t count_ = 0;
  bool whole_ = false;
};

}  // namespace

void YkcConversation::on_offline_cards(const Heard& heard) {
  if (!heard.body.frame().group) return not_understood(heard.host, "0x44 has no rows in this layout");
  const Rows rows(heard.body, heard.frame.body);
  const auto max = static_cast<std::size_t>(heard.host.config().ykc.offline_cards_max);
  Words words{.result = 1};
  if (!rows.whole()) words.reason = kBadFormat;
  for (std::size_t i = 0; i < rows.count() && words.reason == 0; ++i) {
    const CardList::Entry entry{rows.card(i, "cards.physical_card"), rows.card(i, "cards.logical_card")};
    if (!cards_.add(entry, max)) words.reason = kFull;
  }
  if (words.reason != 0) words.result = 0;
  say(heard.host, type::kOfflineCardsAnswer, heard.frame.sequence, words);
}

// A frame may name more cards than its answer can: what is not answered is not done.
std::size_t YkcConversation::cards_answered(const Heard& heard, std::uint8_t answer, std::size_t named) {
  const codec::ykc::FrameLayout* frame = speech(heard.host.config()).frame(answer);
  std::size_t most = heard.body.frame().group->rows_max;
  if (frame != nullptr && frame->group) most = std::min(most, frame->group->rows_max);
  if (named > most) {
    not_understood(heard.host, fmt::format("{} names {} cards; of the first {} is told, the others are left",
                                           codec::ykc::type_text(heard.frame.type), named, most));
  }
  return most;
}

void YkcConversation::on_clear_cards(const Heard& heard) {
  if (!heard.body.frame().group) return not_understood(heard.host, "0x46 has no rows in this layout");
  Rows rows(heard.body, heard.frame.body);
  rows.keep(cards_answered(heard, type::kClearCardsAnswer, rows.count()));
  std::vector<CardRow> done;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    const Card card = rows.card(i, "cards.physical_card");
    done.push_back({card, cards_.remove(card) ? 1 : 0});
  }
  say(heard.host, type::kClearCardsAnswer, heard.frame.sequence, {.cards = done});
}

void YkcConversation::on_query_cards(const Heard& heard) {
  if (!heard.body.frame().group) return not_understood(heard.host, "0x48 has no rows in this layout");
  Rows rows(heard.body, heard.frame.body);
  rows.keep(cards_answered(heard, type::kQueryCardsAnswer, rows.count()));
  std::vector<CardRow> known;
  for (std::size_t i = 0; i < rows.count(); ++i) {
    const Card card = rows.card(i, "cards.physical_card");
    known.push_back({card, cards_.find(card) != nullptr ? 1 : 0});
  }
  say(heard.host, type::kQueryCardsAnswer, heard.frame.sequence, {.cards = known});
}

}  // namespace vfleet::pile::ykc
