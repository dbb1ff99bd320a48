// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/json_body.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

Result<TextMembers> parse(std::string_view body) { return parse_text_members(body, {{"a"}, {"b", false}}); }

std::string error_of(std::string_view body) {
  const auto members = parse(body);
  return members ? "none" : members.error();
}

TEST(JsonBody, GivesItsMembers) {
  EXPECT_EQ(parse(R"({"a":"1","b":"2"})"), (TextMembers{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(parse(" { \"a\" : \"1\" } "), (TextMembers{{"a", "1"}}));
  EXPECT_EQ(parse(R"({"a":"\u00e4\u0000\""})"), (TextMembers{{"a", std::string("\xc3\xa4\0\"", 4)}}));
}

TEST(JsonBody, IsAnObject) {
  for (const std::string_view body : {"", "{", "[]", "[\"a\"]", "\"a\"", "1", "null", "true", "{\"a\"}", "{\"a\":\"1\"}}",
                                      "{\"a\":\"1\"} x", "{a:\"1\"}", "{\"a\":\"\xff\"}", "{\"a\":\"1\",}"}) {
    EXPECT_EQ(error_of(body), "the body is no JSON object") << body;
  }
}

TEST(JsonBody, HasTheMembersThatAreRequired) {
  EXPECT_EQ(error_of("{}"), "'a' is missing");
  EXPECT_EQ(error_of(R"({"b":"2"})"), "'a' is missing");
  EXPECT_EQ(error_of(R"({"a":""})"), "none");
}

TEST(JsonBody, NamesAMemberThatIsUnknown) {
  EXPECT_EQ(error_of(R"({"a":"1","c":"2"})"), "'c' is no member that is known here");
  EXPECT_EQ(error_of(R"({"a":"1","c\u00e4\nd":"2"})"), "'c???d' is no member that is known here");
  EXPECT_EQ(error_of("{\"" + std::string(1000, 'x') + "\":1}"), "'" + std::string(32, 'x') + "' is no member that is known here");
}

TEST(JsonBody, NamesAMemberThatIsThereTwice) { EXPECT_EQ(error_of(R"({"a":"1","a":"1"})"), "'a' is there twice"); }

TEST(JsonBody, NamesAMemberThatIsNoText) {
  for (const char* value : {"1", "-1", "1.5", "null", "true", "[]", "{}", "[\"1\"]", "{\"a\":\"1\"}"}) {
    EXPECT_EQ(error_of(fmt::format(R"({{"a":{}}})", value)), "'a' is no text") << value;
  }
}

TEST(JsonBody, StopsAtNesting) { EXPECT_EQ(error_of(std::string(4096, '[')), "the body is no JSON object"); }

}  // namespace
}  // namespace tickwire::game
