#include "simulator/bus/worker_session.h"

#include <array>
#include <deque>
#include <optional>
#include <random>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <variant>

#include "simulator/bus/keep_trying.h"
#include "simulator/bus/log_sender.h"
#include "simulator/bus/outbox.h"
#include "simulator/bus/sync_machine.h"
#include "simulator/core/hash.h"
#include "simulator/log/line_ring.h"
#include "simulator/loop/event_loop.h"

namespace vfleet::bus {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSecond = 1s;
constexpr Duration kFarewell = 2s;              // for the last figures to leave
constexpr Duration kTurn = 500us;               // of the loop, for commands that end at once
constexpr Duration kLogsEvery = 20ms;           // a batch of log lines, while there are some
constexpr Duration kLogsBehindResults = 100ms;  // results wait: logs come later
constexpr int kLastLogBatches = 32;

SocketOptions subscriber_options() {
  SocketOptions out;
  out.receive_hwm = 20000;  // 10,000 commands at once, and as many again
  out.subscriptions = {std::string(kTopicWelcome), std::string(kTopicCommand), std::string(kTopicBeat)};
  return out;
}

bool is_tcp(const std::string& endpoint) {
  return endpoint.starts_with("tcp://");
}

/// Over tcp:// a routing id that others cannot guess: a ROUTER gives an id to whoever said it last.
std::string dealer_identity(const std::string& endpoint, std::uint32_t shard) {
  std::string out = worker_identity(shard);
  if (!is_tcp(endpoint)) return out;
  std::random_device random;
  const std::array<std::uint32_t, 2> life = {random(), random()};
  return out + "." + to_hex({reinterpret_cast<const char*>(life.data()), sizeof life});
}

SocketOptions dealer_options(std::string identity) {
  SocketOptions out;
  out.identity = std::move(identity);
  out.linger = kFarewell;
  return out;
}

}  // namespace

struct WorkerSession::Impl : std::enable_shared_from_this<Impl> {
  Impl(Options options, Events events, ZmqContext& context, loop::EventLoop& loop,
       boost::asio::io_context& io, WorkerHost& host)
      : options_(std::move(options)),
        events_(std::move(events)),
        context_(context),
        loop_(loop),
        io_(io),
        host_(host),
        machine_(loop.now(), options_.shard),
        deadline_(loop, [this] { on_deadline(); }),
        second_(loop, [this] { on_second(); }),
        logs_due_(loop, [this] { send_logs(); }) {
    if (options_.log == nullptr) return;
    logs_.emplace(*options_.log);
    // A line of another thread goes with the next second: timers are the loop's thread's.
    options_.log->on_push([this, mine = std::this_thread::get_id()] {
      if (std::this_thread::get_id() == mine) wake_logs(kLogsEvery);
    });
  }

  // ---- sockets ----

  Status start() {
    SocketOptions direct = dealer_options(dealer_identity(options_.workers_endpoint, options_.shard));
    if (options_.keys) direct.curve = options_.keys->curve;
    auto dealer = ZmqSocket::open(context_, io_, SocketKind::dealer, direct,
                                  [this](ZmqSocket::Frames frames) { on_direct(frames); });
    if (!dealer) return tl::unexpected(dealer.error());
    dealer_ = std::move(*dealer);
    dealer_->on_writable([this] { flush(); });
    keep_trying(*dealer_, options_.workers_endpoint);
    if (auto status = dealer_->connect(options_.workers_endpoint); !status) return status;

    // The subscriptions are options: they are there before it connects, so no welcome is missed.
    SocketOptions published = subscriber_options();
    if (options_.keys) published.curve = options_.keys->curve;
    auto subscriber = ZmqSocket::open(context_, io_, SocketKind::sub, published,
                                      [this](ZmqSocket::Frames frames) { on_published(frames); });
    if (!subscriber) return tl::unexpected(subscriber.error());
    subscriber_ = std::move(*subscriber);
    keep_trying(*subscriber_, options_.publish_endpoint);
    if (auto status = subscriber_->connect(options_.publish_endpoint); !status) return status;

    // Each shard has its own place in the second, so that many workers do not report in step.
    second_at_ = loop_.now() + std::chrono::milliseconds(mix(options_.shard) % 1000);
    second_.arm_at(second_at_);
    arm();
    return {};
  }

  void keep_trying(ZmqSocket& socket, const std::string& endpoint) {
    if (!is_tcp(endpoint)) return;
    // Both sockets are refused for one reason: it is said once.
    const bool says = &socket == dealer_.get();
    const auto kept_out = [this, says](const std::string& why) {
      if (events_.kept_out && says) later([why](Impl& me) { me.events_.kept_out(why); });
    };
    tries_.push_back(
        std::make_unique<KeepTrying>(socket, loop_, endpoint, options_.keys, options_.shard, kept_out));
  }

  void on_published(ZmqSocket::Frames frames) {
    const TimePoint now = loop_.now();
    if (frames.size() == 1) {
      if (const auto epoch = decode_xpub_welcome(frames[0]))
        return apply(machine_.published_welcome(*epoch, now));
    } else if (frames.size() == 2 && frames[0] == kTopicCommand) {
      if (auto command = decode_command(frames[1]))
        return apply(machine_.published(std::move(*command), now));
    } else if (frames.size() == 2 && frames[0] == kTopicBeat) {
      if (const auto beat = decode_beat(frames[1])) return apply(machine_.beat(*beat, now));
    }
    ++counters_.malformed;
  }

  void on_direct(ZmqSocket::Frames frames) {
    if (frames.size() == 2) {
      if (auto message = unpack_to_worker(frames[0], frames[1])) {
        if (const auto* ack = std::get_if<LogAck>(&*message); ack != nullptr && logs_) {
          logs_->confirmed(*ack, machine_.boot(), loop_.now());
          if (logs_->has_more()) wake_logs(kLogsEvery);
        }
        return apply(machine_.told(std::move(*message), loop_.now()));
      }
    }
    ++counters_.malformed;
  }

  // ---- what the machine decided ----

  void apply(SyncMachine::Actions actions) {
    for (auto& each : actions) actions_.push_back(std::move(each));
    // While a rest is queued for a later turn, new work lines up behind it.
    if (!working_ && !continued_) work();
  }

  void work() {
    const auto self = shared_from_this();
    const TimePoint end = loop_.now() + kTurn;
    working_ = true;
    while (!actions_.empty() && !closed_) {
      SyncMachine::Action action = std::move(actions_.front());
      actions_.pop_front();
      std::visit([this](auto& each) { perform(each); }, action);
      if (!actions_.empty() && loop_.now() >= end) {
        later([](Impl& me) {
          me.continued_ = false;
          me.work();
        });
        continued_ = true;
        break;
      }
    }
    working_ = false;
    arm();
  }

  /// Runs in a later turn, if the session is still there.
  template <class Task>
  void later(Task task) {
    loop_.post([weak = weak_from_this(), task] {
      if (const auto me = weak.lock(); me && !me->closed_) task(*me);
    });
  }

  void perform(SyncMachine::BeginSnapshot& action) {
    if (machine_.epoch() != query_epoch_) {  // who asked before is gone
      query_epoch_ = machine_.epoch();
      for (const std::uint64_t query : std::exchange(queries_, {})) host_.cancel_query(query);
    }
    if (logs_) {
      logs_->restart();
      wake_logs(kLogsEvery);
    }
    host_.snapshot_begin(action.assignment);
  }
  void perform(SyncMachine::ApplyGroups& action) { host_.snapshot_groups(action.groups); }
  void perform(SyncMachine::ApplyRules& action) { host_.snapshot_rules(std::move(action.rules)); }
  void perform(SyncMachine::EndSnapshot&) {
    host_.snapshot_end(once([](Impl& me) { me.apply(me.machine_.snapshot_done(me.loop_.now())); }));
  }

  void perform(SyncMachine::Execute& action) {
    const Command& command = action.command;
    if (command.revision == 0 && command.expires_us > 0 &&
        to_us(loop_.clock().wall_now()) > command.expires_us) {
      ++counters_.expired;
      answer(command, "it came after its time");
      apply(machine_.command_done(loop_.now()));
      return;
    }
    ++counters_.executed;
    auto replied = std::make_shared<bool>(false);
    // Which command it was and who answers is the session's to say, whatever the host filled in.
    CommandResult about{
        .id = command.id, .epoch = command.epoch, .seq = command.seq, .shard = options_.shard};
    auto reply = [weak = weak_from_this(), replied, about](CommandResult result) {
      const auto me = weak.lock();
      if (!me || me->closed_ || std::exchange(*replied, true)) return;
      result.id = about.id;
      result.epoch = about.epoch;
      result.seq = about.seq;
      result.shard = about.shard;
      if (result.reasons.size() > CommandResult::kReasonsMax)
        result.reasons.resize(CommandResult::kReasonsMax);
      me->out_.deliver(std::move(result));
    };
    host_.execute(command, std::move(reply),
                  once([](Impl& me) { me.apply(me.machine_.command_done(me.loop_.now())); }));
  }

  void perform(SyncMachine::RefuseRepeat& action) {
    ++counters_.repeated;
    answer(action.command, "a command with this id was executed before");
  }

  /// A result for a command that no device saw.
  void answer(const Command& command, std::string why) {
    CommandResult result{
        .id = command.id, .epoch = command.epoch, .seq = command.seq, .shard = options_.shard};
    result.reasons.push_back({{}, std::move(why)});
    out_.deliver(std::move(result));
  }

  void perform(SyncMachine::AskHost& action) {
    const QueryRequest& ask = action.query;
    if (!queries_.insert(ask.query).second) return;  // it is being answered
    host_.query(ask.query, ask.name, ask.selector, ask.args,
                [weak = weak_from_this(), id = ask.query](std::vector<std::string> rows, bool last) {
                  if (const auto me = weak.lock(); me && !me->closed_)
                    me->send_rows(id, std::move(rows), last);
                });
  }

  void perform(SyncMachine::CancelHost& action) {
    if (queries_.erase(action.query) == 0) return;  // it has ended
    host_.cancel_query(action.query);
    out_.deliver(QueryRows{.query = action.query, .last = true});
  }

  void perform(SyncMachine::Send& action) {
    if (auto* join = std::get_if<Join>(&action.message)) {
      join->shard = options_.shard;
      join->pid = options_.pid;
      join->version = options_.version;
      join->describe = options_.describe;
      waiting_join_.reset();
      if (!out_.send(*join))
        waiting_join_ = *join;  // goes as soon as the link is up, or with the next attempt
    } else if (std::holds_alternative<TailRequest>(action.message) ||
               std::holds_alternative<Alive>(action.message)) {
      (void)out_.send(action.message);  // asked and said again
    } else {
      out_.deliver(std::move(action.message));
    }
  }

  void perform(SyncMachine::ControlLost&) { tell_control(true); }
  void perform(SyncMachine::ControlBack&) { tell_control(false); }
  void tell_control(bool lost) {
    if (events_.control) later([lost](Impl& me) { me.events_.control(lost); });
  }

  void perform(SyncMachine::Refused& action) {
    if (!events_.refused) return;
    later([reason = action.reason](Impl& me) { me.events_.refused(reason); });
  }

  void perform(SyncMachine::StopHost&) {
    host_.stop(once([](Impl& me) {
      me.send_last_logs();
      me.out_.deliver(End{me.host_.statistics()});
      me.ended_ = true;
      me.farewell_until_ = me.loop_.now() + kFarewell;
      me.end_if_said();
    }));
  }

  /// A callback for the host: acts once, and not after the session.
  template <class Task>
  std::function<void()> once(Task task) {
    return [weak = weak_from_this(), done = std::make_shared<bool>(false), task] {
      const auto me = weak.lock();
      if (me && !me->closed_ && !std::exchange(*done, true)) task(*me);
    };
  }

  // ---- what goes to control ----

  void flush() {
    if (waiting_join_ && out_.send(*waiting_join_)) waiting_join_.reset();
    out_.flush();
    if (waiting_alive_) send_alive();
    end_if_said();
  }

  /// Where the worker stands now. When it cannot go it goes later, as it will be then.
  void send_alive() { waiting_alive_ = !out_.send(where_it_stands()); }
  [[nodiscard]] Alive where_it_stands() const {
    return {.epoch = machine_.epoch(), .applied_seq = machine_.applied_seq(), .state = machine_.state()};
  }

  void send_rows(std::uint64_t id, std::vector<std::string> rows, bool last) {
    if (queries_.count(id) == 0) return;
    QueryRows part{.query = id};
    std::size_t bytes = 0;
    for (std::string& row : rows) {
      if (bytes > 0 && bytes + row.size() > kPartBytes) {
        out_.deliver(std::exchange(part, QueryRows{.query = id}));
        bytes = 0;
      }
      bytes += row.size() + 1;
      part.rows.push_back(std::move(row));
    }
    part.last = last;
    if (last) queries_.erase(id);
    if (last || !part.rows.empty()) out_.deliver(std::move(part));
  }

  // ---- the log ----

  void wake_logs(Duration in) {
    if (!closed_ && !logs_due_.armed()) logs_due_.arm_in(in);
  }

  /// One batch a turn, and none while answers wait: logs are the last that go.
  void send_logs() {
    if (!logs_ || machine_.boot() == 0 || machine_.control_lost() || ended_) return;
    if (!out_.empty()) return wake_logs(kLogsBehindResults);
    const TimePoint now = loop_.now();
    const auto batch = logs_->next(machine_.boot(), now);
    if (!batch || !out_.send(*batch)) return;  // the next second, or a confirmation, tries again
    logs_->sent(*batch, now);
    if (logs_->has_more() && logs_->window_open()) wake_logs(kLogsEvery);
  }

  void send_last_logs() {
    if (!logs_ || machine_.boot() == 0 || machine_.control_lost()) return;
    for (int i = 0; i < kLastLogBatches; ++i) {
      const auto batch = logs_->next(machine_.boot(), loop_.now(), true);
      if (!batch || !out_.empty() || !out_.send(*batch)) return;
      logs_->sent(*batch, loop_.now());
    }
  }

  // ---- time ----

  void on_second() {
    const TimePoint now = loop_.now();
    while (second_at_ <= now) second_at_ += kSecond;
    second_.arm_at(second_at_);
    flush();
    if (logs_) send_logs();
    if (machine_.epoch() != 0) {
      (void)out_.send(where_it_stands());
    }
    if (machine_.joined() && !ended_) (void)out_.send(Statistics{host_.statistics()});
    end_if_said();
  }

  void on_deadline() {
    // With work in the queue the delay is ours, not control's.
    if (!continued_) apply(machine_.tick(loop_.now()));
    arm();
  }

  void arm() {
    TimePoint at = machine_.next_deadline();
    if (continued_ && at <= loop_.now()) at = loop_.now() + 100ms;
    if (at == kNever) {
      deadline_.cancel();
    } else {
      deadline_.arm_at(at);
    }
  }

  void end_if_said() {
    if (!ended_ || told_end_) return;
    const bool control_is_there = machine_.joined() && !machine_.control_lost();
    if (!out_.empty() && control_is_there && loop_.now() < farewell_until_) return;
    told_end_ = true;
    if (events_.stopped) later([](Impl& me) { me.events_.stopped(); });
  }

  void close() {
    closed_ = true;
    deadline_.cancel();
    second_.cancel();
    logs_due_.cancel();
    if (logs_) options_.log->on_push({});
    tries_.clear();
    if (subscriber_) subscriber_->close();
    if (dealer_) dealer_->close();
  }

  Options options_;
  Events events_;
  ZmqContext& context_;
  loop::EventLoop& loop_;
  boost::asio::io_context& io_;
  WorkerHost& host_;
  SyncMachine machine_;
  loop::CallbackTimer deadline_;
  loop::CallbackTimer second_;
  loop::CallbackTimer logs_due_;
  std::optional<LogSender> logs_;
  TimePoint second_at_;
  std::unique_ptr<ZmqSocket> subscriber_;
  std::unique_ptr<ZmqSocket> dealer_;
  std::vector<std::unique_ptr<KeepTrying>> tries_;

  std::deque<SyncMachine::Action> actions_;  // decided, not yet done
  bool working_ = false;
  bool continued_ = false;  // the rest of actions_ is posted

  std::optional<Join> waiting_join_;
  bool waiting_alive_ = false;
  Outbox out_{[this](const Packed& packed) {
    return dealer_ && dealer_->send({packed.letter, packed.body}).has_value();
  }};
  std::unordered_set<std::uint64_t> queries_;  // the host answers these
  std::uint64_t query_epoch_ = 0;
  Counters counters_;
  bool ended_ = false;  // the host has stopped
  bool told_end_ = false;
  bool closed_ = false;
  TimePoint farewell_until_ = kNever;
};

WorkerSession::WorkerSession(Options options, Events events, ZmqContext& context, loop::EventLoop& loop,
                             boost::asio::io_context& io, WorkerHost& host)
    : impl_(std::make_shared<Impl>(std::move(options), std::move(events), context, loop, io, host)) {}

WorkerSession::~WorkerSession() {
  impl_->close();
}

Status WorkerSession::start() {
  return impl_->start();
}

void WorkerSession::stop() {
  impl_->apply(impl_->machine_.stop());
}

WorkerState WorkerSession::state() const {
  return impl_->machine_.state();
}
std::uint64_t WorkerSession::applied_seq() const {
  return impl_->machine_.applied_seq();
}
std::uint64_t WorkerSession::epoch() const {
  return impl_->machine_.epoch();
}
WorkerSession::Counters WorkerSession::counters() const {
  Counters out = impl_->counters_;
  out.dropped = impl_->out_.dropped();
  return out;
}

}  // namespace vfleet::bus
