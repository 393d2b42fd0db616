#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simulator/codec/ykc/body_reader.h"
#include "simulator/platform/converse_settings.h"
#include "simulator/platform/platform.h"
#include "simulator/platform/roles/ykc/frames.h"
#include "simulator/platform/roles/ykc/outgoing.h"
#include "simulator/platform/roles/ykc/pile.h"
#include "simulator/platform/roles/ykc/ykc_counts.h"

namespace vfleet::platform::ykc {

/// The platform of YKC V1.5 to V1.7, without any IO: answers piles, checks what they say and their bills,
/// sends frames that it is told to send, and begins and ends charges by itself. All on one thread.
class YkcPlatform {
 public:
  /// A connection: of one pile, or of several behind a concentrator.
  struct Connection {
    Line* line = nullptr;
    std::uint64_t link = 0;
    std::vector<Pile*> piles;  ///< that are logged in
  };

  /// `platform` and `settings` outlive it.
  YkcPlatform(Platform& platform, const YkcSettings& settings, Place place);

  struct Taken {
    Mischief mischief;          ///< what to do to the answer
    Pile* logged_in = nullptr;  ///< a pile that has just logged in
    bool end = false;           ///< the connection ends behind the answer
  };
  /// Takes a whole frame; appends what is to be sent.
  Taken take(Connection& connection, std::string_view bytes, const Source& source, std::string& out);
  void gone(Connection& connection);

  /// Appends what waits for a pile in the command book.
  void append_commands(Pile& pile, std::string& out) { outgoing_.append_commands(pile, out); }
  /// Sends what waits for a pile in the command book. False: it is not logged in.
  bool commands_wait(std::string_view pile);
  /// From time to time: gives up answers that do not come, begins and ends charges.
  void tick();

  [[nodiscard]] const YkcCounts& counts() const { return counts_; }
  [[nodiscard]] std::size_t connected() const { return connected_.size(); }

 private:
  // A frame while it is dealt with.
  struct Heard {
    Connection& connection;
    Pile& pile;
    const codec::ykc::Frame& frame;
    const codec::ykc::BodyReader& body;
    const Frames::Known& known;
    std::int64_t gun = 0;  // 0: it names none
    std::string& out;

    [[nodiscard]] std::int64_t number(std::string_view field) const {
      return body.number(known.layout->find(field)).value_or(0);
    }
    [[nodiscard]] std::string text(std::string_view field) const {
      std::string text;
      body.append_text(known.layout->find(field), 0, text);
      return text;
    }
  };
  // Whether the platform said no.
  struct Verdict {
    bool refused = false;
    bool end = false;
  };

  Pile* pile_of(Connection& connection, const Frames::Known& known, const codec::ykc::BodyReader& body);
  [[nodiscard]] std::string name_of(const Connection& connection) const;
  void reject(const Connection& connection, std::string_view bytes, std::string_view kind,
              std::string_view about, std::string_view what);
  Verdict dispatch(const Heard& heard);
  Verdict log_in(const Heard& heard);
  void enter(Connection& connection, Pile& pile);
  void leave(Pile& pile);
  void check_model(const Heard& heard);
  void give_model(const Heard& heard);
  void realtime(const Heard& heard);
  Verdict start_request(const Heard& heard);
  void remote_start_answered(const Heard& heard);
  Verdict bill(const Heard& heard);
  void answer_bill(const Heard& heard, bool good);
  [[nodiscard]] bool may_charge(const Heard& heard) const;
  const std::shared_ptr<const Tariff>& tariff();

  void begin_charges(TimePoint now);
  bool begin_charge(Pile& pile, bool plugged, TimePoint now);
  void end_charges(TimePoint now);

  struct Ending {
    Pile* pile;
    OrderId order;
  };

  Platform& platform_;
  const YkcSettings& settings_;
  Frames frames_;
  YkcCounts counts_;
  Place place_;
  Outgoing outgoing_;
  std::unordered_map<std::string, std::unique_ptr<Pile>, TextHash, std::equal_to<>> piles_;
  std::vector<Pile*> connected_;
  std::shared_ptr<const Tariff> tariff_;  // of the settings; shared with the piles that were given it
  std::multimap<TimePoint, Ending> endings_;
  std::size_t looked_at_ = 0;   // in connected_, for a charge
  std::size_t expired_at_ = 0;  // in connected_, for answers that do not come
  double credit_ = 0;           // charges that are due
  TimePoint ticked_;
  std::string text_;
  std::string plain_;  // a body that was encrypted
  std::string shown_;  // its frame, without that
};

}  // namespace vfleet::platform::ykc
