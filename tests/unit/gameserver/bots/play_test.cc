// SPDX-License-Identifier: Apache-2.0
// Bots that play on a whole server.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gameserver/bots/report.h"
#include "gameserver/bots/runner.h"
#include "gameserver/server/server.h"
#include "unit/gameserver/loopback.h"

namespace tickwire::game {
namespace {

// Plays for 1.5 s on a server of 30 ticks a second.
std::unique_ptr<Runner> play(BotOptions options) {
  Running<Server> server({});
  options.udp_port = server.udp_port();
  options.tcp_port = server.tcp_port();
  options.ws_port = server.http_port();
  if (!options.login_url.empty()) options.login_url += std::to_string(server.http_port());
  options.duration_s = 1.5;
  auto runner = std::move(*Runner::open(options));
  const UniqueFd never(::eventfd(0, EFD_CLOEXEC));
  runner->run(never.fd());
  return runner;
}

void expect_played(const Bot& bot) {
  const Player& player = bot.carrier->player();
  EXPECT_EQ(player.failure(), "");
  EXPECT_TRUE(player.has_played());
  EXPECT_GE(player.intended_responses().summary()->count, 20U);
  EXPECT_EQ(player.missing(), 0U);
  EXPECT_EQ(player.snapshot_counts().unreadable, 0U);
}

TEST(Play, GoesOverEveryProtocol) {
  const auto runner = play({.udp_count = 2, .tcp_count = 2, .ws_count = 2});
  ASSERT_EQ(runner->bots().size(), 6U);
  std::uint64_t joined = 0;
  for (const Bot& bot : runner->bots()) {
    expect_played(bot);
    EXPECT_GT(bot.carrier->player().snapshot_counts().deltas, 0U);
    joined += bot.carrier->player().presence().joined();
  }
  EXPECT_GT(joined, 0U);
}

class LockstepPlay : public testing::TestWithParam<BotProtocol> {};

TEST_P(LockstepPlay, KeepsEverybodyInStep) {
  const auto runner = play({.lockstep_count = 3, .lockstep_over = GetParam()});
  for (const Bot& bot : runner->bots()) {
    expect_played(bot);
    const Player& player = bot.carrier->player();
    ASSERT_NE(player.lockstep(), nullptr);
    EXPECT_GE(player.hashes_sent(), 1U);
    EXPECT_EQ(player.lockstep()->counts().divergences, 0U);
    EXPECT_EQ(player.lockstep()->counts().states, 1U);
  }
}
INSTANTIATE_TEST_SUITE_P(EveryProtocol, LockstepPlay, testing::Values(BotProtocol::kUdp, BotProtocol::kTcp, BotProtocol::kWs));

TEST(Play, LeavesIdleConnectionsOpen) {
  const auto runner = play({.idle_ws_count = 5});
  EXPECT_EQ(runner->idle().counts().upgraded, 5U);
  EXPECT_EQ(runner->idle().counts().lost, 0U);
}

TEST(Play, JoinsWithTicketsFromALogin) {
  const auto runner = play({.udp_count = 2, .ws_count = 2, .login_url = "http://127.0.0.1:", .login_region = "eu"});
  for (const Bot& bot : runner->bots()) expect_played(bot);
  EXPECT_EQ(runner->login()->counts().tickets, 4U);
  EXPECT_EQ(runner->login()->counts().login_times.summary()->count, 4U);
}

TEST(Play, SaysThatThereIsNoLogin) {
  const UniqueFd never(::eventfd(0, EFD_CLOEXEC));
  // A port that nobody listens on.
  const UniqueFd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = *Endpoint::resolve("127.0.0.1", 0);
  ASSERT_EQ(::bind(taken.fd(), address.address(), address.length), 0);
  const auto runner = std::move(
      *Runner::open({.udp_count = 1, .duration_s = 10, .login_url = "http://" + Endpoint::local_of(taken.fd()).text()}));
  runner->run(never.fd());
  EXPECT_EQ(runner->bots()[0].carrier->player().failure(), "register: Couldn't connect to server");
  EXPECT_EQ(runner->login()->counts().failed, 1U);
}

TEST(Play, BeginsOneAfterAnotherWithARamp) {
  const auto runner = play({.udp_count = 5, .ramp_hz = 10});
  for (const Bot& bot : runner->bots()) expect_played(bot);
  EXPECT_GE(runner->duration(), std::chrono::seconds(2));
}

TEST(Play, IsReportedAsJsonAndAsATable) {
  const auto runner = play({.udp_count = 1, .idle_ws_count = 1, .lockstep_count = 1});
  const PlayReport played{
      .bots = runner->bots(), .idle = runner->idle().counts(), .login = runner->login(), .duration = runner->duration()};
  EXPECT_TRUE(all_played(played));
  const auto document = nlohmann::json::parse(report_json(played));
  EXPECT_EQ(document["failed"], 0);
  EXPECT_TRUE(document["response_ns"]["udp"]["p9999"].is_number());
  EXPECT_EQ(document["response_ns"]["ws"], nullptr);
  EXPECT_EQ(document["login"], nullptr);
  EXPECT_EQ(document["idle_ws"]["upgraded"], 1);
  EXPECT_EQ(document["connections"][0]["lockstep"], nullptr);
  EXPECT_EQ(document["connections"][1]["lockstep"]["divergences"], 0);
  const auto table = report_table(played);
  EXPECT_NE(table.find("2 of 2 players played"), std::string::npos);
  EXPECT_NE(table.find("lockstep: 1 players, "), std::string::npos);
  EXPECT_NE(table.find("1 idle WebSockets: 1 upgraded, 0 lost"), std::string::npos);
}

}  // namespace
}  // namespace tickwire::game
