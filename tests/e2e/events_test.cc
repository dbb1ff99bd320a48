// SPDX-License-Identifier: Apache-2.0
// Events of a running agent, as `tickwire watch` prints them.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "e2e/agent.h"

namespace tickwire::e2e {
namespace {

using harness::eventually;
using harness::Finished;
using harness::Process;

const Address kNode{.ip = kNodeV4, .port = kTcpPort};

// The lines of JSON in a text.
std::vector<json> parsed(const std::string& text) {
  std::vector<json> lines;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) lines.push_back(json::parse(line));
  }
  return lines;
}

// The next events of the agent, from the first one on that was ever told; it must end by itself.
std::vector<json> watch(const Agent& agent, std::size_t count, const Words& flags = {}) {
  Words words{"watch", "--since", "0", "--count", std::to_string(count)};
  words.insert(words.end(), flags.begin(), flags.end());
  const Finished finished = agent.cli(words);
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  std::vector<json> events = parsed(finished.out);
  EXPECT_EQ(events.size(), count) << finished.out;
  return events;
}

std::vector<std::string> told(const std::vector<json>& events) {
  std::vector<std::string> result;
  for (const json& event : events) {
    const std::string kind = event["event"];
    result.push_back(kind == "state_changed" ? event["from"].get<std::string>() + " -> " + event["to"].get<std::string>() : kind);
  }
  return result;
}

bool in_order(const std::vector<json>& events) {
  return std::ranges::is_sorted(events, {}, [](const json& event) { return event["time"].get<std::string>(); }) &&
         std::ranges::is_sorted(events, std::less_equal<>(), [](const json& event) { return event["sequence"].get<int>(); });
}

TEST(Events, TellTheLifeOfATcpConnection) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const UniqueFd listener = harness::tcp_listener(scene.node, kNode);
  UniqueFd client = harness::tcp_connect(scene.player, kNode, {.ip = kPlayerV4, .port = 4001});
  UniqueFd server = harness::tcp_accept(listener.fd());
  harness::send_bytes(client.fd(), 77);
  harness::take_bytes(server.fd(), 77);
  client.reset();
  ASSERT_TRUE(harness::take_end(server.fd()));
  server.reset();
  const std::vector<json> events = watch(agent, 6, {"--service", "lobby"});
  EXPECT_EQ(told(events), (std::vector<std::string>{"opened", "syn_recv -> established", "established -> close_wait",
                                                    "close_wait -> last_ack", "last_ack -> closed", "closed"}));
  EXPECT_TRUE(in_order(events));
  const json row = agent.connections().at(0);
  for (const json& event : events) {
    EXPECT_EQ(event["connection"], row["id"]);
    EXPECT_EQ(event["remote"], std::string(kPlayerV4) + ":4001");
    EXPECT_EQ(event["service"], "lobby");
    EXPECT_EQ(event["protocol"], "tcp");
  }
  EXPECT_EQ(events[0]["state"], "syn_recv");
  EXPECT_EQ(events[0]["seeded"], false);
  EXPECT_EQ(events[0]["time"], row["opened"]);
  EXPECT_EQ(events[5]["time"], row["closed"]);
  EXPECT_EQ(events[5]["reason"], "remote_fin");
  EXPECT_EQ(events[5]["payload_bytes_in"], 77);
  EXPECT_EQ(events[5]["duration_ns"], row["age_ns"]);
}

TEST(Events, AreInferredFromPacketsWithoutAStateHook) {
  const Pair scene;
  Agent agent(scene.node, {"--tcp-state", "none"});
  ASSERT_TRUE(agent.ready());
  const UniqueFd listener = harness::tcp_listener(scene.node, kNode);
  UniqueFd client = harness::tcp_connect(scene.player, kNode);
  UniqueFd server = harness::tcp_accept(listener.fd());
  agent.settle();
  client.reset();
  ASSERT_TRUE(harness::take_end(server.fd()));
  agent.settle();
  server.reset();
  const json closed = watch(agent, 1, {"--kind", "closed"}).at(0);
  EXPECT_EQ(closed["reason"], "remote_fin");
  EXPECT_EQ(told(watch(agent, 5)), (std::vector<std::string>{"opened", "syn_recv -> established", "established -> close_wait",
                                                             "close_wait -> closed", "closed"}));
}

TEST(Events, TellTheBeginningAndTheEndOfAUdpConnection) {
  const Pair scene;
  Agent agent(scene.node, {"--udp-idle-timeout", "1s"});
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const UniqueFd server = harness::udp_socket(scene.node, node);
  const UniqueFd client = harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, node);
  for (int i = 0; i < 3; ++i) harness::send_datagram(client.fd(), 100);
  const std::vector<json> events = watch(agent, 2);
  EXPECT_EQ(told(events), (std::vector<std::string>{"opened", "closed"}));
  EXPECT_TRUE(in_order(events));
  EXPECT_EQ(events[0]["state"], "active");
  EXPECT_EQ(events[1]["reason"], "idle");
  EXPECT_EQ(events[1]["packets_in"], 3);
  EXPECT_EQ(events[1]["payload_bytes_in"], 300);
  EXPECT_TRUE(events[1]["retransmissions"].is_null());
}

TEST(Events, TellSamplesOverAThresholdAndCountThoseThatWouldBeTooMany) {
  constexpr int kAnswers = 200;
  const Pair scene;
  Agent agent(scene.node, {"--threshold", "world:turnaround=1us", "--threshold", "rtt=17s"});
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const UniqueFd server = harness::udp_socket(scene.node, node);
  const UniqueFd client = harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, node);
  for (int i = 0; i < kAnswers; ++i) {
    harness::send_datagram(client.fd(), 100);
    harness::take_datagram(server.fd());
    harness::send_datagram_to(server.fd(), {.ip = kPlayerV4, .port = 4001}, 100);
    harness::take_datagram(client.fd());
  }
  agent.settle();
  const json service = agent.service("world");
  ASSERT_EQ(service["turnaround"][0]["samples"], kAnswers);
  const int suppressed = service["events_suppressed"];
  EXPECT_GE(suppressed, kAnswers / 2);
  const std::vector<json> events = watch(agent, static_cast<std::size_t>(kAnswers - suppressed), {"--kind", "over_threshold"});
  int before = 0;
  for (const json& event : events) {
    EXPECT_EQ(event["quantity"], "turnaround");
    EXPECT_EQ(event["method"], "next_packet");
    EXPECT_EQ(event["threshold_ns"], 1000);
    EXPECT_GT(event["value_ns"], 1000);
    EXPECT_EQ(event["remote"], std::string(kPlayerV4) + ":4001");
    before += event["suppressed_before"].get<int>();
  }
  EXPECT_LE(before, suppressed);
  EXPECT_NE(
      agent.get("/metrics")
          .body.find("tickwire_events_suppressed_total{service=\"world\",protocol=\"udp\"} " + std::to_string(suppressed) + "\n"),
      std::string::npos);
}

TEST(Events, ComeAsTheyHappenUntilInterrupted) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  Process watcher({TICKWIRE_BINARY, "watch", "--api-socket", agent.socket(), "--kind", "opened"});
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const UniqueFd server = harness::udp_socket(scene.node, node);
  // The watcher sees what happens once it is there, and nobody knows when that is.
  std::uint16_t port = 5000;
  std::vector<UniqueFd> players;
  EXPECT_TRUE(eventually([&] {
    players.push_back(harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = ++port}, node));
    harness::send_datagram(players.back().fd(), 10);
    return !watcher.out().empty();
  }));
  watcher.signal(SIGINT);
  EXPECT_EQ(watcher.wait(), 0);
  EXPECT_EQ(parsed(watcher.out()).at(0)["event"], "opened");
}

TEST(Events, EndWithTheAgentWithAFailure) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const UniqueFd client = harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, node);
  harness::send_datagram(client.fd(), 10);
  Process watcher({TICKWIRE_BINARY, "watch", "--api-socket", agent.socket(), "--since", "0", "-o", "text"});
  ASSERT_TRUE(watcher.says("opened active"));
  EXPECT_EQ(agent.stop(), 0);
  EXPECT_EQ(watcher.wait(), 1);
  EXPECT_NE(watcher.err().find("has ended the stream of events"), std::string::npos) << watcher.err();
}

TEST(Events, AreStreamedToSixteenReaders) {
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const Address node{.ip = kNodeV4, .port = kUdpPort};
  const UniqueFd client = harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, node);
  harness::send_datagram(client.fd(), 10);
  std::vector<std::unique_ptr<Process>> watchers;
  for (int i = 0; i < 16; ++i) {
    watchers.push_back(
        std::make_unique<Process>(Words{TICKWIRE_BINARY, "watch", "--api-socket", agent.socket(), "--since", "0"}));
    ASSERT_TRUE(watchers.back()->says("opened"));
  }
  const Finished refused = agent.cli({"watch"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("16 streams of events are open"), std::string::npos) << refused.err;
}

TEST(Events, AreRefusedWithoutAnAgentAndForAKindThatThereIsNot) {
  const Finished nobody = harness::run({TICKWIRE_BINARY, "watch", "--api-socket", "/nonexistent/api.sock"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_NE(nobody.err.find("no agent answers on /nonexistent/api.sock"), std::string::npos) << nobody.err;
  EXPECT_EQ(harness::run({TICKWIRE_BINARY, "watch", "--kind", "birth"}).exit_code, 2);
  EXPECT_EQ(harness::run({TICKWIRE_BINARY, "watch", "--count", "0"}).exit_code, 2);
  EXPECT_EQ(harness::run({TICKWIRE_BINARY, "watch", "--json", "-o", "text"}).exit_code, 2);
}

}  // namespace
}  // namespace tickwire::e2e
