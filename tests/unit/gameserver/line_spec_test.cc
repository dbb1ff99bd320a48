// SPDX-License-Identifier: Apache-2.0
#include "gameserver/line/spec.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "gameserver/line/options.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Address16 kPlayer = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 21};

TEST(LineRule, WithADirectionAloneDoesNothing) {
  EXPECT_EQ(parse_rule("both"), LineRule{});
  EXPECT_EQ(parse_rule("up")->match.direction, Direction::kUp);
  EXPECT_EQ(parse_rule("down")->match.direction, Direction::kDown);
}

TEST(LineRule, SaysWhosePacketsItMeans) {
  const auto rule = parse_rule("both player=192.0.2.21:4000 protocol=udp");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->match, (LineMatch{.player = kPlayer, .player_port = 4000, .protocol = IPPROTO_UDP}));
  EXPECT_EQ(parse_rule("both player=192.0.2.21")->match, LineMatch{.player = kPlayer});
  EXPECT_EQ(parse_rule("up protocol=tcp")->match.protocol, IPPROTO_TCP);
}

TEST(LineRule, TakesIpv6WithAndWithoutAPort) {
  const auto plain = parse_rule("both player=2001:db8::1");
  ASSERT_TRUE(plain);
  EXPECT_EQ((*plain->match.player)[0], 0x20);
  EXPECT_EQ((*plain->match.player)[15], 1);
  EXPECT_EQ(plain->match.player_port, std::nullopt);
  const auto port = parse_rule("both player=[2001:db8::1]:7777");
  ASSERT_TRUE(port);
  EXPECT_EQ(port->match.player, plain->match.player);
  EXPECT_EQ(port->match.player_port, 7777);
  EXPECT_EQ(parse_rule("both player=[2001:db8::1]")->match, plain->match);
}

TEST(LineRule, SaysWhatHappensToThem) {
  const auto rule =
      parse_rule("down delay=normal:30ms:5ms loss=gilbert:1%:25%:80%:2% reorder=3%:4ms duplicate=0.5% rate=2mbit queue=10kb");
  ASSERT_TRUE(rule) << rule.error();
  EXPECT_EQ(rule->impairment, (Impairment{.delay = {.mean = milliseconds(30), .deviation = milliseconds(5)},
                                          .loss = {.in_good = 0.02, .in_bad = 0.8, .to_bad = 0.01, .to_good = 0.25},
                                          .reorder = 0.03,
                                          .reorder_by = milliseconds(4),
                                          .duplicate = 0.005,
                                          .rate_bps = 2'000'000,
                                          .queue_bytes = 10 * 1024}));
}

TEST(LineRule, HasDefaultsThatAreDocumented) {
  EXPECT_EQ(parse_rule("up rate=100kbit")->impairment.queue_bytes, 64U * 1024);
  EXPECT_EQ(parse_rule("up loss=5%")->impairment.loss, LossSpec{.in_good = 0.05});
  EXPECT_EQ(parse_rule("up loss=gilbert:1%:25%")->impairment.loss, (LossSpec{.in_bad = 1, .to_bad = 0.01, .to_good = 0.25}));
}

TEST(LineRule, IsRefusedWithTheWordThatIsWrong) {
  const auto error = [](std::string_view text) { return parse_rule(text).error(); };
  EXPECT_EQ(error("delay=3ms"), "'delay=3ms' begins with none of up, down, both");
  EXPECT_EQ(error(""), "'' begins with none of up, down, both");
  EXPECT_EQ(error("up slow"), "slow: no such word");
  EXPECT_EQ(error("up slow=1"), "slow: no such word");
  EXPECT_EQ(error("up delay=1ms delay=2ms"), "delay: stands there twice");
  EXPECT_EQ(error("up delay=5"), "delay: '5' is no duration such as 250us, 120ms or 5s");
  EXPECT_EQ(error("up delay=pareto:1ms:2ms"), "delay: 'pareto:1ms:2ms': say 30ms, normal:30ms:5ms or trace:FILE");
  EXPECT_EQ(error("up delay=trace:/nonexistent/trace"), "delay: cannot read /nonexistent/trace");
  EXPECT_EQ(error("up loss=5"), "loss: '5' is no share such as 0.5%");
  EXPECT_EQ(error("up loss=101%"), "loss: '101%' is no share such as 0.5%");
  EXPECT_EQ(error("up loss=gilbert:1%"), "loss: 'gilbert:1%': say 1% or gilbert:TO_BAD:TO_GOOD[:IN_BAD[:IN_GOOD]]");
  EXPECT_EQ(error("up reorder=1%"), "reorder: '1%': say 1%:5ms");
  EXPECT_EQ(error("up rate=2"), "rate: '2' is nothing such as 2mbit");
  EXPECT_EQ(error("up rate=0mbit"), "rate: '0mbit' is nothing such as 2mbit");
  EXPECT_EQ(error("up queue=64kb"), "queue: needs a rate");
  EXPECT_EQ(error("up protocol=sctp"), "protocol: 'sctp' is neither udp nor tcp");
  EXPECT_EQ(error("up player=192.0.2"),
            "player: '192.0.2' is no address such as 192.0.2.1, 192.0.2.1:4000 or [2001:db8::1]:4000");
  EXPECT_EQ(error("up player=192.0.2.1:99999"), "player: '192.0.2.1:99999' has no port");
  EXPECT_EQ(error("up player=[2001:db8::1]x"), "player: '[2001:db8::1]x' has no port");
}

TEST(Trace, IsReadLineByLine) {
  const auto trace = parse_trace("0s 20ms\n\n2s 80ms\n6s repeat\n");
  ASSERT_TRUE(trace) << trace.error();
  EXPECT_EQ(*trace,
            (DelaySpec{.trace = {{.offset = {}, .delay = milliseconds(20)}, {.offset = seconds(2), .delay = milliseconds(80)}},
                       .trace_period = seconds(6)}));
}

TEST(Trace, IsRefusedWithTheLineThatIsWrong) {
  EXPECT_EQ(parse_trace("").error(), "has no line 'OFFSET DELAY'");
  EXPECT_EQ(parse_trace("1s 20ms").error(), "line 1: offsets begin with 0 and grow");
  EXPECT_EQ(parse_trace("0s 20ms\n0s 30ms").error(), "line 2: offsets begin with 0 and grow");
  EXPECT_EQ(parse_trace("0s repeat").error(), "line 1: 'repeat' is no duration such as 250us, 120ms or 5s");
  EXPECT_EQ(parse_trace("0s 1ms\n1s repeat\n2s 1ms").error(), "line 3: is not 'OFFSET DELAY', or comes after 'repeat'");
  EXPECT_EQ(parse_trace("0s 1ms 2ms").error(), "line 1: is not 'OFFSET DELAY', or comes after 'repeat'");
}

template <std::size_t count>
ParsedLineOptions line_options(const char* const (&arguments)[count]) {
  return parse_line_options(static_cast<int>(count), arguments);
}

TEST(LineOptions, TakeRulesInTheirOrder) {
  const auto parsed =
      line_options({"tickwire-line", "--node-port", "a", "--player-port", "b", "--rule", "up delay=1ms", "--rule", "both"});
  EXPECT_EQ(parsed.exit_code, std::nullopt);
  ASSERT_EQ(parsed.options.rules.size(), 2U);
  EXPECT_EQ(parsed.options.rules[0].impairment.delay.mean, milliseconds(1));
}

TEST(LineOptions, NeedBothPortsAndGoodRules) {
  EXPECT_EQ(line_options({"tickwire-line", "--node-port", "a"}).exit_code, 2);
  EXPECT_EQ(line_options({"tickwire-line", "--node-port", "a", "--player-port", "b", "--rule", "up x=1"}).exit_code, 2);
  EXPECT_EQ(line_options({"tickwire-line", "--offloads-off", "eth0"}).exit_code, std::nullopt);
}

}  // namespace
}  // namespace tickwire::game
