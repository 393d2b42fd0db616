#include "simulator/config/devices_file.h"

#include <unordered_map>

#include "simulator/config/csv.h"
#include "simulator/config/labels.h"
#include "simulator/config/suggest.h"
#include "simulator/core/utf8.h"

namespace vfleet::config {
namespace {

constexpr std::size_t kBytesMax = 64 * 1024 * 1024;
constexpr std::string_view kLabel = "label.";
constexpr std::string_view kSecretFile = ".secret_file";

struct Column {
  enum class Kind { unknown, id, label, value, secret_file };
  Kind kind = Kind::unknown;
  std::string name;          // of the label, or the path
  const Key* key = nullptr;  // value, secret_file
};

class DevicesReader {
 public:
  DevicesReader(const std::string& path, const Schema& schema, LoadContext& context)
      : path_(path), schema_(schema), context_(context) {}

  std::vector<PlacedRow> run(const std::vector<CsvRow>& rows) {
    std::vector<PlacedRow> out;
    if (rows.empty()) {
      context_.mistake(path_, {1, 1}, "", "the file is empty; expected a header with the column id");
      return out;
    }
    if (!header(rows.front())) return out;
    for (std::size_t i = 1; i < rows.size() && !context_.full(); ++i) {
      if (rows[i].size() != columns_.size()) {
        context_.mistake(path_, rows[i].front().place, "",
                         "this row has " + std::to_string(rows[i].size()) + " cells, the header " +
                             std::to_string(columns_.size()));
        continue;
      }
      PlacedRow placed;
      if (device(rows[i], placed)) out.push_back(std::move(placed));
    }
    return out;
  }

 private:
  bool header(const CsvRow& names) {
    const std::size_t before = context_.mistakes().size();
    std::unordered_map<std::string, int> seen;
    for (const CsvCell& cell : names) {
      columns_.push_back(column(cell));
      if (!seen.try_emplace(cell.text, cell.place.column).second) {
        context_.mistake(path_, cell.place, cell.text, "this column is there twice");
      }
    }
    if (!seen.contains("id")) context_.mistake(path_, names.front().place, "id", "there is no column id");
    return context_.mistakes().size() == before;
  }

  Column column(const CsvCell& cell) {
    const std::string_view name = cell.text;
    if (name == "id") return {Column::Kind::id, "id", nullptr};
    if (name.starts_with(kLabel)) {
      const std::string label(name.substr(kLabel.size()));
      if (auto good = check_label_name(label); !good)
        context_.mistake(path_, cell.place, cell.text, good.error().detail);
      return {Column::Kind::label, label, nullptr};
    }
    if (const Key* key = schema_.find(name)) return {Column::Kind::value, cell.text, key};
    if (name.ends_with(kSecretFile)) {
      const Key* key = schema_.find(name.substr(0, name.size() - kSecretFile.size()));
      if (key != nullptr && key->secret) return {Column::Kind::secret_file, key->path, key};
    }
    context_.mistake(path_, cell.place, cell.text,
                     "unknown column; expected id, label.NAME or a configuration key", schema_.nearest(name));
    return {};
  }

  bool device(const CsvRow& row, PlacedRow& out) {
    const std::size_t before = context_.mistakes().size();
    out.place = row.front().place;
    for (std::size_t i = 0; i < row.size(); ++i) cell(columns_[i], row[i], out);
    return context_.mistakes().size() == before;
  }

  void cell(const Column& column, const CsvCell& cell, PlacedRow& out) {
    const auto wrong = [&](std::string message) {
      context_.mistake(path_, cell.place, column.name, std::move(message));
    };
    if (column.kind == Column::Kind::id) {
      out.row.id = cell.text;
      out.place = cell.place;
      if (!valid_id(cell.text)) return wrong("'" + cell.text + "': an id is 1 to 64 of a-z A-Z 0-9 - _ .");
      if (const auto [at, added] = lines_.try_emplace(cell.text, cell.place.line); !added) {
        wrong("'" + cell.text + "' was listed before, in line " + std::to_string(at->second));
      }
      return;
    }
    if (cell.text.empty()) return;
    if (column.kind == Column::Kind::label) {
      if (auto good = check_label_value(cell.text); !good) return wrong(good.error().detail);
      out.row.labels.insert_or_assign(column.name, cell.text);
      return;
    }
    if (column.kind == Column::Kind::secret_file) {
      if (out.row.values.contains(column.name)) return wrong("the value stands in another column too");
      if (auto secret = context_.read_secret(beside(path_, cell.text), path_, cell.place, column.name)) {
        out.row.values.insert_or_assign(column.name, Value{std::move(*secret)});
      }
      return;
    }
    if (out.row.values.contains(column.name)) return wrong("the value stands in another column too");
    Key nameless = *column.key;  // the mistake says the path already
    nameless.path.clear();
    auto value = parse_value(nameless, cell.text);
    if (!value) return wrong(value.error().detail);
    out.row.values.insert_or_assign(column.name, std::move(*value));
  }

  const std::string& path_;
  const Schema& schema_;
  LoadContext& context_;
  std::vector<Column> columns_;
  std::unordered_map<std::string, int> lines_;  // of each id
};

}  // namespace

std::vector<PlacedRow> read_devices(const std::string& path, const Schema& schema, LoadContext& context,
                                    std::string_view from, Place place, const std::string& key) {
  const auto text = context.read(path, kBytesMax, from, place, key);
  if (!text) return {};
  if (invalid_utf8(*text)) {
    context.mistake(path, {}, "", "this is not UTF-8 text");
    return {};
  }
  const std::size_t before = context.mistakes().size();
  const std::vector<CsvRow> rows = parse_csv(*text, path, context);
  if (rows.empty() && context.mistakes().size() != before) return {};
  return DevicesReader(path, schema, context).run(rows);
}

}  // namespace vfleet::config
