#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "simulator/bus/selector.h"
#include "simulator/fleet/group.h"
#include "simulator/fleet/member.h"
#include "simulator/fleet/shard.h"

namespace vfleet::fleet {

[[nodiscard]] std::string device_id(const Member& member);

/// A device as selectors see it, before it has a model.
class GroupView : public bus::IdentityView {
 public:
  GroupView(const Group& group, std::uint32_t index) : group_(group), index_(index) {}
  [[nodiscard]] std::string_view id() const override { return group_.id(index_, buffer_); }
  [[nodiscard]] std::string_view type() const override { return group_.type_name(); }
  [[nodiscard]] std::string_view group() const override { return group_.name(); }
  [[nodiscard]] std::optional<std::string_view> label(std::string_view name) const override {
    return group_.label(index_, name);
  }
  [[nodiscard]] std::optional<std::string> state(std::string_view) const override { return std::nullopt; }

 private:
  const Group& group_;
  std::uint32_t index_;
  mutable Group::IdBuffer buffer_;
};

/// The same with the model's state.
class MemberView final : public GroupView {
 public:
  MemberView(Shard& shard, Member& member)
      : GroupView(*member.group, member.index), shard_(shard), member_(member) {}
  [[nodiscard]] std::optional<std::string> state(std::string_view name) const override;

 private:
  Shard& shard_;
  Member& member_;
};

}  // namespace vfleet::fleet
