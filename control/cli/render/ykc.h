#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "control/cli/output.h"
#include "simulator/codec/ykc/body_reader.h"
#include "simulator/codec/ykc/inspect.h"

namespace vfleet::cli {

/// A frame that was read. `piece` holds views of the bytes that were inspected.
struct DecodedPiece {
  codec::ykc::Piece piece;
  const codec::ykc::FrameLayout* layout = nullptr;  ///< null: the body cannot be read
  std::vector<codec::ykc::Deviation> deviations;
};

/// `layout` outlives the result.
[[nodiscard]] DecodedPiece decode_piece(const codec::ykc::Layout& layout, const codec::ykc::Piece& piece);

/// For people, a frame a line and what is wrong with it below. `verbose`: a table of its fields too.
[[nodiscard]] std::string render_pieces(const codec::ykc::Layout& layout,
                                        const std::vector<DecodedPiece>& pieces, bool strict, bool verbose,
                                        const Style& style);
/// {"status","layout","frames":[{"offset","hex","wrong","type",..,"fields","deviations":[{"field","offset","what"}]}]}
[[nodiscard]] std::string pieces_json(const codec::ykc::Layout& layout,
                                      const std::vector<DecodedPiece>& pieces, int status);

[[nodiscard]] std::string render_frame_list(const codec::ykc::Layout& layout, const Style& style);
[[nodiscard]] std::string render_frame_layout(const codec::ykc::FrameLayout& frame, const Style& style);
/// Tables for a page; `only` null: of all frames.
[[nodiscard]] std::string frames_markdown(const codec::ykc::Layout& layout,
                                          const codec::ykc::FrameLayout* only);
/// {"status":0,"layout","frames":[{"type","name","from","bytes","doc","fields":[{"name","spec"}]}]}
[[nodiscard]] nlohmann::json frames_json(const codec::ykc::Layout& layout,
                                         const codec::ykc::FrameLayout* only);

/// "68 0C 00"
[[nodiscard]] std::string spaced_hex(std::string_view bytes);

}  // namespace vfleet::cli
