// The OCPP uplink and the frames of codec/ocpp against a CSMS that is not ours, without a device in between.
#include "simulator/codec/ocpp/frame.h"
#include "simulator/codec/ocpp/message_id.h"
#include "simulator/codec/ocpp/validate.h"
#include "simulator/core/hash.h"
#include "tests/integration/ocpp/csms.h"
#include "tests/integration/uplink/uplink_fixture.h"

namespace vfleet::ocpp_test {
namespace {

using namespace codec::ocpp;
using namespace std::chrono_literals;
using nlohmann::json;

class OcppHandshake : public test::UplinkFixture {
 protected:
  OcppHandshake() {
    values_["url"].data = csms_.url();
    values_["backoff.first"].data = Duration(50ms);
    values_["backoff.max"].data = Duration(200ms);
    owner_.on_message = [this](uplink::LinkKey, std::string_view message) { heard_.emplace_back(message); };
  }

  void connect() {
    make_uplink("ocpp", values_);
    link_ = make_link(1);
    link_->open();
  }

  /// Sends a CALL and gives the answer to it.
  std::string ask(Action action, std::string_view payload) {
    codec::Buffer out;
    codec::json::Writer writer(out);
    const MessageId id = ids_.make({1, ++calls_});
    begin_call(writer, text(id), to_string(action));
    writer.raw(payload);
    finish(writer);
    const std::size_t before = heard_.size();
    EXPECT_EQ(link_->send({.seq = calls_}, {.type = to_string(action), .body = out}), uplink::Accepted::yes);
    EXPECT_TRUE(run_until([&] { return heard_.size() > before; }));
    if (heard_.size() == before) return "";
    const Frame frame = read_frame(heard_.back());
    EXPECT_EQ(frame.id, text(id));
    link_->conclude(calls_, uplink::Fate::acked);
    if (frame.kind == Frame::Kind::error) return std::string(frame.code);
    EXPECT_EQ(frame.kind, Frame::Kind::result) << heard_.back();
    const auto violation = validate(message(action).response, frame.payload);
    return violation ? violation->text() : "good";
  }

  Csms csms_;
  config::Values values_;
  std::unique_ptr<uplink::Link> link_;
  std::vector<std::string> heard_;
  MessageIds ids_{hash("pile-1")};
  std::uint32_t calls_ = 0;
};

TEST_F(OcppHandshake, TheSubprotocolIsAgreedAndMessagesGoBothWays) {
  connect();
  ASSERT_TRUE(run_until([&] { return link_->up(); }));
  EXPECT_EQ(ask(Action::BootNotification, R"({"chargePointVendor":"v","chargePointModel":"m"})"), "good");
  EXPECT_EQ(ask(Action::Heartbeat, "{}"), "good");
  EXPECT_EQ(csms_.state("pile-1")["protocol"], "ocpp1.6");
  EXPECT_EQ(csms_.violations(), "");
}

TEST_F(OcppHandshake, ItsRefusalsAreReadWhateverTheirSpelling) {
  connect();
  ASSERT_TRUE(run_until([&] { return link_->up(); }));
  const std::string missing = ask(Action::BootNotification, "{}");
  EXPECT_EQ(error_code(missing), ErrorCode::occurrence_constraint_violation) << missing;
  EXPECT_EQ(ask(Action::BootNotification, R"({"chargePointVendor":1,"chargePointModel":"m"})"),
            "TypeConstraintViolation");
  EXPECT_NE(csms_.violations().find("strictValidationFailure"), std::string::npos)
      << "the peer does not check";
}

TEST_F(OcppHandshake, AnIdentityMayHaveAnyCharacters) {
  values_["identity"].data = std::string("RDAM 1/\xc3\xa9");
  connect();
  ASSERT_TRUE(run_until([&] { return link_->up(); }));
  EXPECT_TRUE(csms_.state()["devices"].contains("RDAM 1/\xc3\xa9")) << csms_.state();
}

TEST_F(OcppHandshake, BasicAuthIsRefusedUntilThePasswordIsRight) {
  csms_.set({{"passwords", {{"pile-1", "correct horse"}}}});
  values_["security_profile"].data = std::int64_t{1};
  values_["password"].data = std::string("wrong");
  connect();
  EXPECT_TRUE(run_until([&] { return !csms_.state()["refused"].empty(); }));
  EXPECT_EQ(csms_.state()["refused"][0], (json{{"identity", "pile-1"}, {"code", 401}}));
  EXPECT_FALSE(link_->up());
  link_.reset();
  values_["password"].data = std::string("correct horse");
  connect();
  EXPECT_TRUE(run_until([&] { return link_->up(); }));
}

TEST_F(OcppHandshake, AHexKeyIsSentAsTheBytesThatItMeans) {
  csms_.set({{"passwords", {{"pile-1", "secret{1}"}}}});
  values_["security_profile"].data = std::int64_t{1};
  values_["password"].data = std::string("7365637265747b317d");
  values_["password_as"].data = std::string("hex");
  connect();
  EXPECT_TRUE(run_until([&] { return link_->up(); }));
}

TEST_F(OcppHandshake, AServerThatAgreesToNoSubprotocolIsLeftThoughItStays) {
  csms_.set({{"withoutSubprotocol", true}});
  connect();
  EXPECT_TRUE(run_until([&] { return csms_.state()["refused"].size() >= 2; })) << "it is tried again";
  EXPECT_FALSE(link_->up());
  EXPECT_EQ(owner_.ups, 0U);
  csms_.set({{"withoutSubprotocol", false}});
  EXPECT_TRUE(run_until([&] { return link_->up(); }));
}

}  // namespace
}  // namespace vfleet::ocpp_test
