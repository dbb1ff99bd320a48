// SPDX-License-Identifier: Apache-2.0
#include "gameserver/resources/world_config.h"

#include <gtest/gtest.h>

#include <string>

#include "gameserver/resources/resource_set.h"

namespace tickwire::game {
namespace {

std::string error_of(std::string_view json) {
  const auto config = parse_world_config(json);
  return config ? "accepted" : config.error();
}

TEST(WorldConfig, TakesEachValueFromItsKey) {
  const auto config = parse_world_config(R"({
    "arena_half_size_mm": 20000, "walking_speed_mm_s": 7000, "area_of_interest_mm": 9000, "full_hp": 65535,
    "chat": {"max_bytes": 80, "lines_per_player_per_s": 2, "lines_per_tick": 5}})");
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(*config, (WorldConfig{.arena_half_size_mm = 20'000,
                                  .walking_speed_mm_s = 7'000,
                                  .area_of_interest_mm = 9'000,
                                  .full_hp = 65'535,
                                  .chat = {.max_bytes = 80, .lines_per_player_per_s = 2, .lines_per_tick = 5}}));
}

TEST(WorldConfig, KeepsTheDefaultOfWhatIsLeftOut) {
  const auto config = parse_world_config(R"({"chat": {"max_bytes": 80}})");
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(*config, (WorldConfig{.chat = {.max_bytes = 80}}));
}

TEST(WorldConfig, HasTheNumbersOfTheDefaultResource) {
  const auto set = ResourceSet::load("");
  ASSERT_TRUE(set) << set.error();
  const auto config = parse_world_config((*set)[ResourceId::kWorld].bytes);
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(*config, WorldConfig{});
}

TEST(WorldConfig, AcceptsTheEndsOfARangeAndNothingBeyondThem) {
  EXPECT_EQ(error_of(R"({"arena_half_size_mm": 1000})"), "accepted");
  EXPECT_EQ(error_of(R"({"arena_half_size_mm": 50000})"), "accepted");
  EXPECT_EQ(error_of(R"({"arena_half_size_mm": 999})"), "world.json: arena_half_size_mm: must be 1000 to 50000");
  EXPECT_EQ(error_of(R"({"arena_half_size_mm": 50001})"), "world.json: arena_half_size_mm: must be 1000 to 50000");
  EXPECT_EQ(error_of(R"({"full_hp": -1})"), "world.json: full_hp: must be 1 to 65535");
  EXPECT_EQ(error_of(R"({"chat": {"max_bytes": 201}})"), "world.json: chat.max_bytes: must be 1 to 200");
}

TEST(WorldConfig, RefusesNumbersThatNoIntegerHolds) {
  const std::string no_integer = "world.json: full_hp: must be an integer, is no integer";
  EXPECT_EQ(error_of(R"({"full_hp": 1.5})"), no_integer);
  EXPECT_EQ(error_of(R"({"full_hp": 1e2})"), no_integer);
  EXPECT_EQ(error_of(R"({"full_hp": 1e999})"), no_integer);
  EXPECT_EQ(error_of(R"({"full_hp": 1)" + std::string(5000, '0') + "}"), no_integer);
  EXPECT_EQ(error_of(R"({"full_hp": 18446744073709551615})"), "world.json: full_hp: must be 1 to 65535");
  EXPECT_EQ(error_of(R"({"full_hp": -9223372036854775808})"), "world.json: full_hp: must be 1 to 65535");
  EXPECT_EQ(error_of(R"({"full_hp": NaN})"), "world.json: no JSON from byte 13 on");
  EXPECT_EQ(error_of(R"({"full_hp": Infinity})"), "world.json: no JSON from byte 13 on");
}

TEST(WorldConfig, RefusesAnotherTypeByTheKeysPath) {
  EXPECT_EQ(error_of(R"({"full_hp": null})"), "world.json: full_hp: must be an integer, is null");
  EXPECT_EQ(error_of(R"({"full_hp": true})"), "world.json: full_hp: must be an integer, is a boolean");
  EXPECT_EQ(error_of(R"({"full_hp": "100"})"), "world.json: full_hp: must be an integer, is a string");
  EXPECT_EQ(error_of(R"({"full_hp": [100]})"), "world.json: full_hp: must be an integer, is an array");
  EXPECT_EQ(error_of(R"({"chat": {"max_bytes": {}}})"), "world.json: chat.max_bytes: must be an integer, is an object");
  EXPECT_EQ(error_of(R"({"chat": 5})"), "world.json: chat: must be an object, is a number");
  EXPECT_EQ(error_of(R"({"chat": []})"), "world.json: chat: must be an object, is an array");
}

TEST(WorldConfig, RefusesKeysThatAreUnknownOrGivenTwice) {
  EXPECT_EQ(error_of(R"({"gravity": 1})"), "world.json: gravity: unknown key");
  EXPECT_EQ(error_of(R"({"chat": {"full_hp": 1}})"), "world.json: chat.full_hp: unknown key");
  EXPECT_EQ(error_of(R"({"max_bytes": 1})"), "world.json: max_bytes: unknown key");
  EXPECT_EQ(error_of(R"({"chat.max_bytes": 1})"), "world.json: chat.max_bytes: unknown key");
  EXPECT_EQ(error_of(R"({"full_hp": 1, "full_hp": 1})"), "world.json: full_hp: given twice");
  EXPECT_EQ(error_of(R"({"chat": {}, "chat": {}})"), "world.json: chat: given twice");
}

TEST(WorldConfig, ShowsNothingUnprintableOrEndlessOfAKey) {
  EXPECT_EQ(error_of("{\"a\\u0007\xc3\xa9\": 1}"), "world.json: a???: unknown key");
  EXPECT_EQ(error_of("{\"" + std::string(70'000, 'k') + "\": 1}"), "world.json: " + std::string(64, 'k') + ": unknown key");
}

TEST(WorldConfig, MustBeAnObject) {
  EXPECT_EQ(error_of("5"), "world.json: must be an object");
  EXPECT_EQ(error_of("[]"), "world.json: must be an object");
  EXPECT_EQ(error_of("{}"), "accepted");
}

TEST(WorldConfig, NamesTheByteWhereJsonEnds) {
  EXPECT_EQ(error_of(""), "world.json: no JSON from byte 1 on");
  EXPECT_EQ(error_of("{} {}"), "world.json: no JSON from byte 4 on");
  EXPECT_EQ(error_of(R"({"full_hp": 1,})"), "world.json: no JSON from byte 15 on");
  EXPECT_EQ(error_of(R"({"full_hp": 1 // most)"), "world.json: no JSON from byte 15 on");
}

TEST(WorldConfig, IsNotHurtByDeepNesting) {
  EXPECT_EQ(error_of(std::string(500'000, '[')), "world.json: must be an object");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"chat":)";
  EXPECT_EQ(error_of(objects), "world.json: chat.chat: unknown key");
}

}  // namespace
}  // namespace tickwire::game
