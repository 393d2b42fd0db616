#include "control/server/log_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "simulator/codec/json/writer.h"

namespace vfleet::control::server {

namespace {

constexpr std::uint64_t kLinesByDefault = 100;
constexpr std::size_t kFrameRows = 500;
constexpr std::size_t kFrameBytes = std::size_t{512} << 10U;
constexpr std::size_t kNoticesMax = 200;
constexpr std::size_t kTailPart = 1000;
/// Lines arrive a little after they were written; clocks of hosts differ.
constexpr std::int64_t kLateUs = 60'000'000;

/// What an operator wants to see in `vfleet up` without asking.
bool is_notice(const logs::Record& record) {
  if (record.is_gap() || !record.line.device.empty()) return false;
  if (record.source != "control")
    return record.line.level >= log::Level::error && !record.source.starts_with("up");
  return record.line.level >= log::Level::warn || record.line.text.starts_with("reload");
}

/// Whether a supervisor heard this from control itself: "2026-11-21T10:00:00.123456 info control: ...". Such
/// lines are in the log already.
bool is_own_line(std::string_view text) {
  return text.size() > 27 && text[4] == '-' && text[10] == 'T' && text[19] == '.' &&
         text.substr(0, 48).find(" control: ") != std::string_view::npos;
}

}  // namespace

LogDesk::LogDesk(Core& core, CommandDesk& commands)
    : core_(core), commands_(commands), store_(core.options.logs), last_notice_(core.options.epoch) {
  if (store_ != nullptr) noticed_ = store_->end();
}

// ---- into the log

void LogDesk::take(std::uint32_t shard, const bus::LogLines& logs) {
  const std::uint64_t boot = core_.registry.at(shard).boot;
  if (logs.boot != boot || logs.lines.empty()) return;
  const bus::LogAck everything{.boot = boot, .seq = logs.lines.back().seq};
  if (store_ == nullptr) return core_.ports.to_worker(shard, everything);
  const std::string source = bus::worker_identity(shard);
  Unconfirmed& waiting = unconfirmed_[shard];
  for (const log::Line& line : logs.lines) {
    const auto added = store_->add(source, boot, line);
    if (added == logs::LogStore::Added::refused) return;  // it is not confirmed, so it comes again
    // Of lines that come again the confirmation was lost; numbers of a new life begin anew.
    if (added == logs::LogStore::Added::repeated || line.seq < waiting.last) waiting.told = 0;
    waiting.last = line.seq;
  }
}

void LogDesk::confirm() {
  for (auto at = unconfirmed_.begin(); at != unconfirmed_.end();) {
    auto& [shard, waiting] = *at;
    const std::uint64_t boot = core_.registry.at(shard).boot;
    const auto place = store_->handled(bus::worker_identity(shard));
    const std::uint64_t seq = place && place->boot == boot ? place->seq : 0;
    if (seq != waiting.told && seq > 0) {
      waiting.told = seq;
      core_.ports.to_worker(shard, bus::LogAck{.boot = boot, .seq = seq});
    }
    at = seq >= waiting.last ? unconfirmed_.erase(at) : std::next(at);
  }
}

void LogDesk::handle(const Asker& asker, const api::Note& request) {
  if (store_ != nullptr) {
    const std::string source = request.source == "up" ? "up" : "up/" + request.source;
    const bool of_control = request.source == "control";
    for (const api::Note::Line& line : request.lines) {
      if (!(of_control && is_own_line(line.text))) store_->note(source, line.at_us, line.level, line.text);
    }
  }
  core_.ports.to_operator(asker.identity, api::result(asker.id, api::ExitStatus::done));
}

// ---- to operators

void LogDesk::handle(const Asker& asker, const api::Logs& request) {
  if (store_ == nullptr) {
    return core_.ports.to_operator(
        asker.identity, api::error(asker.id, {api::ExitStatus::failed, "unavailable", "no log is kept", ""}));
  }
  if (streams_.contains(asker.id)) return;  // the request was repeated: rows are on their way
  Stream stream;
  if (request.selector) {
    auto selector = bus::Selector::parse(*request.selector);
    if (!selector) {
      return commands_.refuse(
          asker, {selector.error().code, "selector '" + *request.selector + "': " + selector.error().detail});
    }
    if (!selector->identity_only()) {
      return commands_.refuse(asker, {Errc::invalid_argument, "logs take no state.* and no limit()"},
                              "select by id, type, group and labels; --lines bounds how much is shown");
    }
    stream.selector = std::move(*selector);
    stream.filter.devices_only = true;
  }
  if (streams_.size() >= kStreamsMax) {
    return core_.ports.to_operator(
        asker.identity,
        api::error(asker.id, {api::ExitStatus::failed, "busy", "too many logs are being read", ""}));
  }
  stream.number = ++last_number_;
  stream.asker = asker;
  stream.filter.least = request.least;
  stream.filter.source = request.from;
  const std::int64_t now_us = to_us(core_.clock.wall_now());
  if (request.since) stream.filter.since_us = now_us - to_us(*request.since);
  if (request.since_us) stream.filter.since_us = static_cast<std::int64_t>(*request.since_us);
  const bool has_since = request.since || request.since_us;
  stream.follow = request.follow;
  stream.wanted = request.lines.value_or(has_since ? api::Logs::kLinesMax : kLinesByDefault);
  stream.lease_end = core_.now() + kLease;
  Stream& added = streams_[asker.id] = std::move(stream);
  begin(added, has_since);
  tick();
}

bool LogDesk::matches(const Stream& stream, const logs::Record& record) const {
  if (!stream.filter.passes(record)) return false;
  return record.is_gap() || !stream.selector || core_.view->matches(*stream.selector, record.line.device);
}

/// Decides whether memory reaches back far enough.
void LogDesk::begin(Stream& stream, bool has_since) {
  stream.start = stream.cursor = store_->end();
  if (stream.wanted == 0) return;
  const auto memory = store_->read(store_->begin(), SIZE_MAX);
  const std::uint64_t first = stream.start - memory.size();
  std::uint64_t found = 0;
  std::uint64_t from = stream.start;
  for (std::size_t i = memory.size(); i-- > 0 && found < stream.wanted;) {
    if (!matches(stream, *memory[i])) continue;
    ++found;
    from = first + i;
  }
  const bool reaches_back =
      has_since && !memory.empty() && memory.front()->line.at_us < stream.filter.since_us - kLateUs;
  stream.cursor = from;
  if (found >= stream.wanted || reaches_back || store_->memory_is_all() || !store_->trouble().empty()) return;
  stream.phase = Phase::marking;
  stream.ticket = store_->mark();
  stream.mark_by = core_.now() + kMarkWithin;
}

bool LogDesk::renew(const Asker& asker, const api::Renew& request) {
  const auto at = streams_.find(request.watch);
  if (at == streams_.end()) return false;
  Stream& stream = at->second;
  stream.lease_end = core_.now() + kLease;
  if (request.rows) stream.read = std::clamp(*request.rows, stream.read, stream.sent);
  api::ReplyMembers members;
  members.number("dropped", stream.dropped);
  core_.ports.to_operator(asker.identity, api::result(asker.id, api::ExitStatus::done, members));
  return true;
}

void LogDesk::open_files(Stream& stream) {
  const auto place = store_->marked(stream.ticket);
  if (!place && core_.now() < stream.mark_by) return;
  // A disk that does not answer, or no files at all: what memory has must do.
  if (!place || place->file == 0) {
    stream.phase = Phase::tailing;
    return;
  }
  stream.phase = Phase::counting;
  stream.reading = true;
  const auto opened = std::make_shared<std::shared_ptr<logs::LogScan>>();
  core_.ports.off_loop(
      [opened, dir = store_->options().dir, filter = stream.filter, place] {
        if (auto scan = logs::LogScan::open(dir, filter, place)) *opened = std::move(*scan);
      },
      [this, opened, id = stream.asker.id, number = stream.number] {
        const auto at = streams_.find(id);
        if (at == streams_.end() || at->second.number != number) return;
        at->second.reading = false;
        at->second.scan = *opened;
        if (*opened == nullptr) at->second.phase = Phase::tailing;
      });
}

void LogDesk::read_slice(Stream& stream, bool back) {
  stream.reading = true;
  const auto slice = std::make_shared<logs::LogScan::Slice>();
  core_.ports.off_loop([slice, scan = stream.scan, back] { *slice = back ? scan->older() : scan->newer(); },
                       [this, slice, back, id = stream.asker.id, number = stream.number] {
                         const auto at = streams_.find(id);
                         if (at == streams_.end() || at->second.number != number) return;
                         at->second.reading = false;
                         if (back) {
                           count_back(at->second, *slice);
                         } else {
                           replay(at->second, *slice);
                         }
                         step(at->second);
                       });
}

void LogDesk::step(Stream& stream) {
  if (stream.reading) return;
  if (stream.phase == Phase::counting) return read_slice(stream, true);
  if (stream.phase == Phase::replaying && stream.room() > 0) read_slice(stream, false);
}

void LogDesk::count_back(Stream& stream, const logs::LogScan::Slice& slice) {
  for (const logs::LogScan::Found& found : slice.found) {
    if (!matches(stream, found.record)) continue;
    stream.scan->go_to(found.file, found.offset);
    if (++stream.counted >= stream.wanted) {
      stream.phase = Phase::replaying;
      return;
    }
  }
  const bool has_since = stream.filter.since_us != INT64_MIN;
  if (!slice.end && !(has_since && slice.oldest_us < stream.filter.since_us - kLateUs)) return;
  stream.phase = Phase::replaying;
  if (stream.counted > 0) return;
  stream.phase = Phase::tailing;
  stream.cursor = stream.start;
}

void LogDesk::replay(Stream& stream, const logs::LogScan::Slice& slice) {
  std::vector<const logs::Record*> records;
  for (const logs::LogScan::Found& found : slice.found) {
    if (matches(stream, found.record)) records.push_back(&found.record);
  }
  show(stream, records);
  if (!slice.end) return;
  stream.phase = Phase::tailing;
  stream.cursor = stream.start;
  stream.scan.reset();
}

bool LogDesk::tail(Stream& stream) {
  const std::uint64_t first = store_->begin();
  if (stream.cursor < first) {
    stream.dropped += first - stream.cursor;
    stream.cursor = first;
  }
  while (stream.room() > 0) {
    const std::uint64_t end = stream.follow ? UINT64_MAX : stream.start;
    if (stream.cursor >= end) return false;
    const auto part =
        store_->read(stream.cursor, std::min<std::uint64_t>({kTailPart, stream.room(), end - stream.cursor}));
    if (part.empty()) break;
    stream.cursor += part.size();
    std::vector<const logs::Record*> records;
    for (const auto& record : part) {
      if (matches(stream, *record)) records.push_back(record.get());
    }
    show(stream, records);
  }
  return true;
}

void LogDesk::show(Stream& stream, const std::vector<const logs::Record*>& records) {
  std::vector<api::JsonText> rows;
  std::size_t bytes = 0;
  const auto flush = [&] {
    if (!rows.empty())
      core_.ports.to_operator(stream.asker.identity, api::rows(stream.asker.id, rows, stream.dropped));
    stream.sent += rows.size();
    rows.clear();
    bytes = 0;
  };
  for (const logs::Record* record : records) {
    rows.push_back(logs::to_json(*record));
    bytes += rows.back().size();
    if (rows.size() >= kFrameRows || bytes >= kFrameBytes) flush();
  }
  flush();
}

void LogDesk::finish(const Stream& stream) {
  api::ReplyMembers members;
  members.number("dropped", stream.dropped).number("rows_sent", stream.sent);
  members.add("lease_over", stream.follow ? "true" : "false");
  core_.ports.to_operator(stream.asker.identity,
                          api::result(stream.asker.id, api::ExitStatus::done, members));
}

// ---- what is due

void LogDesk::tick() {
  if (store_ == nullptr) return;
  confirm();
  gather_notices();
  for (auto at = streams_.begin(); at != streams_.end();) {
    Stream& stream = at->second;
    bool on = core_.now() < stream.lease_end;
    if (on && !stream.reading) {
      switch (stream.phase) {
        case Phase::marking:
          open_files(stream);
          break;
        case Phase::counting:
        case Phase::replaying:
          step(stream);
          break;
        case Phase::tailing:
          on = tail(stream);
          break;
      }
    }
    if (on) {
      ++at;
      continue;
    }
    finish(stream);
    at = streams_.erase(at);
  }
}

// ---- notices

void LogDesk::gather_notices() {
  noticed_ = std::max(noticed_, store_->begin());
  for (auto& record : store_->read(noticed_, SIZE_MAX)) {
    ++noticed_;
    if (is_notice(*record)) notices_.push_back({++last_notice_, std::move(record)});
  }
  while (notices_.size() > kNoticesMax) notices_.pop_front();
}

std::vector<api::JsonText> LogDesk::notices(std::uint64_t after) const {
  std::vector<api::JsonText> out;
  for (const Notice& notice : notices_) {
    if (notice.number <= after) continue;
    const log::Line& line = notice.record->line;
    codec::json::Writer writer(out.emplace_back());
    writer.begin_object();
    writer.key("n").raw(std::to_string(notice.number)).key("at_us").integer(line.at_us);
    writer.key("source").text(notice.record->source).key("level").text(log::to_string(line.level));
    writer.key("text").text(line.text);
    writer.end_object();
  }
  return out;
}

}  // namespace vfleet::control::server
