// SPDX-License-Identifier: Apache-2.0
#include "gameserver/store/sqlite.h"

namespace tickwire::game {

void Statement::bind(int parameter, std::string_view borrowed_text) {
  // Of no bytes a null pointer would be NULL.
  const char* const data = borrowed_text.empty() ? "" : borrowed_text.data();
  ::sqlite3_bind_text64(statement_.get(), parameter, data, borrowed_text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int parameter, std::span<const std::byte> borrowed_bytes) {
  const void* const data = borrowed_bytes.empty() ? static_cast<const void*>("") : borrowed_bytes.data();
  ::sqlite3_bind_blob64(statement_.get(), parameter, data, borrowed_bytes.size(), SQLITE_STATIC);
}

Result<bool> Statement::step() {
  const int code = ::sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(std::string(::sqlite3_errmsg(::sqlite3_db_handle(statement_.get()))));
}

void Statement::reset() {
  // Repeats the error of the last step(), which was seen there.
  static_cast<void>(::sqlite3_reset(statement_.get()));
  ::sqlite3_clear_bindings(statement_.get());
}

std::string_view Statement::text(int column) const {
  // The text before its length: asking for it may convert the value (sqlite3_column_bytes).
  const auto* const data = reinterpret_cast<const char*>(::sqlite3_column_text(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const std::byte> Statement::bytes(int column) const {
  const auto* const data = static_cast<const std::byte*>(::sqlite3_column_blob(statement_.get(), column));
  return {data, static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column))};
}

Result<Database> Database::open(const std::string& path, Access access, std::chrono::milliseconds busy_timeout) {
  const int access_flag = access == Access::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  ::sqlite3* opened = nullptr;
  // Without SQLite's own mutex: each connection is used by one thread at a time.
  const int code = ::sqlite3_open_v2(path.c_str(), &opened, access_flag | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database;
  database.database_.reset(opened);
  if (code != SQLITE_OK)
    return std::unexpected(std::string(opened != nullptr ? ::sqlite3_errmsg(opened) : ::sqlite3_errstr(code)));
  ::sqlite3_busy_timeout(opened, static_cast<int>(busy_timeout.count()));
  return database;
}

std::unexpected<std::string> Database::failure() const { return std::unexpected(std::string(::sqlite3_errmsg(database_.get()))); }

Result<void> Database::execute(const std::string& sql) {
  if (::sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  ::sqlite3_stmt* statement = nullptr;
  const int code = ::sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
  if (code != SQLITE_OK) return failure();
  return Statement(statement);
}

Result<std::string> Database::value_of(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return std::string(*row ? statement->text(0) : std::string_view());
}

void Database::roll_back() {
  if (::sqlite3_get_autocommit(database_.get()) == 0) static_cast<void>(execute("ROLLBACK"));
}

}  // namespace tickwire::game
