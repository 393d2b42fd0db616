#pragma once

#include <cstdint>

namespace vfleet::platform::ykc {

/// Types of the frames that the platform deals with; all their names and fields are in codec/ykc.
enum FrameType : std::uint8_t {
  kLogin = 0x01,
  kLoginAnswer = 0x02,
  kHeartbeat = 0x03,
  kHeartbeatAnswer = 0x04,
  kModelCheck = 0x05,
  kModelCheckAnswer = 0x06,
  kModelRequest = 0x09,
  kModelAnswer = 0x0A,
  kRealtime = 0x13,
  kStartRequest = 0x31,
  kStartRequestAnswer = 0x32,
  kRemoteStartAnswer = 0x33,
  kRemoteStart = 0x34,
  kRemoteStop = 0x36,
  kBill = 0x3B,
  kBillMetered = 0x3D,
  kBillAnswer = 0x40,
  kSetClock = 0x56,
  kSetModel = 0x58,
  kParkingLock = 0x61,
  kPairedStartRequest = 0xA1,
  kPairedStartRequestAnswer = 0xA2,
  kPairedRemoteStartAnswer = 0xA3,
  kPairedRemoteStart = 0xA4,
};

}  // namespace vfleet::platform::ykc
