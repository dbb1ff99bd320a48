// SPDX-License-Identifier: Apache-2.0
// The reference game by its rules: what the agent says beside the log of the line, and beside what the bots timed themselves.
//
// The line logs each frame with its first bytes, the game's header among them: who echoed what when, and how long it says it held
// it. Medians are compared as e2e/truth.h says.
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "e2e/agent.h"
#include "e2e/truth.h"
#include "harness/frame_view.h"

namespace tickwire::e2e {
namespace {

using harness::FrameView;
using harness::PassedFrame;
using harness::Side;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr const char* kWorldRule = "world: magic=0:16:0x5457 token=64:16 echo=80:16 delay=128:16:32us sequence=64:16";
constexpr const char* kGatewayRule = "gateway: frame=32 magic=0:16:0x5457 token=64:16 echo=80:16 delay=96:16:32us sequence=64:16";
constexpr std::size_t kFrameLengthBytes = 4;

struct Header {
  std::uint16_t player_port;
  std::uint16_t seq, ack;
  nanoseconds ack_delay;
};

// The game's header in the frame; of several messages in a TCP segment, the first.
std::optional<Header> header_of(const PassedFrame& frame) {
  const std::optional<FrameView> read = harness::view(frame.head);
  if (!read) return std::nullopt;
  const bool udp = read->protocol == IPPROTO_UDP;
  const std::size_t start = read->payload_offset + (udp ? 0 : kFrameLengthBytes);
  // A bye is one byte longer than the header, and an echo like any other.
  if (start + (udp ? 20 : 16) > frame.head.size()) return std::nullopt;
  const auto u16 = [&](std::size_t at) {
    return static_cast<std::uint16_t>(frame.head.at(start + at) << 8 | frame.head.at(start + at + 1));
  };
  if (u16(0) != 0x5457) return std::nullopt;
  return Header{.player_port = frame.from == Side::kPlayer ? read->source_port : read->destination_port,
                .seq = u16(8),
                .ack = u16(10),
                .ack_delay = u16(udp ? 16 : 12) * microseconds(32)};
}

// Samples of one player as the node can take them: what left it by its arrival at the line, what came to it by its departure.
struct Samples {
  std::vector<nanoseconds> rtt, network, turnaround;
};

class Echoes {
 public:
  void left(const Header& header, nanoseconds at) {
    sent_.emplace(header.seq, at);
    // Of the messages that this one acknowledges, the first; and no message twice.
    const auto newest = came_.find(header.ack);
    if (newest == came_.end()) return;
    samples_.turnaround.push_back(at - came_.begin()->second);
    came_.erase(came_.begin(), std::next(newest));
  }
  void came(const Header& header, nanoseconds at) {
    came_.emplace(header.seq, at);
    const auto echoed = sent_.find(header.ack);
    if (echoed == sent_.end()) return;
    samples_.rtt.push_back(at - echoed->second);
    samples_.network.push_back(at - echoed->second - header.ack_delay);
    sent_.erase(sent_.begin(), std::next(echoed));
  }
  [[nodiscard]] const Samples& samples() const { return samples_; }

 private:
  std::map<std::uint16_t, nanoseconds> sent_, came_;  // by seq, which does not wrap in these tests
  Samples samples_;
};

Samples samples_of(std::vector<PassedFrame> log, std::uint16_t player_port) {
  const auto moment = [](const PassedFrame& frame) { return frame.from == Side::kNode ? frame.arrived : frame.departed; };
  std::erase_if(log, [](const PassedFrame& frame) { return frame.from == Side::kPlayer && frame.dropped(); });
  std::ranges::sort(log, {}, moment);
  Echoes echoes;
  for (const PassedFrame& frame : log) {
    const std::optional<Header> header = header_of(frame);
    if (!header || header->player_port != player_port) continue;
    if (frame.from == Side::kNode) {
      echoes.left(*header, moment(frame));
    } else {
      echoes.came(*header, moment(frame));
    }
  }
  return echoes.samples();
}

// A game of so many bots, played to its end; then the agent's rows beside what line and bots have.
class Match {
 public:
  Match(harness::LineOptions line, int udp_bots, int tcp_bots) : scene_(std::move(line)) { play(udp_bots, tcp_bots); }

  [[nodiscard]] const std::vector<json>& bots() const { return bots_; }
  [[nodiscard]] const Agent& agent() const { return agent_; }
  [[nodiscard]] std::vector<PassedFrame> log() const { return scene_.line->log(); }
  [[nodiscard]] static std::uint16_t port_of(const json& bot) {
    const auto local = bot["local"].get<std::string>();
    return static_cast<std::uint16_t>(std::stoi(local.substr(local.rfind(':') + 1)));
  }
  [[nodiscard]] Samples samples(const json& bot) const { return samples_of(log(), port_of(bot)); }
  // The agent's row of a bot.
  [[nodiscard]] json row_of(const json& bot) const {
    for (json& row : agent_.connections("proto=" + bot["protocol"].get<std::string>())) {
      if (row["remote"] == bot["local"]) return row;
    }
    return {};
  }

 private:
  void play(int udp_bots, int tcp_bots) {
    ASSERT_TRUE(agent_.ready());
    ASSERT_TRUE(server_.says("udp_port")) << server_.err();
    const harness::Finished bots = harness::run(
        {TICKWIRE_BOTS, "--server", kNodeV4, "--udp-port", std::to_string(kUdpPort), "--tcp-port", std::to_string(kTcpPort),
         "--udp", std::to_string(udp_bots), "--tcp", std::to_string(tcp_bots), "--seconds", "5", "--json"},
        scene_.player.name());
    ASSERT_EQ(bots.exit_code, 0) << bots.err;
    bots_ = json::parse(bots.out)["connections"].get<std::vector<json>>();
    // What the bots said last is still on the line, which a tick of 100 ms outlasts.
    agent_.settle();
  }

  Wire scene_;
  harness::Process server_{{TICKWIRE_GAMESERVER, "--udp-port", std::to_string(kUdpPort), "--tcp-port", std::to_string(kTcpPort)},
                           scene_.node.name()};
  Agent agent_{scene_.node,
               {"--service", "world=udp/" + std::to_string(kUdpPort), "--service", "gateway=tcp/" + std::to_string(kTcpPort),
                "--rule", kWorldRule, "--rule", kGatewayRule}};
  std::vector<json> bots_;
};

nanoseconds mean(const std::vector<nanoseconds>& samples) {
  return std::accumulate(samples.begin(), samples.end(), nanoseconds(0)) / static_cast<std::int64_t>(samples.size());
}

class RuledGame : public ::testing::TestWithParam<int> {
 protected:
  static constexpr int kBots = 3;
  void SetUp() override { ASSERT_EQ(match_.bots().size(), 2U * kBots); }
  milliseconds one_way_{GetParam()};
  Match match_{{.from_node = one_way_, .from_player = one_way_}, kBots, kBots};
};
INSTANTIATE_TEST_SUITE_P(Lines, RuledGame, ::testing::Values(5, 20),
                         [](const auto& chosen) { return std::to_string(chosen.param) + "ms_each_way"; });

TEST_P(RuledGame, HasTheRoundTripsThatTheLineLogged) {
  for (const json& bot : match_.bots()) {
    const std::string who = bot["protocol"].get<std::string>() + " " + bot["local"].get<std::string>();
    const json row = match_.row_of(bot);
    ASSERT_FALSE(row.is_null()) << who;
    const Samples truth = match_.samples(bot);
    ASSERT_GE(truth.rtt.size(), 100U) << who;
    EXPECT_EQ(row["rtt"]["method"], "rule") << who;
    EXPECT_EQ(row["rtt_network"]["method"], "rule_network") << who;
    EXPECT_EQ(row["rule"]["fits"], true) << who;
    expect_close(row["rtt"]["p50_ns"], quantile(truth.rtt, 0.5), kConnectionError, kSlackP50, who + " rtt");
    expect_close(row["rtt_network"]["p50_ns"], quantile(truth.network, 0.5), kConnectionError, kSlackP50, who + " network");
    expect_close(row["rtt"]["min_ns"], std::ranges::min(truth.rtt), 0, kSlackP50, who + " least rtt");
    // Both are of the same samples, so what lies between their means is what the players said they held: no cell's error. The log
    // sees the first message of a segment alone, and a stall may take the agent a few tokens: a tenth of the time between two.
    const nanoseconds held = mean(truth.rtt) - mean(truth.network);
    EXPECT_EQ(row["rtt"]["samples"], row["rtt_network"]["samples"]) << who;
    ASSERT_TRUE(row["rtt_network"]["mean_ns"].is_number()) << who;
    const double between = row["rtt"]["mean_ns"].get<double>() - row["rtt_network"]["mean_ns"].get<double>();
    EXPECT_GT(between, 0) << who;
    EXPECT_NEAR(between, static_cast<double>(held.count()), 3.3e6) << who;
  }
  EXPECT_GT(with_method(match_.agent().service("world")["rtt"], "rule")["samples"], 0);
  // The rule takes the place of what TCP itself offers.
  const json gateway = match_.agent().service("gateway");
  EXPECT_GT(with_method(gateway["rtt"], "rule")["samples"], 0);
  for (const char* method : {"tcp_timestamp", "tcp_sequence"})
    EXPECT_TRUE(with_method(gateway["rtt"], method).is_null()) << method;
  EXPECT_TRUE(with_method(gateway["turnaround"], "next_packet").is_null());
}

// A bot's time from an input to the snapshot that took it in is the line and the server. Besides the errors of both medians, 3 ms
// for two programs that are woken on a shared machine.
TEST_P(RuledGame, TakesTheTimeThatTheBotsMeasured) {
  for (const json& bot : match_.bots()) {
    const std::string who = bot["protocol"].get<std::string>() + " " + bot["local"].get<std::string>();
    const json row = match_.row_of(bot);
    ASSERT_FALSE(row.is_null()) << who;
    EXPECT_EQ(row["turnaround"]["method"], "rule") << who;
    expect_close(row["turnaround"]["p50_ns"], quantile(match_.samples(bot).turnaround, 0.5), kConnectionError, kSlackP50, who);
    ASSERT_TRUE(row["turnaround"]["p50_ns"].is_number() && row["rtt_network"]["p50_ns"].is_number()) << who;
    const double turnaround = row["turnaround"]["p50_ns"];
    const double network = row["rtt_network"]["p50_ns"];
    const double response = bot["response_ns"]["p50"];
    EXPECT_NEAR(turnaround + network, response, kConnectionError * (turnaround + network) + 3e6) << who;
  }
}

TEST_P(RuledGame, LosesNothingOnALineThatLosesNothing) {
  for (const json& bot : match_.bots()) {
    const json rule = match_.row_of(bot)["rule"];
    ASSERT_FALSE(rule.is_null()) << bot["local"];
    EXPECT_EQ(rule["messages_in"], bot["messages_sent"]) << bot["local"];
    EXPECT_EQ(rule["strangers_in"], 0) << bot["local"];
    EXPECT_EQ(rule["strangers_out"], 0) << bot["local"];
    for (const char* direction : {"sequence_in", "sequence_out"}) {
      for (const char* name : {"lost", "reordered", "duplicated", "jumps"}) EXPECT_EQ(rule[direction][name], 0) << name;
    }
  }
}

// Every seventh datagram from the players and every eleventh to them.
harness::LineOptions losing_line() {
  harness::LineOptions line{.from_node = milliseconds(10), .from_player = milliseconds(10)};
  line.lose = [seen = std::array<int, 2>{}](const PassedFrame& frame) mutable {
    const std::optional<FrameView> read = harness::view(frame.head);
    if (!read || read->protocol != IPPROTO_UDP) return false;
    const bool from_player = frame.from == Side::kPlayer;
    return ++seen.at(from_player ? 0 : 1) % (from_player ? 7 : 11) == 0;
  };
  return line;
}

// Messages from a player that came, and those that were lost between the first and the last of them: of others nobody can know.
struct Passage {
  std::uint64_t came = 0, lost = 0;
};
Passage passage_of(const std::vector<PassedFrame>& log, std::uint16_t player_port) {
  std::vector<std::uint16_t> came, lost;
  for (const PassedFrame& frame : log) {
    const std::optional<Header> header = header_of(frame);
    if (!header || header->player_port != player_port || frame.from != Side::kPlayer) continue;
    (frame.dropped() ? lost : came).push_back(header->seq);
  }
  if (came.empty()) return {};
  const auto [first, last] = std::ranges::minmax(came);
  const auto between = std::ranges::count_if(lost, [&](std::uint16_t seq) { return seq > first && seq < last; });
  return {.came = came.size(), .lost = static_cast<std::uint64_t>(between)};
}

TEST(LosingLine, HasItsLossesCountedExactly) {
  const Match match(losing_line(), 4, 0);
  ASSERT_EQ(match.bots().size(), 4U);
  std::uint64_t lost = 0;
  for (const json& bot : match.bots()) {
    const json row = match.row_of(bot);
    ASSERT_FALSE(row.is_null()) << bot["local"];
    const Passage truth = passage_of(match.log(), Match::port_of(bot));
    lost += truth.lost;
    const json& in = row["rule"]["sequence_in"];
    EXPECT_EQ(in["messages"], truth.came) << bot["local"];
    EXPECT_EQ(in["lost"], truth.lost) << bot["local"];
    EXPECT_EQ(in["expected"], truth.came + truth.lost) << bot["local"];
    EXPECT_EQ(in["reordered"], 0) << bot["local"];
    EXPECT_EQ(in["duplicated"], 0) << bot["local"];
    // What is lost behind the node, the node has sent.
    EXPECT_EQ(row["rule"]["sequence_out"]["lost"], 0) << bot["local"];
    EXPECT_GT(bot["messages_missing"], 0) << bot["local"];
    // And no echo of another message is taken for the lost one's.
    const Samples samples = match.samples(bot);
    expect_close(row["rtt_network"]["p50_ns"], quantile(samples.network, 0.5), kConnectionError, kSlackP50, "network");
    expect_close(row["rtt"]["min_ns"], std::ranges::min(samples.rtt), 0, kSlackP50, "least rtt");
  }
  EXPECT_GE(lost, 40U);
  EXPECT_EQ(match.agent().service("world")["rule"]["sequence_in"]["lost"], lost);
}

}  // namespace
}  // namespace tickwire::e2e
