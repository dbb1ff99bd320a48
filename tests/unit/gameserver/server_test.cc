// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/server.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gameserver/bots/burst.h"
#include "gameserver/bots/report.h"
#include "gameserver/bots/runner.h"
#include "loopback.h"
#include "unit/gameserver/protocol/bytes_of.h"

namespace tickwire::game {
namespace {

const ServerOptions kFast{.tick_rate_hz = 100, .max_players = 16};

// What the server wrote last into its statistics.
nlohmann::json last_stats(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::string last;
  while (std::getline(file, line)) last = line;
  return nlohmann::json::parse(last);
}

std::string temporary(const std::string& name) {
  return (std::filesystem::path(testing::TempDir()) / (name + std::to_string(::getpid()))).string();
}

Message hello(std::uint32_t nonce) { return {.header = {.seq = 1}, .body = Hello{.nonce = nonce}}; }

void play_on_loopback(const std::string& bind, const std::string& server_host) {
  const std::string path = temporary("stats");
  ServerOptions options = kFast;
  options.stats_path = path;
  Running<Server> server(options, bind);
  const auto runner = Runner::open({.server = server_host,
                                    .udp_port = server.udp_port(),
                                    .tcp_port = server.tcp_port(),
                                    .udp_count = 4,
                                    .tcp_count = 2,
                                    .rate_hz = 100,
                                    .duration_s = 2});
  ASSERT_TRUE(runner) << runner.error();
  const UniqueFd never(::eventfd(0, EFD_CLOEXEC));
  (*runner)->run(never.fd());
  server.stop();
  const PlayReport played{.bots = (*runner)->bots(),
                          .idle = (*runner)->idle().counts(),
                          .login = (*runner)->login(),
                          .duration = (*runner)->duration()};
  ASSERT_EQ(played.bots.size(), 6U);
  EXPECT_TRUE(all_played(played)) << report_table(played);
  for (const auto& bot : (*runner)->bots()) {
    EXPECT_EQ(bot.carrier->player().failure(), "");
    EXPECT_TRUE(bot.carrier->player().responses().summary());
    EXPECT_EQ(bot.carrier->player().missing(), 0U);
  }
  const auto stats = last_stats(path);
  EXPECT_EQ(stats["joins"], 6);
  EXPECT_EQ(stats["udp"]["confirmed"], 4);
  EXPECT_EQ(stats["tcp"]["accepted"], 2);
  EXPECT_EQ(stats["players"], 0);
  std::filesystem::remove(path);
}

TEST(Server, GivesEveryBotSnapshotsOverIpv4) { play_on_loopback("127.0.0.1", "127.0.0.1"); }
TEST(Server, GivesEveryBotSnapshotsOverIpv6) { play_on_loopback("::1", "::1"); }
TEST(Server, ServesIpv4OnASocketOfBothFamilies) { play_on_loopback("", "127.0.0.1"); }

TEST(Server, AnswersFromTheAddressThatWasAsked) { play_on_loopback("", "127.0.0.9"); }

TEST(Server, WelcomesEachConnectionOfABurst) {
  Running<Server> server(kFast);
  const UniqueFd never(::eventfd(0, EFD_CLOEXEC));
  const auto outcome = run_burst({.tcp_port = server.tcp_port(), .burst_connections = 100}, never.fd());
  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->attempted, 100U);
  EXPECT_EQ(outcome->welcomed, 100U) << outcome->first_failure;
}

TEST(Server, TellsAClientThatItsFrameIsTooLong) {
  const std::string path = temporary("frame");
  ServerOptions options = kFast;
  options.stats_path = path;
  Running<Server> server(options);
  const RawClient client(SOCK_STREAM, server.tcp_port());
  client.send(framed(hello(1)));
  client.send(bytes_of({0, 1, 0, 1}));
  client.send(std::vector<std::byte>(20'000));  // unread bytes must not cost the client the reason
  EXPECT_EQ(farewell(client), Reason::kFrameTooLong);
  server.stop();
  EXPECT_EQ(last_stats(path)["leaves"]["frame_too_long"], 1);
  std::filesystem::remove(path);
}

TEST(Server, EndsOnlyTheClientThatSentABadFrame) {
  Running<Server> server(kFast);
  const RawClient good(SOCK_STREAM, server.tcp_port());
  good.send(framed(hello(1)));
  const RawClient bad(SOCK_STREAM, server.tcp_port());
  bad.send(bytes_of({0, 0, 0, 3, 1, 2, 3}));
  EXPECT_EQ(farewell(bad), Reason::kMalformed);
  EXPECT_FALSE(good.receive().empty());
}

TEST(Server, EndsAClientThatDoesNotSayHelloFirst) {
  Running<Server> server(kFast);
  const RawClient client(SOCK_STREAM, server.tcp_port());
  client.send(framed({.header = {.seq = 1}, .body = Input{}}));
  EXPECT_EQ(farewell(client), Reason::kUnexpected);
}

TEST(Server, TellsAClientThatItIsFull) {
  Running<Server> server({.max_players = 1});
  const RawClient first(SOCK_STREAM, server.tcp_port());
  first.send(framed(hello(1)));
  ASSERT_FALSE(first.receive().empty());
  const RawClient second(SOCK_STREAM, server.tcp_port());
  second.send(framed(hello(2)));
  EXPECT_EQ(farewell(second), Reason::kServerFull);
}

TEST(Server, SaysByeWhenItEnds) {
  Running<Server> server(kFast);
  const RawClient client(SOCK_STREAM, server.tcp_port());
  client.send(framed(hello(1)));
  ASSERT_FALSE(client.receive().empty());
  server.stop();
  EXPECT_EQ(farewell(client), Reason::kShutdown);
}

TEST(Server, SendsAnUnprovenAddressNothingButWelcomes) {
  Running<Server> server(kFast);
  const RawClient client(SOCK_DGRAM, server.udp_port());
  client.send(datagram(hello(1)));
  const auto first = client.receive();
  const auto welcome = parse_datagram(first);
  ASSERT_TRUE(welcome);
  EXPECT_TRUE(std::holds_alternative<Welcome>(welcome->body));
  EXPECT_LT(first.size(), datagram(hello(1)).size());
  // Ten ticks of other traffic: the second hello's answer is then the only thing that came in the meantime.
  const RawClient clock(SOCK_STREAM, server.tcp_port());
  clock.send(framed(hello(2)));
  for (std::size_t received = 0; received < 600;) {
    const auto part = clock.receive();
    ASSERT_FALSE(part.empty());
    received += part.size();
  }
  client.send(datagram(hello(1)));
  const auto second = client.receive();
  const auto again = parse_datagram(second);
  ASSERT_TRUE(again);
  EXPECT_TRUE(std::holds_alternative<Welcome>(again->body));
  EXPECT_EQ(again->header.conn, welcome->header.conn);
  client.send(datagram({.header = {.conn = welcome->header.conn, .seq = 2}, .body = Input{.input_seq = 1}}));
  // Who else came is said before it.
  auto answer = client.receive();
  if (const auto presence = parse_datagram(answer); presence && std::holds_alternative<Presence>(presence->body)) {
    answer = client.receive();
  }
  const auto snapshot = parse_datagram(answer);
  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(std::holds_alternative<Snapshot>(snapshot->body));
}

TEST(Server, CountsBadDatagramsByReasonAndGoesOn) {
  const std::string path = temporary("datagrams");
  ServerOptions options = kFast;
  options.stats_path = path;
  Running<Server> server(options);
  const RawClient client(SOCK_DGRAM, server.udp_port());
  client.send(bytes_of({1, 2, 3}));
  client.send(std::vector<std::byte>(20));
  client.send(std::vector<std::byte>(3000));
  client.send(datagram({.header = {.conn = 99}, .body = Bye{}}));
  client.send(datagram(hello(1)));
  EXPECT_FALSE(client.receive().empty());
  server.stop();
  const auto stats = last_stats(path);
  EXPECT_EQ(stats["udp"]["errors"]["truncated"], 1);
  EXPECT_EQ(stats["udp"]["errors"]["magic"], 1);
  EXPECT_EQ(stats["udp"]["errors"]["length"], 1);
  EXPECT_EQ(stats["udp"]["unknown_senders"], 1);
  std::filesystem::remove(path);
}

TEST(Server, SaysWhichPortIsTaken) {
  Running<Server> server(kFast);
  const auto second = Server::open({.bind = "127.0.0.1", .udp_port = server.udp_port(), .tcp_port = 0});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "bind UDP 127.0.0.1:" + std::to_string(server.udp_port()) + ": Address already in use");
}

}  // namespace
}  // namespace tickwire::game
