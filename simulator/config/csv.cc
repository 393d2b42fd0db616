#include "simulator/config/csv.h"

namespace vfleet::config {
namespace {

class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& file, LoadContext& context)
      : text_(text), file_(file), context_(context) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  }

  std::vector<CsvRow> run() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size() && !broken_) {
      CsvRow row;
      do row.push_back(cell());
      while (!broken_ && take(','));
      if (!broken_) end_of_row();
      const bool empty = row.size() == 1 && row.front().text.empty();
      if (!broken_ && !empty) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  [[nodiscard]] Place here() const { return {line_, static_cast<int>(at_ - line_start_) + 1}; }
  [[nodiscard]] bool ends_row() const {
    return at_ >= text_.size() || text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n");
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  void new_line() {
    ++line_;
    line_start_ = at_;
  }
  void end_of_row() {
    take('\r');
    if (take('\n')) new_line();
  }
  void broken(Place place, const char* message) {
    broken_ = true;
    context_.mistake(file_, place, "", message);
  }

  CsvCell cell() {
    skip_blanks();
    CsvCell cell{"", here()};
    if (take('"')) {
      quoted(cell);
      return cell;
    }
    const std::size_t start = at_;
    while (!ends_row() && text_[at_] != ',') {
      if (text_[at_] == '"') {
        broken(here(), "a quote inside a cell; cells with quotes are written \"a \"\"b\"\" c\"");
        return cell;
      }
      ++at_;
    }
    std::string_view content = text_.substr(start, at_ - start);
    while (content.ends_with(' ') || content.ends_with('\t')) content.remove_suffix(1);
    cell.text = content;
    return cell;
  }

  void quoted(CsvCell& cell) {
    for (;;) {
      if (at_ >= text_.size()) return broken(cell.place, "the quote is not closed");
      const char c = text_[at_++];
      if (c == '"' && !take('"')) break;
      cell.text += c;
      if (c == '\n') new_line();
    }
    skip_blanks();
    if (!ends_row() && text_[at_] != ',') broken(here(), "expected a comma after the closing quote");
  }

  std::string_view text_;
  const std::string& file_;
  LoadContext& context_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  bool broken_ = false;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file, LoadContext& context) {
  return CsvReader(text, file, context).run();
}

}  // namespace vfleet::config
