// What it owns: a connection to an SQLite database, and its prepared statements.
// Who may use it: store/.
// Thread: one at a time; a connection and its statements are not locked.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gameserver/common/result.h"

namespace tickwire::game {

class Statement {
 public:
  // Parameters count from 1. Text and bytes are borrowed until the next reset().
  void bind(int parameter, std::int64_t value) { ::sqlite3_bind_int64(statement_.get(), parameter, value); }
  void bind(int parameter, std::string_view borrowed_text);
  void bind(int parameter, std::span<const std::byte> borrowed_bytes);

  // True: there is a row to read. False: it is done. The error is SQLite's.
  [[nodiscard]] Result<bool> step();
  // Ready to be bound and stepped again.
  void reset();

  // Of the row; columns count from 0. Views are valid until the next step() or reset().
  [[nodiscard]] std::int64_t integer(int column) const { return ::sqlite3_column_int64(statement_.get(), column); }
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::byte> bytes(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(::sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
  };
  explicit Statement(::sqlite3_stmt* owned_statement) : statement_(owned_statement) {}

  std::unique_ptr<::sqlite3_stmt, Finalize> statement_;
};

// Must outlive its statements.
class Database {
 public:
  enum class Access { kReadWrite, kReadOnly };

  // path: of a file that is there, or ":memory:". busy_timeout: how long a lock of another process is waited for.
  [[nodiscard]] static Result<Database> open(const std::string& path, Access access, std::chrono::milliseconds busy_timeout);

  // Statements without parameters, of which rows are not wanted.
  [[nodiscard]] Result<void> execute(const std::string& sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  // The first column of the first row.
  [[nodiscard]] Result<std::string> value_of(std::string_view sql);
  // Ends a transaction that failed, if SQLite has not done so itself.
  void roll_back();

 private:
  Database() = default;
  struct Close {
    void operator()(::sqlite3* database) const { ::sqlite3_close_v2(database); }
  };
  [[nodiscard]] std::unexpected<std::string> failure() const;

  std::unique_ptr<::sqlite3, Close> database_;
};

}  // namespace tickwire::game
