#pragma once

#include "simulator/codec/text/names.h"
#include "simulator/fleet/group.h"
#include "simulator/fleet/member.h"

namespace vfleet::fleet {

/// The names of one device at a time, for the templates of its link.
class MemberNames final : public codec::text::Names {
 public:
  void of(const Member& member) {
    member_ = &member;
    id_ = {};
  }
  [[nodiscard]] std::string_view device_id() const override {
    if (id_.empty()) id_ = member_->group->id(member_->index, buffer_);
    return id_;
  }
  [[nodiscard]] std::string_view device_type() const override { return member_->group->type_name(); }
  [[nodiscard]] std::string_view group() const override { return member_->group->name(); }
  [[nodiscard]] std::string_view label(std::string_view name) const override {
    return member_->group->label(member_->index, name).value_or(std::string_view());
  }

 private:
  const Member* member_ = nullptr;
  mutable std::string_view id_;
  mutable Group::IdBuffer buffer_;
};

}  // namespace vfleet::fleet
