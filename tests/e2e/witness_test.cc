// SPDX-License-Identifier: Apache-2.0
// Round trips of TCP beside those that tshark finds in a capture of the same interface.
//
// Which samples correspond: tshark has one for each acknowledgement that reaches the end of a segment, from that very segment on;
// the agent has one for each token, a sequence number or a timestamp. A timestamp is of one millisecond and may be many segments',
// and an acknowledgement of two segments echoes the older one's. So the traffic here is such that both are the same: segments lie
// some milliseconds apart, each has a timestamp of its own, and the player acknowledges each before the next one comes.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <thread>

#include "base/clock.h"
#include "e2e/agent.h"
#include "e2e/truth.h"
#include "e2e/witness.h"
#include "harness/echo_server.h"

namespace tickwire::e2e {
namespace {

using harness::EchoServer;
using harness::Transport;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr int kRounds = 240;
constexpr milliseconds kTick(16);

// Capture and programs stamp a frame one after the other, in one go of the kernel.
constexpr nanoseconds kSlack = microseconds(50);

struct Case {
  const char* name;
  bool timestamps;
  bool pipelined;  // the server sends at 60 Hz without waiting; else each answer follows a request
};
void PrintTo(const Case& chosen, std::ostream* out) { *out << chosen.name; }

// 2 and 6 ms, and up to 9 ms more for each frame: less than lies between two of them.
harness::LineOptions unsteady_line() {
  harness::LineOptions line{.from_node = milliseconds(6), .from_player = milliseconds(2)};
  line.hold = [random = std::mt19937(20'260'701)](const harness::PassedFrame&) mutable -> nanoseconds {
    return microseconds(std::uniform_int_distribution(0, 9000)(random));
  };
  return line;
}

nanoseconds mean(const std::vector<nanoseconds>& samples) {
  return std::accumulate(samples.begin(), samples.end(), nanoseconds(0)) / static_cast<std::int64_t>(samples.size());
}

// One connection, open as long as it lives: the end of a connection is acknowledged too, and is no data.
class Conversation {
 public:
  Conversation(const Wire& scene, bool pipelined) : pipelined_(pipelined) {
    if (pipelined) {
      listener_ = harness::tcp_listener(scene.node, kServer);
    } else {
      echo_.emplace(scene.node, Transport::kTcp, kServer, nanoseconds(0));
    }
    client_ = harness::tcp_connect(scene.player, kServer);
    if (pipelined) server_ = harness::tcp_accept(listener_.fd());
  }
  void run() {
    std::thread game;
    if (pipelined_) game = std::thread([this] { tick(); });
    for (int round = 0; round < kRounds; ++round) {
      if (!pipelined_) harness::send_bytes(client_.fd(), EchoServer::kBytes);
      harness::take_bytes(client_.fd(), EchoServer::kBytes);
      harness::acknowledge_at_once(client_.fd());
    }
    if (game.joinable()) game.join();
  }
  [[nodiscard]] std::uint16_t player_port() const { return harness::local_port(client_.fd()); }

 private:
  void tick() {
    std::chrono::steady_clock::time_point next(monotonic_now());
    for (int round = 0; round < kRounds; ++round) {
      harness::send_bytes(server_.fd(), EchoServer::kBytes);
      // After a late tick nothing is caught up: never two segments at once.
      next = std::max(next, std::chrono::steady_clock::time_point(monotonic_now())) + kTick;
      std::this_thread::sleep_until(next);
    }
  }
  inline static const Address kServer{.ip = kNodeV4, .port = kTcpPort};
  bool pipelined_;
  std::optional<EchoServer> echo_;
  UniqueFd listener_, server_, client_;
};

void expect_same(const json& latency, const std::vector<nanoseconds>& witness, double error, const std::string& what) {
  ASSERT_TRUE(latency["samples"].is_number()) << what;
  EXPECT_NEAR(latency["samples"].get<double>(), static_cast<double>(witness.size()), 0.05 * static_cast<double>(witness.size()))
      << what;
  expect_close(latency["p50_ns"], quantile(witness, 0.5), error, kSlack, what + " p50");
  expect_close(latency["p99_ns"], quantile(witness, 0.99), error, kSlack, what + " p99");
  // Sums are exact: no cell's error.
  expect_close(latency["mean_ns"], mean(witness), 0, kSlack, what + " mean");
}

class TcpRoundTrip : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Methods, TcpRoundTrip,
                         ::testing::Values(Case{"timestamps_asked", true, false}, Case{"timestamps_at_60_hz", true, true},
                                           Case{"sequence_asked", false, false}, Case{"sequence_at_60_hz", false, true}),
                         [](const auto& chosen) { return chosen.param.name; });

TEST_P(TcpRoundTrip, IsWhatTsharkFindsInACapture) {
  const Wire scene(unsteady_line());
  scene.player.set("ipv4/tcp_timestamps", GetParam().timestamps ? "1" : "0");
  // Without stages, no samples are kept apart as maybe delayed.
  Agent agent(scene.node, {"--no-stages"});
  ASSERT_TRUE(agent.ready());
  Witness witness(scene.node);
  Conversation conversation(scene, GetParam().pipelined);
  conversation.run();
  agent.settle();
  const AckTimes times = witness.ack_times(kTcpPort, conversation.player_port());

  const std::string method = GetParam().timestamps ? "tcp_timestamp" : "tcp_sequence";
  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  ASSERT_GE(times.data.size(), kRounds * 95U / 100);
  EXPECT_EQ(rows[0]["rtt"]["method"], method);
  expect_same(rows[0]["rtt"], times.data, kConnectionError, "connection");
  expect_close(rows[0]["rtt"]["min_ns"], std::ranges::min(times.data), 0, kSlack, "least");
  expect_same(with_method(agent.service("lobby")["rtt"], method), times.data, kServiceError, "service");
  ASSERT_EQ(times.handshake.size(), 1U);
  expect_close(rows[0]["handshake_ns"], times.handshake[0], 0, kSlack, "handshake");
}

// With stages, those whose acknowledgement may have been delayed are kept apart: none is lost by that, and none is changed.
class TcpRoundTripWithStages : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Methods, TcpRoundTripWithStages,
                         ::testing::Values(Case{"timestamps", true, false}, Case{"sequence", false, false}),
                         [](const auto& chosen) { return chosen.param.name; });

TEST_P(TcpRoundTripWithStages, IsNotChangedByWhatIsKeptApart) {
  const Wire scene(unsteady_line());
  scene.player.set("ipv4/tcp_timestamps", GetParam().timestamps ? "1" : "0");
  Agent agent(scene.node);
  ASSERT_TRUE(agent.ready());
  Witness witness(scene.node);
  Conversation conversation(scene, false);
  conversation.run();
  agent.settle();
  const AckTimes times = witness.ack_times(kTcpPort, conversation.player_port());

  const std::vector<json> rows = agent.connections();
  ASSERT_EQ(rows.size(), 1U);
  double samples = 0, sum_ns = 0;
  for (const char* kind : {"rtt", "rtt_maybe_delayed"}) {
    const json& latency = rows[0][kind];
    if (latency.is_null() || latency["samples"] == 0) continue;
    ASSERT_TRUE(latency["mean_ns"].is_number()) << kind;
    samples += latency["samples"].get<double>();
    sum_ns += latency["samples"].get<double>() * latency["mean_ns"].get<double>();
  }
  EXPECT_NEAR(samples, static_cast<double>(times.data.size()), 0.05 * static_cast<double>(times.data.size()));
  expect_close(sum_ns / samples, mean(times.data), 0, kSlack, "mean of both kinds");
}

}  // namespace
}  // namespace tickwire::e2e
