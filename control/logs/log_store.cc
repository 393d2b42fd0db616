#include "control/logs/log_store.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace vfleet::control::logs {

namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20U;
constexpr std::size_t kMarksMax = 1000;
constexpr std::string_view kOwn = "control";

std::size_t weight_of(const Record& record) {
  return sizeof(Record) + record.source.size() + log::weight(record.line);
}

}  // namespace

struct LogStore::Impl {
  /// A record, or a mark to be answered.
  struct Entry {
    Shared record;
    std::uint64_t mark = 0;
  };

  Impl(Options given, const Clock& time, std::uint64_t own_life)
      : options(std::move(given)), clock(time), life(own_life), files(options.dir, options.files) {
    SourceBook found;
    const Status opened = files.open(found);
    written = found;
    came = found;
    handled = std::move(found);
    had_files = files.end().offset > 0;
    thread = std::thread([this] { run(); });
    if (!opened) fail_with(opened.error().detail);
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      ending = true;
    }
    wake.notify_one();
    thread.join();
  }

  // ---- taking; with the lock ----

  bool has_room() const {
    return queue.size() < options.queue_lines && queue_bytes + in_hand < options.queue_bytes;
  }

  void take(Record record) {
    ++counters.taken;
    if (auto gap = came.take(record.source, record.boot, record.line.seq, record.line.at_us))
      remember(std::make_shared<const Record>(std::move(*gap)));
    auto shared = std::make_shared<const Record>(std::move(record));
    queue_bytes += weight_of(*shared);
    queue.push_back({shared, 0});
    remember(std::move(shared));
    wake.notify_one();
  }

  void remember(Shared record) {
    memory_bytes += weight_of(*record);
    memory.push_back(std::move(record));
    while (memory.size() > options.memory_lines ||
           (memory_bytes > options.memory_bytes && memory.size() > 1)) {
      memory_bytes -= weight_of(*memory.front());
      memory.pop_front();
      ++memory_begin;
    }
  }

  void note(std::string_view source, std::int64_t at_us, log::Level level, std::string_view text) {
    Record record{.source = std::string(source), .boot = life};
    // Numbered before it is known whether there is room, so that a line that is refused is missed.
    std::uint64_t& seq = own_seqs[record.source];
    record.line = {.seq = ++seq, .at_us = at_us, .level = level, .device = {}, .text = log::clean(text)};
    if (!has_room()) {
      ++counters.refused;
      return;
    }
    take(std::move(record));
  }

  // ---- writing; on the thread ----

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return ending || !queue.empty(); });
      if (queue.empty()) return;
      std::deque<Entry> batch = std::exchange(queue, {});
      in_hand = std::exchange(queue_bytes, 0);
      writing = true;
      lock.unlock();
      write(batch);
      lock.lock();
      in_hand = 0;
      writing = false;
      if (queue.empty()) settled.notify_all();
    }
  }

  void write(const std::deque<Entry>& batch) {
    std::string chunk;
    SourceBook changed;  // by this chunk: it counts once it is written
    std::uint64_t lines = 0;
    const auto flush = [&] {
      if (lines > 0) put(chunk, changed, lines);
      chunk.clear();
      changed = SourceBook();
      lines = 0;
    };
    for (const Entry& entry : batch) {
      if (entry.mark != 0) {
        flush();
        const std::lock_guard lock(mutex);
        marks[entry.mark] = files.end();
        while (marks.size() > kMarksMax) marks.erase(marks.begin());
        continue;
      }
      const Record& record = *entry.record;
      if (!changed.find(record.source)) {
        if (const auto place = written.find(record.source)) changed.set(record.source, *place);
      }
      if (const auto gap = changed.take(record.source, record.boot, record.line.seq, record.line.at_us))
        chunk.append(to_json(*gap)) += '\n';
      chunk.append(to_json(record)) += '\n';
      ++lines;
      if (chunk.size() >= kChunkBytes) flush();
    }
    flush();
  }

  void put(std::string_view chunk, const SourceBook& changed, std::uint64_t lines) {
    const Status done = files.append(chunk, written, to_us(clock.wall_now()));
    const std::lock_guard lock(mutex);
    for (const auto& [source, place] : changed.places()) {
      handled.set(source, place);
      if (done) written.set(source, place);
    }
    if (!done) {
      counters.unwritten += lines;
      missed += lines;
      if (trouble.empty()) fail_with_locked(done.error().detail);
      return;
    }
    if (trouble.empty()) return;
    trouble.clear();
    note(kOwn, to_us(clock.wall_now()), log::Level::warn,
         "log files are written again; " + std::to_string(std::exchange(missed, 0)) +
             " lines are not in them");
  }

  void fail_with(const std::string& why) {
    const std::lock_guard lock(mutex);
    fail_with_locked(why);
  }
  void fail_with_locked(const std::string& why) {
    trouble = why;
    note(kOwn, to_us(clock.wall_now()), log::Level::error,
         "log lines are not written to files: " + why +
             "; `vfleet logs` shows the last ones all the same, make room in the run directory");
  }

  Options options;
  const Clock& clock;
  std::uint64_t life;
  LogFiles files;      // the thread's, once it runs
  SourceBook written;  // likewise: what the files hold
  bool had_files = false;

  mutable std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable settled;
  bool writing = false;
  bool ending = false;
  std::deque<Entry> queue;
  std::size_t queue_bytes = 0;
  std::size_t in_hand = 0;  // bytes that the thread is writing
  SourceBook came;          // how far the sources came here
  SourceBook handled;
  std::map<std::string, std::uint64_t, std::less<>> own_seqs;  // of lines that are numbered here
  std::deque<Shared> memory;
  std::size_t memory_bytes = 0;
  std::uint64_t memory_begin = 0;  // position of memory.front()
  std::map<std::uint64_t, FilePlace> marks;
  std::uint64_t last_mark = 0;
  std::string trouble;
  std::uint64_t missed = 0;  // since the trouble began
  Counters counters;
  std::thread thread;  // last: it uses all of this
};

LogStore::LogStore(Options options, const Clock& clock, std::uint64_t life)
    : impl_(std::make_unique<Impl>(std::move(options), clock, life)) {}
LogStore::~LogStore() = default;

LogStore::Added LogStore::add(std::string_view source, std::uint64_t boot, const log::Line& line) {
  const std::lock_guard lock(impl_->mutex);
  if (!impl_->came.is_new(source, boot, line.seq)) {
    ++impl_->counters.repeated;
    return Added::repeated;
  }
  if (!impl_->has_room()) {
    ++impl_->counters.refused;
    return Added::refused;
  }
  Record record{.source = std::string(source.substr(0, kSourceBytesMax)), .boot = boot, .line = line};
  record.line.text = log::clean(line.text);
  record.line.device = log::clean(line.device, log::kDeviceBytesMax);
  impl_->take(std::move(record));
  return Added::taken;
}

void LogStore::note(std::string_view source, std::int64_t at_us, log::Level level, std::string_view text) {
  const std::lock_guard lock(impl_->mutex);
  impl_->note(source.substr(0, kSourceBytesMax), at_us, level, text);
}

void LogStore::settle() {
  std::unique_lock lock(impl_->mutex);
  impl_->settled.wait(lock, [this] { return impl_->queue.empty() && !impl_->writing; });
}

std::optional<SourceBook::Place> LogStore::handled(std::string_view source) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->handled.find(source);
}

std::string LogStore::trouble() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->trouble;
}

LogStore::Counters LogStore::counters() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counters;
}

const LogStore::Options& LogStore::options() const {
  return impl_->options;
}

std::uint64_t LogStore::end() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->memory_begin + impl_->memory.size();
}

std::uint64_t LogStore::begin() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->memory_begin;
}

bool LogStore::memory_is_all() const {
  const std::lock_guard lock(impl_->mutex);
  return !impl_->had_files && impl_->memory_begin == 0;
}

std::vector<LogStore::Shared> LogStore::read(std::uint64_t position, std::size_t most) const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<Shared> out;
  const std::uint64_t first = impl_->memory_begin;
  for (std::size_t i = position < first ? 0 : position - first; i < impl_->memory.size() && out.size() < most;
       ++i)
    out.push_back(impl_->memory[i]);
  return out;
}

std::uint64_t LogStore::mark() {
  const std::lock_guard lock(impl_->mutex);
  const std::uint64_t ticket = ++impl_->last_mark;
  impl_->queue.push_back({nullptr, ticket});
  impl_->wake.notify_one();
  return ticket;
}

std::optional<FilePlace> LogStore::marked(std::uint64_t ticket) {
  const std::lock_guard lock(impl_->mutex);
  const auto at = impl_->marks.find(ticket);
  if (at == impl_->marks.end()) return std::nullopt;
  const FilePlace place = at->second;
  impl_->marks.erase(at);
  return place;
}

}  // namespace vfleet::control::logs
