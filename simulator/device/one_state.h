#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "simulator/codec/json/writer.h"
#include "simulator/device/device.h"

namespace vfleet::device {

/// Keeps the one state that was asked for, as selectors compare it.
class OneState final : public StateVisitor {
 public:
  explicit OneState(std::string_view name) : name_(name) {}
  void text(std::string_view name, std::string_view value) override {
    if (name == name_) found = std::string(value);
  }
  void number(std::string_view name, double value, int decimals) override {
    if (name != name_) return;
    codec::Buffer out;
    codec::json::Writer(out).number(value, decimals);
    found = std::move(out);
  }
  void boolean(std::string_view name, bool value) override {
    if (name == name_) found = value ? "true" : "false";
  }
  std::optional<std::string> found;

 private:
  std::string_view name_;
};

}  // namespace vfleet::device
