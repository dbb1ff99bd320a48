// SPDX-License-Identifier: Apache-2.0
// The tick that the agent infers from packets alone, beside the times at which the loop itself says that its ticks began.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <thread>

#include "base/clock.h"
#include "e2e/agent.h"
#include "e2e/truth.h"
#include "harness/echo_server.h"
#include "tickwire/burst.h"

namespace tickwire::e2e {
namespace {

using std::chrono::nanoseconds;

void wait_until(nanoseconds deadline) {
  const timespec at{.tv_sec = deadline.count() / 1'000'000'000, .tv_nsec = deadline.count() % 1'000'000'000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) != 0) {
  }
}

// A room: a loop that sends to each of its players, by absolute deadlines. After a stall it catches one tick up.
struct Room {
  double rate_hz = 30;
  int players = 8;
  std::uint16_t first_port = 4001;
  int ticks = 100;
  std::vector<int> stalls{};  // ticks that take three periods before they send
  nanoseconds phase{};

  [[nodiscard]] nanoseconds period() const { return nanoseconds(std::llround(1e9 / rate_hz)); }
  // When each tick began to send.
  [[nodiscard]] std::vector<nanoseconds> play(int borrowed_fd) const {
    std::vector<nanoseconds> starts;
    nanoseconds deadline = monotonic_now() + phase;
    bool caught_up = true;
    for (int tick = 0; tick < ticks; ++tick) {
      wait_until(deadline);
      if (std::ranges::find(stalls, tick) != stalls.end()) wait_until(deadline + 3 * period());
      starts.push_back(monotonic_now());
      for (int player = 0; player < players; ++player) {
        const auto port = static_cast<std::uint16_t>(first_port + player);
        harness::send_datagram_to(borrowed_fd, {.ip = kPlayerV4, .port = port}, 100);
      }
      deadline += period();
      if (deadline > monotonic_now()) {
        caught_up = true;
      } else if (!std::exchange(caught_up, false)) {
        while (deadline <= monotonic_now()) deadline += period();
      }
    }
    return starts;
  }
};

// The players' sockets, which nobody reads.
std::vector<UniqueFd> sockets_of(const Pair& scene, const Room& room) {
  std::vector<UniqueFd> sockets;
  for (int player = 0; player < room.players; ++player) {
    const auto port = static_cast<std::uint16_t>(room.first_port + player);
    sockets.push_back(harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = port}));
  }
  return sockets;
}

std::vector<nanoseconds> intervals_of(const std::vector<nanoseconds>& starts) {
  std::vector<nanoseconds> intervals;
  for (std::size_t i = 1; i < starts.size(); ++i) intervals.push_back(starts[i] - starts[i - 1]);
  return intervals;
}

class LoopTick : public ::testing::TestWithParam<Room> {};
INSTANTIATE_TEST_SUITE_P(Loops, LoopTick,
                         ::testing::Values(Room{.rate_hz = 20, .players = 3, .ticks = 120, .stalls = {45, 80, 110}},
                                           Room{.rate_hz = 60, .players = 8, .ticks = 360, .stalls = {100, 200, 202, 300}},
                                           Room{.rate_hz = 128, .players = 50, .ticks = 700, .stalls = {200, 400, 600}}),
                         [](const auto& chosen) { return std::to_string(std::lround(chosen.param.rate_hz)) + "Hz"; });

TEST_P(LoopTick, IsWhatTheLoopDid) {
  const Room& room = GetParam();
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const std::vector<UniqueFd> players = sockets_of(scene, room);
  const UniqueFd server = harness::udp_socket(scene.node, {.ip = kNodeV4, .port = kUdpPort});
  const std::vector<nanoseconds> intervals = intervals_of(room.play(server.fd()));
  agent.settle();

  const json tick = agent.service("world")["tick"];
  ASSERT_TRUE(tick["period_ns"].is_number()) << tick;
  const auto period_ns = static_cast<double>(room.period().count());
  EXPECT_NEAR(tick["period_ns"].get<double>(), period_ns, 0.01 * period_ns);
  EXPECT_EQ(tick["players"], room.players);
  // What this machine did to the loop is in both. A stall is what is longer than 1.75 periods; the two clocks are read some
  // microseconds apart.
  const auto longer_than = [&](double periods) {
    return std::ranges::count_if(intervals,
                                 [&](nanoseconds each) { return static_cast<double>(each.count()) > periods * period_ns; });
  };
  EXPECT_GE(longer_than(1.8), static_cast<long>(room.stalls.size()));
  EXPECT_GE(tick["stalls"].get<long>(), longer_than(1.8));
  EXPECT_LE(tick["stalls"].get<long>(), longer_than(1.7));
  const auto longest = static_cast<double>(std::ranges::max(intervals).count());
  EXPECT_NEAR(tick["longest_stall_ns"].get<double>(), longest, static_cast<double>(nanoseconds(kSlackP99).count()));
  expect_close(tick["interval_p50_ns"], quantile(intervals, 0.5), 0.01, kSlackP50, "interval p50");
}

TEST(LoopTick, IsNotToldOfTwoRoomsOnOnePort) {
  const Room first{.rate_hz = 20, .players = 4, .ticks = 100};
  const Room second{.rate_hz = 20, .players = 4, .first_port = 5001, .ticks = 100, .phase = milliseconds(20)};
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const std::vector<UniqueFd> first_players = sockets_of(scene, first);
  const std::vector<UniqueFd> second_players = sockets_of(scene, second);
  const UniqueFd server = harness::udp_socket(scene.node, {.ip = kNodeV4, .port = kUdpPort});
  std::thread beside([&] { (void)second.play(server.fd()); });
  (void)first.play(server.fd());
  beside.join();
  agent.settle();
  const json tick = agent.service("world")["tick"];
  EXPECT_EQ(tick["confidence"], "none") << tick;
  EXPECT_TRUE(tick["period_ns"].is_null());
  EXPECT_TRUE(tick["reason"].is_string());
  EXPECT_EQ(tick["stalls"], 0);
}

TEST(LoopTick, IsNotToldOfAServerThatAnswersAtOnce) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const harness::EchoServer echo(scene.node, harness::Transport::kUdp, {.ip = kNodeV4, .port = kUdpPort}, nanoseconds{0});
  const UniqueFd player = harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, {.ip = kNodeV4, .port = kUdpPort});
  nanoseconds next = monotonic_now();
  for (int request = 0; request < 60; ++request, next += milliseconds(30)) {
    wait_until(next);
    harness::send_datagram(player.fd(), harness::EchoServer::kBytes);
    ASSERT_EQ(harness::take_datagram(player.fd()), harness::EchoServer::kBytes);
  }
  agent.settle();
  const json tick = agent.service("world")["tick"];
  EXPECT_EQ(tick["confidence"], "none") << tick;
  // What it answers late, this machine has put off: by its own log it answers at once.
  const std::vector<nanoseconds> took = echo.turnarounds().most;
  const auto at_once = std::ranges::count_if(took, [](nanoseconds each) { return each < nanoseconds(TW_BURST_PROMPT_NS); });
  if (at_once * 10 < std::ssize(took) * 9) GTEST_SKIP() << "the machine is too busy: " << at_once << " answers at once";
  EXPECT_NE(tick["reason"].get<std::string>().find("answer a request within"), std::string::npos) << tick;
}

TEST(LoopTick, IsNotInferredWhereThatIsTurnedOff) {
  const Room room{.ticks = 60};
  const Pair scene;
  Agent agent(scene.node, {"--no-ticks", "--service", "world=udp/17777"});
  ASSERT_TRUE(agent.ready());
  const std::vector<UniqueFd> players = sockets_of(scene, room);
  const UniqueFd server = harness::udp_socket(scene.node, {.ip = kNodeV4, .port = kUdpPort});
  (void)room.play(server.fd());
  agent.settle();
  const json world = agent.service("world");
  EXPECT_EQ(world["packets_out"], 60 * room.players);
  EXPECT_TRUE(world["tick"].is_null());
}

// The reference game, by UDP and by TCP: thirty ticks a second, and what it counted itself as late.
TEST(LoopTick, OfTheReferenceGameIsThirtyHertz) {
  const Pair scene;
  const harness::TemporaryFolder folder;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  harness::Process server(
      {TICKWIRE_GAMESERVER, "--udp-port", std::to_string(kUdpPort), "--tcp-port", std::to_string(kTcpPort), "--stats", "-"},
      scene.node.name());
  ASSERT_TRUE(server.says("udp_port")) << server.err();
  harness::Process bots({TICKWIRE_BOTS, "--server", kNodeV4, "--udp-port", std::to_string(kUdpPort), "--tcp-port",
                         std::to_string(kTcpPort), "--udp", "8", "--tcp", "4", "--seconds", "10"},
                        scene.player.name());
  for (const std::string service : {"world", "lobby"}) {
    EXPECT_TRUE(harness::eventually([&] { return agent.service(service)["tick"]["period_ns"].is_number(); }))
        << service << ": " << agent.service(service)["tick"];
  }
  // While it plays: a tick that nothing was sent by for ten seconds is none.
  ASSERT_TRUE(bots.running());
  const json world = agent.service("world")["tick"];
  const json lobby = agent.service("lobby")["tick"];
  EXPECT_NEAR(world["period_ns"].get<double>(), 1e9 / 30, 0.01 * 1e9 / 30) << world;
  EXPECT_NEAR(lobby["period_ns"].get<double>(), 1e9 / 30, 0.01 * 1e9 / 30) << lobby;
  EXPECT_EQ(world["players"], 8);
  EXPECT_EQ(lobby["players"], 4);
  ASSERT_EQ(bots.wait(), 0) << bots.err();
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait(), 0);
  agent.settle();
  const std::string stats = server.out();
  const json totals = json::parse(stats.substr(stats.rfind(R"({"kind")")));
  EXPECT_LE(agent.service("world")["tick"]["stalls"], totals["late_ticks"]) << totals;
}

}  // namespace
}  // namespace tickwire::e2e
