#include "tests/integration/bus/test_control.h"

#include <gtest/gtest.h>

namespace vfleet::bus {

TestControl::TestControl(ZmqContext& context, boost::asio::io_context& io, const std::string& folder,
                         Settings settings)
    : settings_(std::move(settings)), folder_(folder) {
  xpub = open_publisher(context, io);
  auto direct = ZmqSocket::open(context, io, SocketKind::router, {},
                                [this](ZmqSocket::Frames frames) { on_router(frames); });
  EXPECT_TRUE(direct);
  router = std::move(*direct);
  EXPECT_TRUE(router->bind("ipc://" + folder + "/workers.sock"));
  EXPECT_TRUE(xpub->bind("ipc://" + folder + "/publish.sock"));
}

std::unique_ptr<ZmqSocket> TestControl::open_publisher(ZmqContext& context,
                                                       boost::asio::io_context& io) const {
  SocketOptions out;
  out.send_hwm = settings_.send_hwm;
  out.xpub_welcome = xpub_welcome(settings_.epoch);
  out.xpub_verbose = true;
  auto publisher = ZmqSocket::open(context, io, SocketKind::xpub, out, [](ZmqSocket::Frames) {});
  EXPECT_TRUE(publisher);
  return publisher ? std::move(*publisher) : nullptr;
}

void TestControl::reopen_publisher(ZmqContext& context, boost::asio::io_context& io) {
  xpub.reset();
  xpub = open_publisher(context, io);
  EXPECT_TRUE(xpub->bind("ipc://" + folder_ + "/publish.sock"));
}

void TestControl::publish(Command command) {
  command.epoch = settings_.epoch;
  command.seq = ++seq_;
  if (command.revision != 0) rules_.push_back(command);
  EXPECT_TRUE(xpub->send({kTopicCommand, encode(command)}));
  ring_.push_back(std::move(command));
  while (ring_.size() > settings_.ring) ring_.pop_front();
}

void TestControl::beat() {
  EXPECT_TRUE(xpub->send({kTopicBeat, encode(Beat{.epoch = settings_.epoch, .seq = seq_})}));
}

void TestControl::send(std::uint32_t shard, const ToWorker& message) {
  send(worker_identity(shard), message);
}

void TestControl::send(const std::string& worker, const ToWorker& message) {
  const auto packed = pack(message);
  ASSERT_TRUE(packed);
  (void)router->send({worker, packed->letter, packed->body});
}

void TestControl::on_router(ZmqSocket::Frames frames) {
  if (frames.size() != 3) {
    ++unreadable;
    return;
  }
  const std::string worker(frames[0]);
  const auto message = unpack_from_worker(frames[1], frames[2]);
  if (!message) {
    ++unreadable;
    return;
  }
  std::visit([&](const auto& each) { on(worker, each); }, *message);
}

void TestControl::on(const std::string& worker, const Join& m) {
  welcome(worker, m);
}
void TestControl::on(const std::string& worker, const Grant& m) {
  Outgoing& out = outgoing_[worker];
  if (!out.parts.empty() && out.parts.front().attempt == m.attempt) out.credit += m.credit;
  send_parts(worker);
}
void TestControl::on(const std::string& worker, const TailRequest& m) {
  tail(worker, m);
}
void TestControl::on(const std::string& worker, const CommandResult& m) {
  results[worker].push_back(m);
}
void TestControl::on(const std::string& worker, const Alive& m) {
  alive[worker] = m;
}
void TestControl::on(const std::string& worker, const Statistics& m) {
  statistics[worker].push_back(m.figures);
}
void TestControl::on(const std::string&, const QueryRows& m) {
  rows[m.query].insert(rows[m.query].end(), m.rows.begin(), m.rows.end());
  ++row_parts[m.query];
  finished[m.query] = finished[m.query] || m.last;
}
void TestControl::on(const std::string& worker, const LogLines& m) {
  logs.insert(logs.end(), m.lines.begin(), m.lines.end());
  log_boots.push_back(m.boot);
  if (settings_.confirm_logs) send(worker, LogAck{.boot = m.boot, .seq = m.lines.back().seq});
}
void TestControl::on(const std::string& worker, const End& m) {
  ended[worker] = m.figures;
}

void TestControl::welcome(const std::string& worker, const Join& join) {
  joins[worker].push_back(join);
  if (!settings_.deny.empty()) return send(worker, Denied{settings_.deny});
  const std::uint64_t boot = join.boot != 0 ? join.boot : ++boots[worker];
  send(worker, Welcome{.attempt = join.attempt,
                       .epoch = settings_.epoch,
                       .assignment = {.fleet = "test", .shard = join.shard, .shards = 1000, .boot = boot}});
  Outgoing out;
  out.credit = kSnapshotCredit;
  SnapshotPart part{.attempt = join.attempt, .seq = seq_};
  const auto cut = [&] {
    out.parts.push_back(part);
    part.groups.clear();
    part.rules.clear();
    ++part.part;
  };
  std::size_t bytes = 0;
  for (const std::string& group : settings_.groups) {
    if (bytes > 0 && bytes + group.size() > kPartBytes) {
      cut();
      bytes = 0;
    }
    bytes += group.size();
    part.groups.push_back(group);
  }
  if (bytes > 0 && !rules_.empty()) cut();
  for (const Command& rule : rules_) {
    part.rules.push_back(rule);
    if (part.rules.size() == 10) cut();
  }
  part.last = true;
  out.parts.push_back(std::move(part));
  outgoing_[worker] = std::move(out);
  send_parts(worker);
}

void TestControl::send_parts(const std::string& worker) {
  Outgoing& out = outgoing_[worker];
  while (out.credit > 0 && !out.parts.empty()) {
    --out.credit;
    send(worker, out.parts.front());
    out.parts.pop_front();
  }
}

void TestControl::tail(const std::string& worker, const TailRequest& ask) {
  ++tails;
  if (ask.epoch != settings_.epoch) return;
  TailPart part{.epoch = settings_.epoch};
  if (ask.from <= seq_ && (ring_.empty() || ask.from < ring_.front().seq)) {
    ++too_old;
    part.too_old = true;
    return send(worker, part);
  }
  // At most so much in one answer: the worker asks again for the rest.
  for (std::uint64_t seq = ask.from; seq <= seq_ && part.commands.size() < 2000; ++seq) {
    part.commands.push_back(ring_[static_cast<std::size_t>(seq - ring_.front().seq)]);
  }
  send(worker, part);
}

}  // namespace vfleet::bus
