#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/uplink/credentials_source.h"
#include "simulator/uplink/uplink.h"

namespace vfleet::test {

/// An owner of links that writes down what it is told, in order: "7 up", "7 sent 1", "7 acked 1",
/// "7 down closed", "7 message {...}".
class LinkRecorder final : public uplink::LinkOwner, public uplink::CredentialsSource {
 public:
  void link_up(uplink::LinkKey link) override {
    ++ups;
    note(link, "up");
  }
  void link_down(uplink::LinkKey link, std::string_view reason) override {
    ++downs[std::string(reason)];
    note(link, "down " + std::string(reason));
  }
  void report_sent(uplink::LinkKey link, const uplink::Ticket& ticket) override {
    ++sent;
    note(link, "sent " + std::to_string(ticket.seq));
  }
  void report_settled(uplink::LinkKey link, const uplink::Ticket& ticket, uplink::Fate fate) override {
    ++settled;
    ++fates[fate];
    note(link, std::string(to_string(fate)) + " " + std::to_string(ticket.seq));
    if (on_settled) on_settled(link, ticket, fate);
  }
  void report_refused(uplink::LinkKey link, const uplink::Ticket& ticket, std::string_view why) override {
    refusals.emplace_back(why);
    report_settled(link, ticket, uplink::Fate::refused);
  }
  void message_received(uplink::LinkKey link, std::string_view message) override {
    note(link, "message " + std::string(message));
    if (on_message) on_message(link, message);
  }

  bool report_wanted(uplink::LinkKey link, std::string_view report) override {
    ++wanted;
    note(link, "wanted " + std::string(report));
    if (on_wanted) on_wanted(link, report);
    return knows_wanted;
  }

  [[nodiscard]] const codec::text::Names& names(uplink::LinkKey link) override {
    names_.id = "pile-" + std::to_string(link);
    return names_;
  }

  void credentials(uplink::LinkKey /*link*/, TlsCredentials& out) override { out = given; }

  [[nodiscard]] bool has(std::string_view event) const {
    for (const std::string& each : events) {
      if (each == event) return true;
    }
    return false;
  }

  std::vector<std::string> events;
  std::vector<std::string> refusals;                       ///< what was said against reports
  std::map<std::string, std::string, std::less<>> labels;  ///< of every device
  TlsCredentials given;                                    ///< every device's
  bool keep_events = true;                                 ///< off: only the counts, for large runs
  std::size_t ups = 0;
  std::size_t sent = 0;
  std::size_t settled = 0;
  std::size_t wanted = 0;
  bool knows_wanted = true;  ///< what report_wanted answers
  std::map<std::string, std::size_t> downs;
  std::map<uplink::Fate, std::size_t> fates;
  std::function<void(uplink::LinkKey, const uplink::Ticket&, uplink::Fate)> on_settled;
  std::function<void(uplink::LinkKey, std::string_view)> on_message;
  std::function<void(uplink::LinkKey, std::string_view)> on_wanted;

 private:
  /// Device 7 is "pile-7", a charging_pile of group "pile".
  class LinkNames final : public codec::text::Names {
   public:
    explicit LinkNames(const LinkRecorder& owner) : owner_(owner) {}
    [[nodiscard]] std::string_view device_id() const override { return id; }
    [[nodiscard]] std::string_view device_type() const override { return "charging_pile"; }
    [[nodiscard]] std::string_view group() const override { return "pile"; }
    [[nodiscard]] std::string_view label(std::string_view name) const override {
      const auto found = owner_.labels.find(name);
      return found == owner_.labels.end() ? std::string_view() : found->second;
    }
    std::string id;

   private:
    const LinkRecorder& owner_;
  };

  void note(uplink::LinkKey link, const std::string& what) {
    if (keep_events) events.push_back(std::to_string(link) + " " + what);
  }

  LinkNames names_{*this};
};

}  // namespace vfleet::test
