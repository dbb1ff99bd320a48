// SPDX-License-Identifier: Apache-2.0
#include "gameserver/store/schema.h"

#include <array>
#include <charconv>

namespace tickwire::game {
namespace {

// PRAGMA application_id, "TWGS": tells our files from those of other programs.
constexpr std::int64_t kApplicationId = 0x54574753;

// Step i leads from version i to i + 1. A step that was released is never changed.
constexpr std::array<std::string_view, kSchemaVersion> kSteps{
    // results: one row for a player who left the world. event is the id of the PlayerLeft, so that one that comes twice has no
    // effect; account 0 is a guest, match 0 none, reason a number of PROTOCOL.md.
    R"(CREATE TABLE accounts (
         id INTEGER PRIMARY KEY,
         name TEXT NOT NULL UNIQUE,
         password_hash BLOB NOT NULL,
         rating INTEGER NOT NULL,
         created_unix_s INTEGER NOT NULL);
       CREATE TABLE results (
         event INTEGER PRIMARY KEY,
         match INTEGER NOT NULL,
         account INTEGER NOT NULL,
         score INTEGER NOT NULL,
         reason INTEGER NOT NULL,
         played_ms INTEGER NOT NULL,
         at_unix_s INTEGER NOT NULL);)"};

Result<std::int64_t> integer_of(Database& database, std::string_view sql) {
  const auto text = database.value_of(sql);
  if (!text) return std::unexpected(text.error());
  std::int64_t value = 0;
  std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

Result<void> take_step(Database& database, std::size_t version) {
  const auto taken =
      database.execute(fmt::format("BEGIN IMMEDIATE; {} PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT",
                                   kSteps[version], kApplicationId, version + 1));
  if (!taken) database.roll_back();
  return taken;
}

}  // namespace

Result<void> migrate(Database& database) {
  const auto tables = integer_of(database, "SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  const auto application = integer_of(database, "PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  const auto version = integer_of(database, "PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*tables > 0 && *application != kApplicationId) return std::unexpected(std::string("it is a database of another program"));
  if (*version < 0 || *version > kSchemaVersion) {
    return std::unexpected(fmt::format("its schema has version {}, {} is known here", *version, kSchemaVersion));
  }
  for (auto step = static_cast<std::size_t>(*version); step < kSteps.size(); ++step) {
    if (const auto taken = take_step(database, step); !taken) return taken;
  }
  return {};
}

}  // namespace tickwire::game
