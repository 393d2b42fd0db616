// The local authorization list of OCPP 1.6.
#include "devices/charging_pile/dialects/ocpp16/local_list.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "simulator/codec/ocpp/validate.h"
#include "tests/unit/devices/charging_pile/ocpp16/date.h"

namespace vfleet::pile::ocpp16 {
namespace {

using codec::ocpp::Action;
using nlohmann::json;

json tag(std::string_view name, std::string_view status = "Accepted") {
  return {{"idTag", name}, {"idTagInfo", {{"status", status}}}};
}

json deleted(std::string_view name) {
  json out = json::object();
  out["idTag"] = name;
  return out;
}

struct Point {
  std::unique_ptr<LocalList> list;
  LocalListSettings settings;

  Reply send(std::int64_t version, std::string_view type, const std::vector<json>& tags) {
    const json request{{"listVersion", version}, {"updateType", type}, {"localAuthorizationList", tags}};
    const auto& message = codec::ocpp::message(Action::SendLocalList);
    const auto wrong = codec::ocpp::validate(message.request, request.dump());
    EXPECT_FALSE(wrong) << wrong->text();
    Reply reply = send_local_list(list, settings, request);
    EXPECT_FALSE(codec::ocpp::validate(message.response, reply.payload));
    return reply;
  }
  std::string full(std::int64_t version, const std::vector<json>& tags) {
    return word(send(version, "Full", tags));
  }
  std::string differential(std::int64_t version, const std::vector<json>& tags) {
    return word(send(version, "Differential", tags));
  }
  std::int64_t version() const {
    const Reply reply = get_local_list_version(list.get(), settings);
    EXPECT_FALSE(
        codec::ocpp::validate(codec::ocpp::message(Action::GetLocalListVersion).response, reply.payload));
    return json::parse(reply.payload)["listVersion"];
  }
  const ListedTag* find(std::string_view name) const { return listed(list.get(), settings, name); }
  static std::string word(const Reply& reply) { return json::parse(reply.payload)["status"]; }
};

TEST(Ocpp16LocalList, AFullUpdateReplacesEverythingWhateverItsVersion) {
  Point point;
  EXPECT_EQ(point.version(), 0);
  EXPECT_EQ(point.find("A"), nullptr);
  EXPECT_EQ(point.full(7, {tag("B"), tag("A", "Blocked")}), "Accepted");
  EXPECT_EQ(point.version(), 7);
  ASSERT_NE(point.find("a"), nullptr);  // CiString
  EXPECT_EQ(point.find("a")->status, TagStatus::Blocked);
  EXPECT_EQ(point.find("AB"), nullptr);
  EXPECT_EQ(point.full(3, {tag("C")}), "Accepted");
  EXPECT_EQ(point.version(), 3);
  EXPECT_EQ(point.find("A"), nullptr);
  EXPECT_EQ(point.full(9, std::vector<json>()), "Accepted");
  EXPECT_EQ(point.version(), 0);
  EXPECT_EQ(point.list, nullptr);
}

TEST(Ocpp16LocalList, ADifferentialUpdateAddsChangesAndDeletes) {
  Point point;
  EXPECT_EQ(point.full(1, {tag("A"), tag("B"), tag("C")}), "Accepted");
  EXPECT_EQ(point.differential(2, {tag("b", "Blocked"), deleted("C"), tag("D"), deleted("Z")}), "Accepted");
  EXPECT_EQ(point.version(), 2);
  EXPECT_EQ(point.list->size(), 3U);
  EXPECT_EQ(point.find("B")->status, TagStatus::Blocked);
  EXPECT_EQ(point.find("C"), nullptr);
  EXPECT_NE(point.find("D"), nullptr);
  EXPECT_EQ(point.differential(2, {tag("E")}), "VersionMismatch");
  EXPECT_EQ(point.differential(1, {tag("E")}), "VersionMismatch");
  EXPECT_EQ(point.find("E"), nullptr);
  EXPECT_EQ(point.differential(5, std::vector<json>()), "Accepted");  // only the version
  EXPECT_EQ(point.version(), 5);
}

TEST(Ocpp16LocalList, WhatCannotBeDoneChangesNothing) {
  Point point;
  point.settings.most = 3;
  point.settings.sent_most = 2;
  EXPECT_EQ(point.full(1, {tag("A"), tag("B")}), "Accepted");
  EXPECT_EQ(point.send(2, "Full", {tag("A"), tag("B"), tag("C")}).why,
            "3 tags at once, SendLocalListMaxLength is 2");
  EXPECT_EQ(point.send(2, "Differential", {tag("C"), tag("D")}).why,
            "4 tags in all, LocalAuthListMaxLength is 3");
  EXPECT_EQ(point.send(2, "Full", {tag("C"), tag("c")}).why, "idTag c is there twice");
  EXPECT_EQ(point.send(2, "Full", {deleted("C")}).why, "idTag C has no idTagInfo");
  EXPECT_EQ(point.full(2, {deleted("C")}), "Failed");
  EXPECT_EQ(point.version(), 1);
  EXPECT_EQ(point.list->size(), 2U);
}

TEST(Ocpp16LocalList, ADisabledListIsNotSupportedAndKnowsNobody) {
  Point point;
  EXPECT_EQ(point.full(4, {tag("A")}), "Accepted");
  point.settings.enabled = false;
  EXPECT_EQ(point.version(), -1);
  EXPECT_EQ(point.full(5, {tag("B")}), "NotSupported");
  EXPECT_EQ(point.find("A"), nullptr);
  point.settings.enabled = true;
  EXPECT_EQ(point.version(), 4);
}

TEST(Ocpp16LocalList, AnAcceptedTagExpires) {
  Point point;
  json expires = tag("A");
  expires["idTagInfo"]["expiryDate"] = "2026-03-02T08:00:00Z";
  expires["idTagInfo"]["parentIdTag"] = "GROUP";
  EXPECT_EQ(point.full(1, {expires, tag("B", "ConcurrentTx")}), "Accepted");
  const ListedTag* found = point.find("A");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->parent.view(), "GROUP");
  EXPECT_EQ(found->status_at(at("2026-03-02T07:59:59Z")), TagStatus::Accepted);
  EXPECT_EQ(found->status_at(at("2026-03-02T08:00:00Z")), TagStatus::Expired);
  EXPECT_EQ(point.find("B")->status_at(at("2026-03-02T08:00:00Z")), TagStatus::ConcurrentTx);
}

TEST(Ocpp16LocalList, ChargePointsWithTheSameTagsShareThem) {
  const std::size_t before = LocalList::kept();
  std::array<Point, 20> points;
  for (Point& each : points) EXPECT_EQ(each.full(1, {tag("A"), tag("B")}), "Accepted");
  EXPECT_EQ(LocalList::kept(), before + 1);
  EXPECT_EQ(&points[0].list->tags(), &points[19].list->tags());
  EXPECT_EQ(points[3].differential(2, {tag("C")}), "Accepted");
  EXPECT_EQ(LocalList::kept(), before + 2);
  EXPECT_EQ(points[4].list->size(), 2U);
  for (Point& each : points) each.list.reset();
  EXPECT_EQ(LocalList::kept(), before);
}

TEST(Ocpp16LocalList, SurvivesTheWorkerOrDoesNotFit) {
  Point point;
  json expires = tag("12345678901234567890", "Invalid");
  expires["idTagInfo"]["expiryDate"] = "2026-03-02T08:00:00Z";
  json member = tag("B");
  member["idTagInfo"]["parentIdTag"] = "GROUP";
  EXPECT_EQ(point.full(1'000'000, {expires, member, tag("C", "Blocked")}), "Accepted");
  std::array<std::byte, 100> bytes;
  const std::size_t size = point.list->save(bytes);
  ASSERT_GT(size, 0U);
  EXPECT_LT(size, 60U);
  LocalList again;
  ASSERT_TRUE(again.restore(std::span(bytes).first(size)));
  EXPECT_EQ(again.version(), 1'000'000);
  EXPECT_EQ(again.tags(), point.list->tags());
  for (std::size_t cut = 0; cut < size; ++cut) {
    EXPECT_EQ(point.list->save(std::span(bytes).first(cut)), 0U);
    LocalList none;
    EXPECT_FALSE(none.restore(std::span(bytes).first(cut)));
    EXPECT_EQ(none.size(), 0U);
  }
}

}  // namespace
}  // namespace vfleet::pile::ocpp16
