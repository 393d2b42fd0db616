#pragma once

#include <string>
#include <string_view>

#include "simulator/codec/json/writer.h"
#include "simulator/codec/ykc/body_reader.h"

namespace vfleet::codec::ykc {

/// A value as BodyWriter::set() takes it: "373.2", "charging", "2024-12-18T17:15:30"; "raw:..." for bytes
/// that have no such form. Nothing when the field is not there.
void append_value(const BodyReader& body, int index, std::size_t row, std::string& out);

/// The fields for people, in one line: "order 0 pile 20231212000010 gun 1 state charging voltage 373.2 V".
/// Rows stand in brackets; those of one field that repeat are counted ("rates [valley*16 peak*32]").
void append_fields(const BodyReader& body, std::string& out);

/// {"order":"00..","gun":1,"state":"charging","voltage":373.2,"hardware_faults":[],"cards":[{..}]}; an array
/// of plain values where a row is one field. Fields that are not there are left out.
void write_fields(const BodyReader& body, json::Writer& out);

/// A whole frame for people: "0x13 realtime: order 0 ...". A frame that the layout does not know, or one
/// that is encrypted, is shown by its bytes.
void append_frame_text(const Layout& layout, const Frame& frame, std::string& out);

/// {"type":"0x13","name":"realtime","sequence":1,"encryption":0,"crc_order":"low","fields":{..}}; "body"
/// (hexadecimal digits) in place of "fields" where they cannot be read; "name" is null for a frame that the
/// layout does not know. Members are added to the object that is open.
/// `crc_is_right`: else "crc_order" is null.
void write_frame(const Layout& layout, const Frame& frame, json::Writer& out, bool crc_is_right = true);

/// Whether the body can be read: null when the layout does not know the frame, or it is encrypted.
[[nodiscard]] const FrameLayout* readable(const Layout& layout, const Frame& frame);

}  // namespace vfleet::codec::ykc
