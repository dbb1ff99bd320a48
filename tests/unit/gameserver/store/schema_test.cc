// SPDX-License-Identifier: Apache-2.0
#include "gameserver/store/schema.h"

#include <gmock/gmock.h>

namespace tickwire::game {
namespace {

Database in_memory() { return *Database::open(":memory:", Database::Access::kReadWrite, {}); }

TEST(Schema, IsMadeInAnEmptyDatabase) {
  auto database = in_memory();
  ASSERT_TRUE(migrate(database));
  EXPECT_EQ(
      *database.value_of("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name)"),
      "accounts,results");
  EXPECT_EQ(*database.value_of("PRAGMA user_version"), "1");
}

TEST(Schema, LeavesADatabaseOfNowAsItIs) {
  auto database = in_memory();
  ASSERT_TRUE(migrate(database));
  ASSERT_TRUE(database.execute("INSERT INTO accounts VALUES (1, 'ada', x'00', 1500, 0)"));
  ASSERT_TRUE(migrate(database));
  EXPECT_EQ(*database.value_of("SELECT name FROM accounts"), "ada");
}

TEST(Schema, IsNotMadeInADatabaseOfAnotherProgram) {
  auto database = in_memory();
  ASSERT_TRUE(database.execute("CREATE TABLE notes (text TEXT)"));
  EXPECT_EQ(migrate(database).error(), "it is a database of another program");
  EXPECT_EQ(*database.value_of("SELECT count(*) FROM sqlite_schema"), "1");
}

TEST(Schema, IsNotTouchedWhenItIsNewerThanThisProgram) {
  auto database = in_memory();
  ASSERT_TRUE(migrate(database));
  ASSERT_TRUE(database.execute("PRAGMA user_version = 2"));
  EXPECT_EQ(migrate(database).error(), "its schema has version 2, 1 is known here");
}

TEST(Schema, DoesNotLeaveHalfAStepBehind) {
  auto database = in_memory();
  ASSERT_TRUE(migrate(database));
  // A database that claims to be older: the step fails at the first table, and takes everything back.
  ASSERT_TRUE(database.execute("PRAGMA user_version = 0; DROP TABLE results"));
  EXPECT_EQ(migrate(database).error(), "table accounts already exists");
  EXPECT_EQ(*database.value_of("PRAGMA user_version"), "0");
  ASSERT_TRUE(database.execute("BEGIN; ROLLBACK"));
}

TEST(Statement, KeepsEmptyTextAndBytesApartFromNothing) {
  auto database = in_memory();
  auto statement = *database.prepare("SELECT ?1 IS NULL, ?2 IS NULL, ?3 IS NULL");
  statement.bind(1, std::string_view());
  statement.bind(2, std::span<const std::byte>());
  ASSERT_TRUE(*statement.step());
  EXPECT_EQ(statement.integer(0), 0);
  EXPECT_EQ(statement.integer(1), 0);
  EXPECT_EQ(statement.integer(2), 1);
}

TEST(Statement, SaysWhatSqliteSays) {
  auto database = in_memory();
  EXPECT_EQ(database.prepare("SELECT * FROM nowhere").error(), "no such table: nowhere");
  EXPECT_EQ(database.execute("nonsense").error(), "near \"nonsense\": syntax error");
}

}  // namespace
}  // namespace tickwire::game
