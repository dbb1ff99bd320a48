// SPDX-License-Identifier: Apache-2.0
// Latency against truth that was measured in the same run: the server's own log, and the log of the line between. What may differ
// is said in e2e/truth.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>

#include "e2e/agent.h"
#include "e2e/truth.h"
#include "harness/echo_server.h"
#include "harness/frame_view.h"

namespace tickwire::e2e {
namespace {

using harness::EchoServer;
using harness::FrameView;
using harness::PassedFrame;
using harness::Side;
using harness::Transport;
using std::chrono::nanoseconds;

// Enough that a p99 exists (100), and more where it costs little time.
int rounds_for(milliseconds delay) { return delay < milliseconds(50) ? 220 : 110; }

// Both quantiles of a latency object against the true samples; as many samples as there were.
void expect_latency(const json& latency, const std::vector<nanoseconds>& truth, double error, const std::string& what) {
  EXPECT_EQ(latency["samples"], truth.size()) << what;
  expect_close(latency["p50_ns"], quantile(truth, 0.5), error, kSlackP50, what + " p50");
  expect_close(latency["p99_ns"], quantile(truth, 0.99), error, kSlackP99, what + " p99");
}

// One request after the other, each answered before the next. Acknowledgements leave at once, so that none waits for a request.
void ask(int client_fd, Transport transport, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    if (transport == Transport::kUdp) {
      harness::send_datagram(client_fd, EchoServer::kBytes);
      ASSERT_EQ(harness::take_datagram(client_fd), EchoServer::kBytes);
    } else {
      harness::acknowledge_at_once(client_fd);
      harness::send_bytes(client_fd, EchoServer::kBytes);
      harness::take_bytes(client_fd, EchoServer::kBytes);
    }
  }
}

std::string ms_name(const ::testing::TestParamInfo<int>& chosen) { return std::to_string(chosen.param) + "ms"; }

class Turnaround : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Waits, Turnaround, ::testing::Values(5, 20, 80), ms_name);

// The same against a server's log.
void expect_latency(const json& latency, const harness::Durations& truth, double error, const std::string& what) {
  EXPECT_EQ(latency["samples"], truth.least.size()) << what;
  expect_close(latency["p50_ns"], truth, 0.5, error, kSlackP50, what + " p50");
  expect_close(latency["p99_ns"], truth, 0.99, error, kSlackP99, what + " p99");
}

TEST_P(Turnaround, IsWhatTheServerLogged) {
  const milliseconds wait(GetParam());
  const Pair scene;
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const EchoServer udp_server(scene.node, Transport::kUdp, {.ip = kNodeV4, .port = kUdpPort}, wait);
  const EchoServer tcp_server(scene.node, Transport::kTcp, {.ip = kNodeV6, .port = kTcpPort}, wait);
  const UniqueFd udp = harness::udp_socket(scene.player, {.ip = kPlayerV4, .port = 4001}, {.ip = kNodeV4, .port = kUdpPort});
  const UniqueFd tcp = harness::tcp_connect(scene.player, {.ip = kNodeV6, .port = kTcpPort});
  std::thread udp_player([&] { ask(udp.fd(), Transport::kUdp, rounds_for(wait)); });
  ask(tcp.fd(), Transport::kTcp, rounds_for(wait));
  udp_player.join();
  agent.settle();

  for (const auto& [service, protocol, server] :
       {std::tuple{"world", "udp", &udp_server}, std::tuple{"lobby", "tcp", &tcp_server}}) {
    const harness::Durations truth = server->turnarounds();
    const std::vector<json> rows = agent.connections(std::string("proto=") + protocol);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["turnaround"]["method"], "next_packet");
    expect_latency(rows[0]["turnaround"], truth, kConnectionError, std::string(protocol) + " connection");
    expect_latency(with_method(agent.service(service)["turnaround"], "next_packet"), truth, kServiceError,
                   std::string(protocol) + " service");
  }
}

struct Line {
  int rtt_ms;
  bool timestamps;
};

// For each token that left the node the first time: from its arrival at the line to the departure of the first frame that
// acknowledges it: what the node sees, less the two ends of its own cable.
class Tokens {
 public:
  explicit Tokens(bool timestamps) : timestamps_(timestamps) {}

  void see(const PassedFrame& frame) {
    const std::optional<FrameView> read = harness::view(frame.head);
    if (!read || read->syn) return;
    if (frame.from == Side::kNode) {
      left(*read, frame.arrived);
    } else {
      came(*read, frame.departed);
    }
  }
  [[nodiscard]] const std::vector<nanoseconds>& samples() const { return samples_; }

 private:
  void left(const FrameView& frame, nanoseconds at) {
    if (frame.payload_bytes == 0) return;
    const std::uint32_t token =
        timestamps_ ? frame.timestamp_value.value_or(0) : frame.sequence + static_cast<std::uint32_t>(frame.payload_bytes);
    if (token != token_) sent_ = at;
    token_ = token;
  }
  void came(const FrameView& frame, nanoseconds at) {
    const std::uint32_t echo = timestamps_ ? frame.timestamp_echo.value_or(0) : frame.acknowledgement;
    if (!sent_ || echo != token_) return;
    samples_.push_back(at - *sent_);
    sent_.reset();
  }

  bool timestamps_;
  std::uint32_t token_ = 0;
  std::optional<nanoseconds> sent_;
  std::vector<nanoseconds> samples_;
};

std::vector<nanoseconds> round_trips(std::vector<PassedFrame> log, bool timestamps) {
  // In the order in which the node's cable carried them: what left the node by its arrival here, what goes to it by its
  // departure.
  const auto moment = [](const PassedFrame& frame) { return frame.from == Side::kNode ? frame.arrived : frame.departed; };
  std::ranges::sort(log, {}, moment);
  Tokens tokens(timestamps);
  for (const PassedFrame& frame : log) tokens.see(frame);
  return tokens.samples();
}

class RoundTrip : public ::testing::TestWithParam<Line> {};
INSTANTIATE_TEST_SUITE_P(Lines, RoundTrip,
                         ::testing::Values(Line{5, true}, Line{20, true}, Line{80, true}, Line{5, false}, Line{20, false},
                                           Line{80, false}),
                         [](const auto& chosen) {
                           return std::to_string(chosen.param.rtt_ms) + "ms_" +
                                  (chosen.param.timestamps ? "timestamps" : "sequence");
                         });

TEST_P(RoundTrip, IsWhatTheLineLogged) {
  const milliseconds rtt(GetParam().rtt_ms);
  // Unequal halves: a measurement that took one way twice would show.
  const Wire scene({.from_node = rtt * 3 / 4, .from_player = rtt / 4});
  scene.player.set("ipv4/tcp_timestamps", GetParam().timestamps ? "1" : "0");
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const EchoServer server(scene.node, Transport::kTcp, {.ip = kNodeV4, .port = kTcpPort}, nanoseconds(0));
  const UniqueFd client = harness::tcp_connect(scene.player, {.ip = kNodeV4, .port = kTcpPort});
  ask(client.fd(), Transport::kTcp, rounds_for(rtt));
  // The last acknowledgement is still on its way.
  const auto truth = [&] { return round_trips(scene.line->log(), GetParam().timestamps); };
  ASSERT_TRUE(harness::eventually([&] { return truth().size() == static_cast<std::size_t>(rounds_for(rtt)); })) << truth().size();
  agent.settle();

  const std::string method = GetParam().timestamps ? "tcp_timestamp" : "tcp_sequence";
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  // Each acknowledges one small segment alone, and the agent does not know that this player's side never waits.
  const json& measured = rows[0]["rtt_maybe_delayed"];
  EXPECT_EQ(measured["method"], method);
  EXPECT_EQ(rows[0]["rtt"]["samples"], 0);
  expect_latency(measured, truth(), kConnectionError, "connection");
  const json service = agent.service("lobby")["rtt_maybe_delayed"];
  expect_latency(with_method(service, method), truth(), kServiceError, "service");
  EXPECT_EQ(with_method(service, GetParam().timestamps ? "tcp_sequence" : "tcp_timestamp")["samples"], 0);
  expect_close(rows[0]["rtt"]["min_ns"], std::ranges::min(truth()), 0, kSlackP50, "least");
}

TEST(Handshake, TakesTheTimeOfTheLine) {
  const Wire scene({.from_node = milliseconds(15), .from_player = milliseconds(5)});
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  const UniqueFd listener = harness::tcp_listener(scene.node, {.ip = kNodeV4, .port = kTcpPort});
  const UniqueFd client = harness::tcp_connect(scene.player, {.ip = kNodeV4, .port = kTcpPort});
  const UniqueFd server = harness::tcp_accept(listener.fd());
  agent.settle();

  std::optional<nanoseconds> offered, completed;
  for (const PassedFrame& frame : scene.line->log()) {
    const std::optional<FrameView> read = harness::view(frame.head);
    if (!read) continue;
    if (frame.from == Side::kNode && read->syn && read->ack) offered = frame.arrived;
    if (frame.from == Side::kPlayer && !read->syn && !completed) completed = frame.departed;
  }
  ASSERT_TRUE(offered && completed);
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  expect_close(rows[0]["handshake_ns"], *completed - *offered, 0, kSlackP99, "handshake");
  EXPECT_EQ(with_method(agent.service("lobby")["rtt"], "tcp_handshake")["samples"], 1);
}

}  // namespace
}  // namespace tickwire::e2e
