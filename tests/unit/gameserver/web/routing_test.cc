// SPDX-License-Identifier: Apache-2.0
#include "gameserver/web/routing.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

TEST(Target, IsAPathAndAQuery) {
  EXPECT_EQ(split_target("/login"), (Target{.path = "/login", .query = ""}));
  EXPECT_EQ(split_target("/login?a=1?b"), (Target{.path = "/login", .query = "a=1?b"}));
  EXPECT_EQ(split_target("/?"), (Target{.path = "/", .query = ""}));
}

TEST(Target, MayNameTheHost) {
  EXPECT_EQ(split_target("http://192.0.2.1:8080/login?a"), (Target{.path = "/login", .query = "a"}));
  EXPECT_EQ(split_target("HTTP://game.example"), (Target{.path = "/", .query = ""}));
  EXPECT_EQ(split_target("http://game.example?a"), (Target{.path = "/", .query = "a"}));
}

TEST(Target, IsNothingElse) {
  EXPECT_EQ(split_target(""), std::nullopt);
  EXPECT_EQ(split_target("*"), std::nullopt);
  EXPECT_EQ(split_target("192.0.2.1:80"), std::nullopt);
  EXPECT_EQ(split_target("http:///login"), std::nullopt);
}

TEST(RouteTable, FindsByPathAndMethod) {
  const RouteTable table({{.method = HttpMethod::kGet, .path = "/a"}, {.method = HttpMethod::kPost, .path = "/b"}});
  ASSERT_NE(table.find("/a", HttpMethod::kGet), nullptr);
  EXPECT_EQ(table.find("/a", HttpMethod::kGet)->path, "/a");
  EXPECT_EQ(table.find("/a", HttpMethod::kPost), nullptr);
  EXPECT_EQ(table.find("/c", HttpMethod::kGet), nullptr);
}

TEST(RouteTable, NamesTheMethodsOfAPath) {
  const RouteTable table({{.method = HttpMethod::kGet, .path = "/a"},
                          {.method = HttpMethod::kPost, .path = "/a"},
                          {.method = HttpMethod::kPost, .path = "/b"}});
  EXPECT_EQ(table.allowed("/a"), "GET, HEAD, POST");
  EXPECT_EQ(table.allowed("/b"), "POST");
  EXPECT_EQ(table.allowed("/c"), "");
}

}  // namespace
}  // namespace tickwire::game
