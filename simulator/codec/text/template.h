#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/codec/json/writer.h"
#include "simulator/codec/text/escape.h"
#include "simulator/codec/text/field_index.h"
#include "simulator/codec/text/names.h"
#include "simulator/core/result.h"

namespace vfleet::codec::text {

/// What a template may ask of a report. Views are valid during the call.
struct ReportText {
  std::string_view type = {};  ///< its name
  /// JSON of the envelope; empty: the report has no fields (raw bytes of an operator).
  std::string_view json = {};
};

struct TemplateOptions {
  /// Of places that say nothing themselves. Where it is not raw, "|raw" means line.
  Escape escape = Escape::raw;
  /// Whether there is a report when it is rendered. False (a client id, the URL of a socket): places that
  /// need one are mistakes.
  bool report = true;
  /// A JSON object or array with places in it gets JSON values: `escape` is then json, and inside where a
  /// place stands in a string. A text that begins with a brace must be JSON.
  bool detect_json = false;
};

/// A text with places for the names of a device and the fields of a report, compiled once and rendered for
/// each report: one pass over the report's JSON, no tree, no allocation once the buffer has grown.
///
/// Places, see "Templates" in docs/uplinks.md: {device.id} {device.type} {group} {label.NAME} {report.type}
/// {report.id} {seq} {boot} {channel} {due_us} {sent_us} {report} {data} {data.PATH} {PATH}. After the name:
/// "|raw", "|line", "|url", "|json", "|quoted", and for microseconds "|ms", "|s", "|iso". "{{" is a brace; so
/// is one that no letter follows.
class Template {
 public:
  /// Errors: invalid_argument; the text names the place, what is wrong and what was meant.
  [[nodiscard]] static Result<Template> compile(std::string_view text, const TemplateOptions& options = {});

  /// Appends to `out`. What the report does not have is null in JSON and nothing elsewhere.
  void render(const Names& names, const ReportText& report, Buffer& out) const;
  /// Of a template that does not need a report.
  void render(const Names& names, Buffer& out) const { render(names, {}, out); }

  /// Whether it asks anything of a report, its name included.
  [[nodiscard]] bool needs_report() const { return needs_report_; }
  /// Whether it asks for fields, which raw bytes do not have.
  [[nodiscard]] bool needs_fields() const { return fields_.size() > 0 || whole_; }
  /// Whether it has no places: the same text each time.
  [[nodiscard]] bool is_constant() const;
  [[nodiscard]] bool empty() const { return pieces_.empty(); }
  /// Whether it was found to be JSON, see TemplateOptions::detect_json.
  [[nodiscard]] bool is_json() const { return json_; }

  static constexpr std::size_t kFieldsMax = 64;  ///< different fields in one template
  static constexpr std::size_t kTextMax = 65'536;

 private:
  class Compiler;
  enum class Source : std::uint8_t {
    none,
    device_id,
    device_type,
    group,
    label,
    report_type,
    report,
    field,
  };
  /// What is made of a number of microseconds before it is written.
  enum class Time : std::uint8_t { none, milliseconds, seconds, iso };
  /// `text`, then what stands in the place.
  struct Piece {
    std::string text;
    Source source = Source::none;
    Escape escape = Escape::raw;
    Time time = Time::none;
    bool one_line = false;  // JSON in a text of one line: its line ends are left out
    std::uint16_t slot = 0;  // of the field
    std::string label;
  };

  static void append_time(std::string_view json, const Piece& piece, Buffer& out);

  std::vector<Piece> pieces_;
  FieldIndex fields_;
  bool needs_report_ = false;
  bool whole_ = false;
  bool json_ = false;
};

}  // namespace vfleet::codec::text
