#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/core/result.h"

/// SQLite with handles and Results, for this folder's .cc files.
namespace vfleet::control::journal {

/// One prepared statement. Parameters count from 1, columns from 0.
class Statement {
 public:
  Statement() = default;
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }

  Statement& bind(int at, std::uint64_t value) {
    sqlite3_bind_int64(statement_, at, static_cast<sqlite3_int64>(value));
    return *this;
  }
  Statement& bind(int at, std::int64_t value) {
    sqlite3_bind_int64(statement_, at, value);
    return *this;
  }
  /// `value` must live until the statement was run.
  Statement& bind(int at, std::string_view value) {
    sqlite3_bind_text(statement_, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    return *this;
  }
  Statement& bind_null(int at) {
    sqlite3_bind_null(statement_, at);
    return *this;
  }

  /// SQLITE_ROW, SQLITE_DONE or an error.
  [[nodiscard]] int step() { return sqlite3_step(statement_); }
  /// Runs it to its end, and makes it ready to run again. True when it went well.
  [[nodiscard]] bool run() {
    while (step() == SQLITE_ROW) {
    }
    return reset() == SQLITE_OK;
  }
  int reset() { return sqlite3_reset(statement_); }

  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  [[nodiscard]] std::uint64_t whole(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
  }
  [[nodiscard]] std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr
               ? std::string()
               : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
  }

 private:
  friend class Database;
  sqlite3_stmt* statement_ = nullptr;
};

/// One connection.
class Database {
 public:
  Database() = default;
  ~Database() { close(); }
  Database(Database&& other) noexcept
      : path_(std::move(other.path_)), handle_(std::exchange(other.handle_, nullptr)) {}
  Database& operator=(Database&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(handle_, other.handle_);
    return *this;
  }

  enum class Open { create, existing, read_only };
  /// Errors: as error().
  [[nodiscard]] static Result<Database> open(const std::string& path, Open how);
  void close();

  /// Runs statements that need no values.
  [[nodiscard]] Status run(const char* sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  /// The first column of the first row; 0 when there is none.
  [[nodiscard]] Result<std::int64_t> number(std::string_view sql);

  /// What went wrong in the last call, in words for an operator. Malformed: the file is damaged, or is none
  /// of SQLite's; unavailable: everything else.
  [[nodiscard]] Error error() const;
  [[nodiscard]] sqlite3* handle() const { return handle_; }

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
};

}  // namespace vfleet::control::journal
