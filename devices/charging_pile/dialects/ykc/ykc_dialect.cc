#include "devices/charging_pile/dialects/ykc/ykc_dialect.h"

#include <array>

#include "devices/charging_pile/description.h"
#include "devices/charging_pile/dialects/ykc/ykc_conversation.h"
#include "simulator/codec/ykc/built_in.h"

namespace vfleet::pile {
namespace {

class YkcDialect final : public Dialect {
 public:
  [[nodiscard]] std::unique_ptr<Conversation> converse(std::uint64_t /*seed*/, std::uint64_t /*identity*/,
                                                       const PileConfig& config) const override {
    return std::make_unique<ykc::YkcConversation>(config);
  }
  [[nodiscard]] std::string_view uplink() const override { return "ykc"; }
  [[nodiscard]] std::size_t state_bytes(const PileConfig& config) const override {
    return ykc::YkcConversation::state_bytes(config);
  }
  [[nodiscard]] Status encode(const PileView&, const device::Report&,
                              std::span<const codec::envelope::Override>, codec::Buffer&) const override {
    return fail(Errc::invalid_argument, "frames of YKC are part of a conversation");
  }
  [[nodiscard]] Request read(std::string_view) const override {
    return {.problem = "frames of YKC are part of a conversation"};
  }
};

}  // namespace

const Dialect& ykc_dialect() {
  static const YkcDialect dialect;
  return dialect;
}

namespace ykc {
namespace {

// What the pile says, in the order of the types.
std::vector<const codec::ykc::FrameLayout*> pile_frames() {
  std::vector<const codec::ykc::FrameLayout*> frames;
  for (const auto& frame : codec::ykc::built_in("ykc")->frames()) {
    if (frame.type % 2 == 1) frames.push_back(&frame);
  }
  return frames;
}

struct Index {
  std::array<device::ReportIndex, 256> report{};
  std::array<std::uint8_t, 256> frame{};
};

const Index& index() {
  static const Index made = [] {
    Index out;
    for (const auto* frame : pile_frames()) {
      const int at = pile_description().report_index("ykc_" + frame->name);
      if (at < 0) continue;
      out.report[frame->type] = static_cast<device::ReportIndex>(at);
      out.frame[static_cast<std::size_t>(at)] = frame->type;
    }
    return out;
  }();
  return made;
}

}  // namespace

std::vector<device::ReportDescription> ykc_reports() {
  std::vector<device::ReportDescription> out;
  for (const auto* frame : pile_frames()) {
    device::ReportDescription& report = out.emplace_back();
    report.name = "ykc_" + frame->name;
    report.doc = "YKC " + codec::ykc::type_text(frame->type) +
                 (frame->doc.empty() ? std::string(": an answer to the platform.") : ": " + frame->doc + ".");
    report.per_channel = frame->find("gun") >= 0;
    for (const auto& field : frame->fields) {
      const bool number = field.encoding == codec::ykc::Encoding::number && field.words.empty();
      report.fields.push_back({field.name, number ? "number" : "text", field.unit, field.doc});
    }
  }
  return out;
}

std::vector<device::StateDescription> ykc_states() {
  return {
      {"ykc_stage",
       "How far the conversation with a YKC platform is.",
       {"offline", "refused", "login", "model", "ready"}},
      {"ykc_bills", "Bills that the platform has not confirmed.", {}},
      {"ykc_cards", "Cards that may charge while the pile is offline.", {}},
      {"ykc_model", "Code of the billing model; 0: none yet.", {}},
      {"ykc_qr_prefix", "What the QR codes of the guns begin with.", {}},
      {"ykc_locked", "Whether the platform has forbidden charging (0x52).", {"true", "false"}},
      {"ykc_update", "How far a new program (0x94) is.", {"none", "waits", "fetching", "installing", "done"}},
      {"ykc_not_understood",
       "Frames of the platform that could not be read, or were not strictly right.",
       {}},
  };
}

device::ReportIndex report_of(std::uint8_t frame) {
  return index().report[frame];
}

std::uint8_t frame_of(device::ReportIndex report) {
  return index().frame[report];
}

}  // namespace ykc

}  // namespace vfleet::pile
