#pragma once

#include <cstdint>

/// Types of the frames that this pile deals with by their meaning. What they hold: codec/ykc/tables/.
namespace vfleet::pile::ykc::type {

inline constexpr std::uint8_t kLogin = 0x01;
inline constexpr std::uint8_t kLoginAnswer = 0x02;
inline constexpr std::uint8_t kHeartbeat = 0x03;
inline constexpr std::uint8_t kHeartbeatAnswer = 0x04;
inline constexpr std::uint8_t kModelCheck = 0x05;
inline constexpr std::uint8_t kModelCheckAnswer = 0x06;
inline constexpr std::uint8_t kModelRequest = 0x09;
inline constexpr std::uint8_t kModelAnswer = 0x0A;
inline constexpr std::uint8_t kRealtimeRequest = 0x12;
inline constexpr std::uint8_t kRealtime = 0x13;
inline constexpr std::uint8_t kBmsHandshake = 0x15;
inline constexpr std::uint8_t kBmsParameters = 0x17;
inline constexpr std::uint8_t kChargeEnd = 0x19;
inline constexpr std::uint8_t kChargeError = 0x1B;
inline constexpr std::uint8_t kBmsDemand = 0x23;
inline constexpr std::uint8_t kBmsInfo = 0x25;
inline constexpr std::uint8_t kStartRequest = 0x31;
inline constexpr std::uint8_t kStartRequestAnswer = 0x32;
inline constexpr std::uint8_t kRemoteStartAnswer = 0x33;
inline constexpr std::uint8_t kRemoteStart = 0x34;
inline constexpr std::uint8_t kRemoteStopAnswer = 0x35;
inline constexpr std::uint8_t kRemoteStop = 0x36;
inline constexpr std::uint8_t kBill = 0x3B;
inline constexpr std::uint8_t kBillMetered = 0x3D;
inline constexpr std::uint8_t kBillAnswer = 0x40;
inline constexpr std::uint8_t kBalanceUpdateAnswer = 0x41;
inline constexpr std::uint8_t kBalanceUpdate = 0x42;
inline constexpr std::uint8_t kOfflineCardsAnswer = 0x43;
inline constexpr std::uint8_t kOfflineCards = 0x44;
inline constexpr std::uint8_t kClearCardsAnswer = 0x45;
inline constexpr std::uint8_t kClearCards = 0x46;
inline constexpr std::uint8_t kQueryCardsAnswer = 0x47;
inline constexpr std::uint8_t kQueryCards = 0x48;
inline constexpr std::uint8_t kWorkParametersAnswer = 0x51;
inline constexpr std::uint8_t kWorkParameters = 0x52;
inline constexpr std::uint8_t kSetClockAnswer = 0x55;
inline constexpr std::uint8_t kSetClock = 0x56;
inline constexpr std::uint8_t kSetModelAnswer = 0x57;
inline constexpr std::uint8_t kSetModel = 0x58;
inline constexpr std::uint8_t kParkingLock = 0x61;
inline constexpr std::uint8_t kParkingLockControl = 0x62;
inline constexpr std::uint8_t kParkingLockControlAnswer = 0x63;
inline constexpr std::uint8_t kRestartAnswer = 0x91;
inline constexpr std::uint8_t kRestart = 0x92;
inline constexpr std::uint8_t kUpdateAnswer = 0x93;
inline constexpr std::uint8_t kUpdate = 0x94;
inline constexpr std::uint8_t kPairedStartRequest = 0xA1;
inline constexpr std::uint8_t kPairedStartRequestAnswer = 0xA2;
inline constexpr std::uint8_t kPairedRemoteStartAnswer = 0xA3;
inline constexpr std::uint8_t kPairedRemoteStart = 0xA4;
inline constexpr std::uint8_t kQrPrefix = 0xF0;
inline constexpr std::uint8_t kQrPrefixAnswer = 0xF1;

}  // namespace vfleet::pile::ykc::type
