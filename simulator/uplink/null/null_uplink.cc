#include "simulator/uplink/null/null_uplink.h"

namespace vfleet::uplink {
namespace {

struct Totals {
  std::uint64_t reports = 0;
  std::uint64_t bytes = 0;
  std::uint64_t opened = 0;
};

class NullLink final : public Link {
 public:
  NullLink(LinkOwner& owner, Totals& totals, LinkKey key) : owner_(owner), totals_(totals), key_(key) {}

  void open() override {
    if (open_) return;
    open_ = true;
    ++totals_.opened;
    owner_.link_up(key_);
  }

  void close(bool /*drain*/) override {
    if (!open_) return;
    open_ = false;
    owner_.link_down(key_, "closed");
  }

  [[nodiscard]] bool up() const override { return open_; }

  [[nodiscard]] Accepted send(const Ticket& ticket, const Message& message) override {
    if (!open_) return Accepted::offline;
    ++totals_.reports;
    totals_.bytes += message.body.size();
    owner_.report_sent(key_, ticket);
    owner_.report_settled(key_, ticket, Fate::handed_over);
    return Accepted::yes;
  }

  [[nodiscard]] std::size_t pending() const override { return 0; }

 private:
  LinkOwner& owner_;
  Totals& totals_;
  LinkKey key_;
  bool open_ = false;
};

class NullUplink final : public Uplink {
 public:
  explicit NullUplink(LinkOwner& owner) : owner_(owner) {}

  [[nodiscard]] std::unique_ptr<Link> make_link(LinkKey key, const LinkIdentity& /*identity*/) override {
    return std::make_unique<NullLink>(owner_, totals_, key);
  }

  [[nodiscard]] std::vector<Counter> counters() const override {
    return {{"connects_total", totals_.opened},
            {"reports_sent_total", totals_.reports},
            {"bytes_sent_total", totals_.bytes}};
  }

 private:
  LinkOwner& owner_;
  Totals totals_;
};

}  // namespace

UplinkKind null_uplink() {
  UplinkKind kind;
  kind.name = "null";
  kind.doc = "Goes nowhere: every report is acknowledged at once. For measuring the engine.";
  kind.make = [](const UplinkEnvironment&, const config::Values&,
                 LinkOwner& owner) -> Result<std::unique_ptr<Uplink>> {
    return std::make_unique<NullUplink>(owner);
  };
  return kind;
}

}  // namespace vfleet::uplink
