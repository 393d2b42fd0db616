#include "control/journal/sqlite.h"

#include <cstring>

namespace vfleet::control::journal {

namespace {

/// Somebody who looks into the journal with `sqlite3` holds it for moments only.
constexpr int kBusyMs = 2000;

}  // namespace

Result<Database> Database::open(const std::string& path, Open how) {
  Database out;
  out.path_ = path;
  const int flags = how == Open::read_only ? SQLITE_OPEN_READONLY
                    : how == Open::create  ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                           : SQLITE_OPEN_READWRITE;
  if (sqlite3_open_v2(path.c_str(), &out.handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) {
    return tl::unexpected(out.error());
  }
  sqlite3_extended_result_codes(out.handle_, 1);
  sqlite3_busy_timeout(out.handle_, kBusyMs);
  return out;
}

void Database::close() {
  sqlite3_close_v2(std::exchange(handle_, nullptr));
}

Status Database::run(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return tl::unexpected(error());
}

Result<Statement> Database::prepare(std::string_view sql) {
  Statement out;
  if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &out.statement_, nullptr) != SQLITE_OK) {
    return tl::unexpected(error());
  }
  return out;
}

Result<std::int64_t> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const int code = statement->step();
  if (code == SQLITE_ROW) return statement->number(0);
  if (code == SQLITE_DONE) return 0;
  return tl::unexpected(error());
}

Error Database::error() const {
  if (handle_ == nullptr) return {Errc::unavailable, "no memory for the journal"};
  const int code = sqlite3_errcode(handle_) & 0xff;
  const int system = sqlite3_system_errno(handle_);
  const std::string journal = "the journal " + path_;
  switch (code) {
    case SQLITE_FULL:
      return {Errc::unavailable, journal + " cannot grow: the disk is full; free space there"};
    case SQLITE_READONLY:
      return {Errc::unavailable,
              journal +
                  " is read-only; look at the permissions of it and its directory, and how that is mounted"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::unavailable, journal + " is held by another program; end what looks into it"};
    case SQLITE_CORRUPT:
      return {Errc::malformed, journal + " is damaged (" + sqlite3_errmsg(handle_) + ")"};
    case SQLITE_NOTADB:
      return {Errc::malformed, journal + " is damaged: it is no SQLite file"};
    default: {
      std::string text = journal + " cannot be used: " + sqlite3_errmsg(handle_);
      if (system != 0) text += std::string(" (") + std::strerror(system) + ")";
      return {Errc::unavailable, std::move(text)};
    }
  }
}

}  // namespace vfleet::control::journal
