#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "simulator/codec/ykc/layout.h"
#include "simulator/config/load_context.h"

/// What vendors made of a protocol, as files.
namespace vfleet::dialect {

/// Reads a fork of YKC:
///
///   base: ykc-1.6              # what it begins with; without it: nothing
///   name: ylc-1.8
///   settings: {fault_bit_base: 0, card_order: reversed, crc_order: high, weekday: on}
///   frames:
///     0x03:
///       changes:               # fields that are added, replaced or removed
///         - soc: u8 % after state
///     0x34:
///       changes: [{reserved: u8}, {balance: removed}]
///     0x77:                    # a frame of its own
///       name: door
///       doc: who opened the door
///       fields: [{pile: bcd7}, {how: u8 0=key 1=force}]
///     0x79: {name: second_door, like: 0x77, changes: [{gun: bcd1}]}
///     0xF0: removed
///
/// What a field says is in codec/ykc/field_spec.h. Mistakes go to the context with their places; the result
/// is nullopt then.
[[nodiscard]] std::optional<codec::ykc::Layout> load_ykc_layout(const std::string& path,
                                                                config::LoadContext& context);
/// The same from a text; `file` is for the mistakes.
[[nodiscard]] std::optional<codec::ykc::Layout> read_ykc_layout(std::string_view text,
                                                                const std::string& file,
                                                                config::LoadContext& context);

/// A file that says all of a layout: what a fork can begin with.
[[nodiscard]] std::string to_yaml(const codec::ykc::Layout& layout);

}  // namespace vfleet::dialect
