// SPDX-License-Identifier: Apache-2.0
// The reference game, played by its bots over a line: what the agent says beside what server and bots counted and timed themselves.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "e2e/agent.h"

namespace tickwire::e2e {
namespace {

// The last line of the server's statistics: its totals.
json totals(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::string last;
  while (std::getline(file, line)) {
    if (json::accept(line)) last = line;  // the newest one may be half written
  }
  return last.empty() ? json() : json::parse(last);
}

class Game : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(agent_.ready());
    ASSERT_TRUE(server_.says("udp_port")) << server_.err();
    const harness::Finished bots =
        harness::run({TICKWIRE_BOTS, "--server", kNodeV4, "--udp-port", std::to_string(kUdpPort), "--tcp-port",
                      std::to_string(kTcpPort), "--udp", "3", "--tcp", "3", "--seconds", "6", "--json"},
                     scene_.player.name());
    ASSERT_EQ(bots.exit_code, 0) << bots.err;
    bots_ = json::parse(bots.out)["connections"].get<std::vector<json>>();
    ASSERT_EQ(bots_.size(), 6U);
    // What the bots said last is still on the line; the server is to count it too.
    ASSERT_TRUE(harness::eventually([&] { return server_heard_all(); }));
    server_.signal(SIGTERM);
    ASSERT_EQ(server_.wait(), 0);
    agent_.settle();
  }
  // Whether everything that the bots sent is in the server's statistics, of which it writes a line a second.
  [[nodiscard]] bool server_heard_all() const {
    std::uint64_t udp = 0;
    std::uint64_t tcp = 0;
    for (const json& bot : bots_) (bot["protocol"] == "udp" ? udp : tcp) += bot["payload_bytes_sent"].get<std::uint64_t>();
    const json stats = totals(folder_.path("stats"));
    return !stats.is_null() && stats["udp"]["bytes_received"] == udp && stats["tcp"]["bytes_received"] == tcp;
  }
  // The agent's row of a bot.
  [[nodiscard]] json row_of(const json& bot) const {
    for (json& row : agent_.connections(std::string("proto=") + bot["protocol"].get<std::string>())) {
      if (row["remote"] == bot["local"]) return row;
    }
    return {};
  }

  Wire scene_{{.from_node = milliseconds(10), .from_player = milliseconds(10)}};
  harness::TemporaryFolder folder_;
  harness::Process server_{{TICKWIRE_GAMESERVER, "--udp-port", std::to_string(kUdpPort), "--tcp-port", std::to_string(kTcpPort),
                            "--stats", folder_.path("stats")},
                           scene_.node.name()};
  Agent agent_{scene_.node};
  std::vector<json> bots_;
};

TEST_F(Game, IsCountedAsServerAndBotsCounted) {
  const json stats = totals(folder_.path("stats"));
  const Traffic udp = traffic_of(agent_.service("world"));
  EXPECT_EQ(udp, (Traffic{stats["udp"]["datagrams_received"], stats["udp"]["bytes_received"], stats["udp"]["datagrams_sent"],
                          stats["udp"]["bytes_sent"]}));
  const Traffic tcp = traffic_of(agent_.service("lobby"));
  EXPECT_EQ(tcp.bytes_in, stats["tcp"]["bytes_received"]);
  EXPECT_EQ(tcp.bytes_out, stats["tcp"]["bytes_sent"]);
  for (const json& bot : bots_) {
    const json row = row_of(bot);
    ASSERT_FALSE(row.is_null()) << bot["local"];
    EXPECT_EQ(row["payload_bytes_in"], bot["payload_bytes_sent"]) << bot["local"];
    if (bot["protocol"] == "udp") {
      EXPECT_EQ(row["packets_in"], bot["messages_sent"]) << bot["local"];
    }
  }
}

// A bot's time from an input to the snapshot that took it in is the line and the server: 20 ms, and the agent's turnaround. Cell
// error of the agent's median, and 3 ms for two programs that are woken on a shared machine.
TEST_F(Game, TakesTheTimeThatTheBotsMeasured) {
  for (const json& bot : bots_) {
    const json row = row_of(bot);
    ASSERT_FALSE(row.is_null()) << bot["local"];
    ASSERT_TRUE(row["turnaround"]["p50_ns"].is_number()) << bot["local"];
    const double turnaround = row["turnaround"]["p50_ns"];
    const double response = bot["response_ns"]["p50"];
    EXPECT_NEAR(turnaround + 20e6, response, 0.125 * turnaround + 3e6) << bot["protocol"] << " " << bot["local"];
    if (bot["protocol"] == "tcp") {
      // A bot has little to say, so its acknowledgements may have been delayed.
      ASSERT_TRUE(row["rtt_maybe_delayed"]["p50_ns"].is_number()) << bot["local"];
      EXPECT_EQ(row["rtt_maybe_delayed"]["method"], "tcp_timestamp");
    }
  }
}

}  // namespace
}  // namespace tickwire::e2e
