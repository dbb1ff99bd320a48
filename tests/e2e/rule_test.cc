// SPDX-License-Identifier: Apache-2.0
// A rule for a protocol that only this file speaks: what was scripted is what the agent must have counted. And rules that are none.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <span>
#include <thread>

#include "base/clock.h"
#include "e2e/agent.h"
#include "e2e/truth.h"
#include "harness/echo_server.h"

namespace tickwire::e2e {
namespace {

using harness::EchoServer;
using harness::Transport;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

// Little-endian, each direction with places and widths of its own, and no field at the start of a byte.
constexpr const char* kRule =
    "world: magic=3:13:0xa5c:le token-in=17:21:le token-out=19:14:le echo-in=41:14:le echo-out=43:21:le "
    "sequence-in=65:9:le sequence-out=66:11:le delay=77:17:100us:le";
constexpr std::uint32_t kMagic = 0xa5c;
constexpr nanoseconds kDelayUnit = microseconds(100);
constexpr std::size_t kMessageBytes = 12;

struct Field {
  unsigned offset_bits, width_bits;
};
struct Layout {
  Field magic, token, echo, sequence, delay;
};
constexpr Layout kIn{{3, 13}, {17, 21}, {41, 14}, {65, 9}, {77, 17}};
constexpr Layout kOut{{3, 13}, {19, 14}, {43, 21}, {66, 11}, {77, 17}};

using Message = std::array<std::uint8_t, kMessageBytes>;

// Bit by bit: the agent reads by words.
void put(Message& message, Field field, std::uint32_t value) {
  for (unsigned i = 0; i < field.width_bits; ++i) {
    const unsigned bit = field.offset_bits + i;
    if ((value >> i & 1) != 0) message.at(bit / 8) |= static_cast<std::uint8_t>(1U << bit % 8);
  }
}

struct Content {
  std::uint32_t token = 0, echo = 0, sequence = 0;
  nanoseconds held{};
};

Message write(const Layout& layout, const Content& content) {
  Message message{};
  put(message, layout.magic, kMagic);
  put(message, layout.token, content.token);
  put(message, layout.echo, content.echo);
  put(message, layout.sequence, content.sequence);
  put(message, layout.delay, static_cast<std::uint32_t>(content.held / kDelayUnit));
  return message;
}

// Numbers of a direction, and what they come to. Both begin so high that they wrap, as do the tokens.
struct Script {
  std::vector<std::uint32_t> sequences;
  std::uint32_t lost, reordered, duplicated, jumps;
};

std::vector<std::uint32_t> with_rest(std::uint32_t base, std::vector<std::uint32_t> steps, std::size_t size) {
  while (steps.size() < size) steps.push_back(steps.back() + 1);
  for (std::uint32_t& step : steps) step += base;
  return steps;
}

constexpr std::size_t kMessages = 60;

// 10 to 12 never come, 14 after 15, 16 twice, 20 after 24, 24 twice; then a new start 200 further on, where 225 never comes.
Script script_in() {
  return {with_rest(500, {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  13,      15,  14,  16, 16,
                          17, 18, 19, 21, 22, 23, 24, 20, 24, 25, 225 - 1, 226, 227, 228},
                    kMessages),
          4, 2, 2, 1};
}

// 2 comes three times, 5 never, 40 steps at once but for the last of them, and the first of those late.
Script script_out() { return {with_rest(2040, {0, 1, 2, 2, 2, 3, 4, 6, 7, 47, 8, 48}, kMessages), 1 + 38, 1, 2, 0}; }

json counts(const Script& script) {
  const std::uint64_t expected = script.sequences.size() - script.duplicated + script.lost;
  return {{"messages", script.sequences.size()},
          {"expected", expected},
          {"lost", script.lost},
          {"reordered", script.reordered},
          {"duplicated", script.duplicated},
          {"jumps", script.jumps},
          {"loss_ratio", static_cast<double>(script.lost) / static_cast<double>(expected)}};
}

// A player and a server that answer each other in turn, so that nothing is lost or overtaken but by the script.
class Talk {
 public:
  Talk(const Namespace& node, const Namespace& player)
      : server_(harness::udp_socket(node, {.ip = kNodeV4, .port = kUdpPort}, kPlayer)),
        player_(harness::udp_socket(player, kPlayer, {.ip = kNodeV4, .port = kUdpPort})) {}

  // `held`: how long the player waits before it answers; what it then says is what it waited, by its own clock.
  void run(std::span<const std::uint32_t> in, std::span<const std::uint32_t> out, nanoseconds held = nanoseconds(0)) {
    ASSERT_EQ(in.size(), out.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      const nanoseconds taken = monotonic_now();
      std::this_thread::sleep_until(std::chrono::steady_clock::time_point(taken + held));
      const nanoseconds waited = monotonic_now() - taken;
      harness::send_datagram(player_.fd(),
                             write(kIn, {.token = token_in_, .echo = token_out_, .sequence = in[i], .held = waited}));
      if (sent_) rtt_.push_back(monotonic_now() - *sent_);
      ASSERT_EQ(harness::take_datagram(server_.fd()), kMessageBytes);
      ++token_out_;
      sent_ = monotonic_now();
      harness::send_datagram(server_.fd(), write(kOut, {.token = token_out_, .echo = token_in_, .sequence = out[i]}));
      ASSERT_EQ(harness::take_datagram(player_.fd()), kMessageBytes);
      ++token_in_;
    }
  }
  // From each send of the server to the player's answer; the first message of the player answers none.
  [[nodiscard]] const std::vector<nanoseconds>& rtt() const { return rtt_; }

 private:
  inline static const Address kPlayer{.ip = kPlayerV4, .port = 4001};
  UniqueFd server_, player_;
  std::uint32_t token_in_ = (1U << 21) - 20;
  std::uint32_t token_out_ = (1U << 14) - 20;
  std::optional<nanoseconds> sent_;
  std::vector<nanoseconds> rtt_;
};

std::vector<std::uint32_t> in_order(std::size_t messages) { return with_rest(1, {0}, messages); }

class Rule : public ::testing::Test {
 protected:
  Pair scene_;
};

TEST_F(Rule, CountsTheSequencesOfBothDirectionsExactly) {
  Agent agent(scene_.node, {"--rule", kRule});
  ASSERT_TRUE(agent.ready());
  const Script in = script_in();
  const Script out = script_out();
  Talk(scene_.node, scene_.player).run(in.sequences, out.sequences);
  agent.settle();

  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  for (const json& rule : {rows[0]["rule"], agent.service("world")["rule"]}) {
    EXPECT_EQ(rule["sequence_in"], counts(in));
    EXPECT_EQ(rule["sequence_out"], counts(out));
    EXPECT_EQ(rule["fits"], true);
    for (const char* name : {"messages_in", "messages_out", "tokens_in", "tokens_out", "echoes_out"})
      EXPECT_EQ(rule[name], kMessages) << name;
    EXPECT_EQ(rule["echoes_in"], kMessages - 1);
    EXPECT_EQ(rule["strangers_in"], 0);
    EXPECT_EQ(rule["strangers_out"], 0);
  }
}

// The whole of what the player said that it waited is taken off: what is left is two ends of a cable and the unit of the field.
TEST_F(Rule, TakesOffTheDelayThatThePlayerReports) {
  Agent agent(scene_.node, {"--rule", kRule});
  ASSERT_TRUE(agent.ready());
  Talk talk(scene_.node, scene_.player);
  talk.run(in_order(kMessages), in_order(kMessages), milliseconds(8));
  agent.settle();

  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["rtt"]["method"], "rule");
  EXPECT_EQ(rows[0]["rtt"]["samples"], kMessages - 1);
  EXPECT_EQ(rows[0]["rtt_network"]["method"], "rule_network");
  EXPECT_EQ(rows[0]["rtt_network"]["samples"], kMessages - 1);
  EXPECT_EQ(rows[0]["turnaround"]["method"], "rule");
  EXPECT_EQ(rows[0]["turnaround"]["samples"], kMessages);
  expect_close(rows[0]["rtt"]["p50_ns"], quantile(talk.rtt(), 0.5), kConnectionError, kSlackP50, "rtt");
  ASSERT_TRUE(rows[0]["rtt_network"]["p50_ns"].is_number());
  EXPECT_LT(rows[0]["rtt_network"]["p50_ns"], (kDelayUnit + kSlackP50).count());
}

TEST_F(Rule, LeavesTheServicesBesideItAlone) {
  Agent agent(scene_.node,
              {"--service", "world=udp/" + std::to_string(kUdpPort), "--service", "plain=udp/" + std::to_string(kUdpPort + 1),
               "--service", "lobby=tcp/" + std::to_string(kTcpPort), "--rule", kRule});
  ASSERT_TRUE(agent.ready());
  const EchoServer plain(scene_.node, Transport::kUdp, {.ip = kNodeV4, .port = kUdpPort + 1}, milliseconds(2));
  const EchoServer lobby(scene_.node, Transport::kTcp, {.ip = kNodeV4, .port = kTcpPort}, milliseconds(2));
  const UniqueFd udp = harness::udp_socket(scene_.player, {.ip = kPlayerV4, .port = 4002}, {.ip = kNodeV4, .port = kUdpPort + 1});
  const UniqueFd tcp = harness::tcp_connect(scene_.player, {.ip = kNodeV4, .port = kTcpPort});
  Talk(scene_.node, scene_.player).run(in_order(kMessages), in_order(kMessages));
  for (std::size_t i = 0; i < kMessages; ++i) {
    harness::send_datagram(udp.fd(), EchoServer::kBytes);
    ASSERT_EQ(harness::take_datagram(udp.fd()), EchoServer::kBytes);
    harness::acknowledge_at_once(tcp.fd());
    harness::send_bytes(tcp.fd(), EchoServer::kBytes);
    harness::take_bytes(tcp.fd(), EchoServer::kBytes);
  }
  agent.settle();

  EXPECT_EQ(with_method(agent.service("world")["turnaround"], "rule")["samples"], kMessages);
  for (const auto& [name, server] : {std::pair{"plain", &plain}, std::pair{"lobby", &lobby}}) {
    const json service = agent.service(name);
    EXPECT_TRUE(service["rule"].is_null()) << name;
    EXPECT_TRUE(with_method(service["rtt"], "rule").is_null()) << name;
    EXPECT_TRUE(with_method(service["turnaround"], "rule").is_null()) << name;
    const json turnaround = with_method(service["turnaround"], "next_packet");
    EXPECT_EQ(turnaround["samples"], kMessages) << name;
    expect_close(turnaround["p50_ns"], server->turnarounds(), 0.5, kServiceError, kSlackP50, name);
  }
  // How many of the player's acknowledgements go alone, TCP decides; of so small segments each may have been delayed.
  std::uint64_t lobby_samples = 0;
  for (const char* quantity : {"rtt", "rtt_maybe_delayed"}) {
    const json found = with_method(agent.service("lobby")[quantity], "tcp_timestamp");
    if (!found.is_null()) lobby_samples += found["samples"].get<std::uint64_t>();
  }
  EXPECT_GE(lobby_samples, kMessages / 2);
  for (const json& row : agent.connections()) {
    const bool ruled = row["service"] == "world";
    EXPECT_EQ(row["rule"].is_null(), !ruled) << row["service"];
    EXPECT_EQ(row["rtt_network"]["samples"], ruled ? kMessages - 1 : 0) << row["service"];
  }
}

struct Misfit {
  const char* name;
  const char* from;  // a word of the right rule
  const char* to;    // the wrong one instead
};
void PrintTo(const Misfit& misfit, std::ostream* out) { *out << misfit.name; }

class RuleThatDoesNotFit : public ::testing::TestWithParam<Misfit> {
 protected:
  // The right rule with one word wrong.
  static std::string rule() {
    std::string text = kRule;
    text.replace(text.find(GetParam().from), std::string_view(GetParam().from).size(), GetParam().to);
    return text;
  }
  Pair scene_;
};
INSTANTIATE_TEST_SUITE_P(Words, RuleThatDoesNotFit,
                         ::testing::Values(Misfit{"magic", "magic=3:13:0xa5c", "magic=3:13:0xa5d"},
                                           Misfit{"echo_in", "echo-in=41:14", "echo-in=57:14"},
                                           Misfit{"token_in", "token-in=17:21", "token-in=75:21"},
                                           Misfit{"byte_order", "token-out=19:14:le", "token-out=19:14"}),
                         [](const auto& chosen) { return chosen.param.name; });

TEST_P(RuleThatDoesNotFit, IsToldAndShowsNoLatency) {
  Agent agent(scene_.node, {"--rule", rule()});
  ASSERT_TRUE(agent.ready());
  Talk(scene_.node, scene_.player).run(in_order(kMessages), in_order(kMessages));
  agent.settle();

  const json services = json::parse(agent.cli({"services", "-o", "json"}).out)["services"];
  const json connections = json::parse(agent.cli({"connections", "-o", "json"}).out)["connections"];
  ASSERT_EQ(connections.size(), 1U);
  EXPECT_EQ(connections[0]["rule"]["fits"], false);
  for (const char* quantity : {"rtt", "rtt_network", "turnaround"}) {
    for (const char* quantile : {"p50_ns", "p99_ns", "max_ns", "mean_ns"})
      EXPECT_TRUE(connections[0][quantity][quantile].is_null()) << quantity << " " << quantile;
  }
  EXPECT_TRUE(connections[0]["rtt"]["min_ns"].is_null());
  for (const json& service : services) {
    if (service["service"] != "world") continue;
    EXPECT_EQ(service["rule"]["fits"], false);
    for (const char* quantity : {"rtt", "turnaround"}) {
      for (const json& latency : service[quantity])
        EXPECT_TRUE(latency["p50_ns"].is_null()) << quantity << " " << latency["method"];
    }
  }
  const harness::Finished shown = agent.cli({"services"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("does not fit"), std::string::npos) << shown.out;
  EXPECT_TRUE(agent.process().says("does not fit"));
}

// Fewer than 20 messages of a direction do not prove it.
TEST_P(RuleThatDoesNotFit, IsNotToldOfAFewMessages) {
  Agent agent(scene_.node, {"--rule", rule()});
  ASSERT_TRUE(agent.ready());
  Talk(scene_.node, scene_.player).run(in_order(19), in_order(19));
  agent.settle();
  EXPECT_EQ(agent.service("world")["rule"]["fits"], true);
  EXPECT_TRUE(agent.service("world")["rule"]["match_ratio_in"].is_null());
}

struct BadRule {
  const char* name;
  std::vector<std::string> rules;
  Words named;           // what the message must name
  bool services = true;  // "world" (UDP) and "lobby" (TCP) are declared
};
void PrintTo(const BadRule& bad, std::ostream* out) { *out << bad.name; }

const std::vector<BadRule>& bad_rules() {
  static const std::vector<BadRule> rules{
      {"no_service", {"token=64:16 echo=80:16"}, {"token=64:16 echo=80:16"}},
      {"no_colon", {"world token=64:16 echo=80:16"}, {"world token=64:16"}},
      {"unknown_service", {"word: token=64:16 echo=80:16"}, {"'word'", "world", "lobby"}},
      {"services_not_named", {"world: token=64:16 echo=80:16"}, {"world", "--service"}, false},
      {"twice_for_a_service", {"world: token=64:16 echo=80:16", "world: token=0:16 echo=16:16"}, {"world", "twice"}},
      {"unknown_word", {"world: tokn=64:16 echo=80:16"}, {"tokn=64:16"}},
      {"word_twice", {"world: token=64:16 echo=80:16 token=0:16"}, {"token=0:16", "twice"}},
      {"without_token", {"world: echo=80:16"}, {"world", "token"}},
      {"without_echo", {"world: token=64:16 echo-in=80:16"}, {"world", "echo-out="}},
      {"echo_of_another_width", {"world: token=64:16 echo=80:15"}, {"15", "16"}},
      {"offset_no_number", {"world: token=x:16 echo=80:16"}, {"token=x:16"}},
      {"width_0", {"world: token=64:0 echo=80:16"}, {"token=64:0"}},
      {"width_33", {"world: token=64:33 echo=80:33"}, {"token=64:33", "32"}},
      {"field_beyond_the_end", {"world: token=2040:16 echo=80:16"}, {"token=2040:16", "2048"}},
      {"field_with_more_parts", {"world: token=64:16:be echo=80:16"}, {"token=64:16:be", "le"}},
      {"sequence_without_width", {"world: token=64:16 echo=80:16 sequence=64"}, {"sequence=64"}},
      {"delay_without_unit", {"world: token=64:16 echo=80:16 delay=128:16"}, {"delay=128:16", "UNIT"}},
      {"delay_in_unknown_units", {"world: token=64:16 echo=80:16 delay=128:16:32xs"}, {"delay=128:16:32xs"}},
      {"delay_unit_above_its_range", {"world: token=64:16 echo=80:16 delay=128:16:2s"}, {"delay=128:16:2s", "1s"}},
      {"magic_without_value", {"world: token=64:16 echo=80:16 magic=0:16"}, {"magic=0:16", "VALUE"}},
      {"magic_value_too_wide", {"world: token=64:16 echo=80:16 magic=0:16:0x15457"}, {"magic=0:16:0x15457", "16"}},
      {"magic_beside_its_mask", {"world: token=64:16 echo=80:16 magic=0:16:0x5457/0xff"}, {"magic=0:16:0x5457/0xff", "mask"}},
      {"frame_of_12_bits", {"lobby: frame=12 token=64:16 echo=80:16"}, {"frame=12"}},
      {"frame_for_udp", {"world: frame=32 token=64:16 echo=80:16"}, {"world", "frame"}},
      {"no_frame_for_tcp", {"lobby: token=64:16 echo=80:16"}, {"lobby", "frame"}},
  };
  return rules;
}

class RefusedRule : public ::testing::TestWithParam<BadRule> {};
INSTANTIATE_TEST_SUITE_P(Kinds, RefusedRule, ::testing::ValuesIn(bad_rules()),
                         [](const auto& chosen) { return chosen.param.name; });

TEST_P(RefusedRule, IsAUsageErrorThatNamesTheWord) {
  const Namespace node("node");
  const harness::TemporaryFolder folder;
  Words words = GetParam().services ? run_words(folder.path("api.sock"), {})
                                    : Words{TICKWIRE_BINARY, "run", "--api-socket", folder.path("api.sock")};
  for (const std::string& rule : GetParam().rules) words.insert(words.end(), {"--rule", rule});
  const harness::Finished finished = harness::run(words, node.name());
  EXPECT_EQ(finished.exit_code, 2) << finished.out << finished.err;
  EXPECT_NE(finished.err.find("rule"), std::string::npos) << finished.err;
  for (const std::string& part : GetParam().named)
    EXPECT_NE(finished.err.find(part), std::string::npos) << "no '" << part << "' in: " << finished.err;
}

}  // namespace
}  // namespace tickwire::e2e
