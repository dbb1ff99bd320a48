// SPDX-License-Identifier: Apache-2.0
// The stages against the clocks of those who caused them: the player's at his send, the game's at its read and its write. What may
// differ is said in e2e/truth.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "e2e/agent.h"
#include "e2e/game_loop.h"
#include "e2e/truth.h"
#include "harness/echo_server.h"

namespace tickwire::e2e {
namespace {

using harness::EchoServer;
using harness::Transport;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

void expect_latency(const json& latency, const harness::Durations& truth, double error, const std::string& what) {
  EXPECT_EQ(latency["samples"], truth.least.size()) << what;
  expect_close(latency["p50_ns"], truth, 0.5, error, kSlackP50, what + " p50");
  if (truth.least.size() >= 200) expect_close(latency["p99_ns"], truth, 0.99, error, kSlackP99, what + " p99");
}

// --- one request after the other, each answered before the next ---

struct Delays {
  microseconds read, work;
};
// Enough that a p99 exists (100); where it costs little time, enough that one pause of the machine does not make it.
int rounds_for(const Delays& delays) { return delays.read + delays.work < milliseconds(30) ? 220 : 105; }

class RequestResponse : public ::testing::TestWithParam<std::tuple<Delays, Transport>> {};
std::string name_of(const ::testing::TestParamInfo<std::tuple<Delays, Transport>>& chosen) {
  const auto& [delays, transport] = chosen.param;
  return std::string(transport == Transport::kUdp ? "udp" : "tcp") + "_" + std::to_string(delays.read.count()) + "us_" +
         std::to_string(delays.work.count()) + "us";
}

INSTANTIATE_TEST_SUITE_P(
    Waits, RequestResponse,
    ::testing::Combine(::testing::Values(Delays{microseconds(500), microseconds(500)},
                                         Delays{microseconds(500), milliseconds(12)}, Delays{milliseconds(2), milliseconds(7)},
                                         Delays{milliseconds(12), microseconds(500)}, Delays{milliseconds(7), milliseconds(60)},
                                         Delays{milliseconds(60), milliseconds(2)}),
                       ::testing::Values(Transport::kUdp, Transport::kTcp)),
    name_of);

TEST_P(RequestResponse, TellsReadDelayFromWork) {
  const auto& [delays, transport] = GetParam();
  const int rounds = rounds_for(delays);
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = transport == Transport::kUdp ? kUdpPort : kTcpPort};
  const EchoServer server(scene.node, transport, node, delays.work, delays.read);
  const UniqueFd client = transport == Transport::kUdp ? harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, node)
                                                       : harness::tcp_connect(scene.player, node);
  for (int round = 0; round < rounds; ++round) {
    if (transport == Transport::kUdp) {
      harness::send_datagram(client.fd(), EchoServer::kBytes);
      ASSERT_EQ(harness::take_datagram(client.fd()), EchoServer::kBytes);
    } else {
      harness::send_bytes(client.fd(), EchoServer::kBytes);
      harness::take_bytes(client.fd(), EchoServer::kBytes);
    }
  }
  agent.settle();
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  const json& stages = rows[0]["stages"];
  expect_latency(stages["socket_to_app"], server.reads(), kConnectionError, "socket_to_app");
  expect_latency(stages["app"], server.works(), kConnectionError, "app");
  // They share their stamps with the turnaround.
  EXPECT_EQ(rows[0]["turnaround"]["samples"], rounds);
  EXPECT_NEAR(stages["turnaround_mean_ns"].get<double>(), rows[0]["turnaround"]["mean_ns"].get<double>(), 1'000);
}

// --- a loop that reads and answers at its ticks, players who do not wait for it ---

struct Play {
  int players;
  milliseconds period;  // of the players
  milliseconds tick;
  milliseconds work;
  bool v6;
};

class Pipelined : public ::testing::TestWithParam<Play> {};
INSTANTIATE_TEST_SUITE_P(Games, Pipelined,
                         ::testing::Values(Play{1, milliseconds(16), milliseconds(33), milliseconds(5), false},
                                           Play{1, milliseconds(16), milliseconds(16), milliseconds(2), true},
                                           Play{50, milliseconds(16), milliseconds(33), milliseconds(5), false},
                                           Play{50, milliseconds(33), milliseconds(16), milliseconds(1), true}),
                         [](const auto& chosen) {
                           return std::to_string(chosen.param.players) + "players_" +
                                  std::to_string(chosen.param.period.count()) + "ms_tick_" +
                                  std::to_string(chosen.param.tick.count()) + "ms";
                         });

TEST_P(Pipelined, FollowsEachPlayersOwnRequests) {
  const Play& game = GetParam();
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const int rounds = static_cast<int>(milliseconds(6000) / game.period);
  const Address node{.ip = game.v6 ? kNodeV6 : kNodeV4, .port = kUdpPort};
  GameLoop loop(scene.node, node, game.tick, game.work, static_cast<int>(milliseconds(6500) / game.tick));
  std::vector<Moment> log = play(scene.player, game.v6 ? kPlayerV6 : kPlayerV4, node, game.players, rounds, game.period);
  loop.join();
  agent.settle();
  log.insert(log.end(), loop.log().begin(), loop.log().end());

  harness::Durations waits, works, turnarounds;
  std::map<std::uint16_t, harness::Durations> of_player;
  const auto add = [](harness::Durations& all, const Followed::Range& range) {
    all.least.push_back(range.least);
    all.most.push_back(range.most);
  };
  for (const Followed& request : followed(log)) {
    add(waits, request.socket_to_app);
    add(works, request.app);
    add(turnarounds, request.turnaround);
    add(of_player[request.player], request.socket_to_app);
  }
  const json service = agent.service("world");
  // The first requests of a player, and those at which two moments lie within microseconds, may be told otherwise: 1 of 100.
  const auto about = [](std::size_t count) { return 1.0 + 0.01 * static_cast<double>(count); };
  EXPECT_NEAR(service["stages"]["app"]["samples"].get<double>(), static_cast<double>(works.least.size()),
              about(works.least.size()));
  for (const auto& [name, truth] : {std::pair{"socket_to_app", &waits}, std::pair{"app", &works}}) {
    const json& measured = service["stages"][name];
    expect_close(measured["p50_ns"], *truth, 0.5, kServiceError, kSlackP50, std::string(name) + " p50");
    expect_close(measured["p99_ns"], *truth, 0.99, kServiceError, kSlackP99, std::string(name) + " p99");
  }
  const json turnaround = with_method(service["turnaround"], "next_packet");
  expect_close(turnaround["p50_ns"], turnarounds, 0.5, kServiceError, kSlackP50, "turnaround p50");
  expect_close(turnaround["p99_ns"], turnarounds, 0.99, kServiceError, kSlackP99, "turnaround p99");
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(game.players));
  for (const json& row : rows) {
    const auto remote = row["remote"].get<std::string>();
    const auto port = static_cast<std::uint16_t>(std::stoi(remote.substr(remote.rfind(':') + 1)));
    EXPECT_EQ(row["socket"]["refused"], 0);
    EXPECT_EQ(row["followed"]["resyncs"], 0);
    expect_close(row["stages"]["socket_to_app"]["p50_ns"], of_player.at(port), 0.5, kConnectionError, kSlackP50,
                 "player " + std::to_string(port));
  }
}

}  // namespace
}  // namespace tickwire::e2e
