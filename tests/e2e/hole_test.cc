// SPDX-License-Identifier: Apache-2.0
// A segment of a player's request is lost. What he sent behind it is in the node at once, but the game can read it only when the segment
// has been sent again: that wait is his line's, neither the game's nor the node's. The truth are the line's log and the game's own clock;
// every bound holds however slow the machine is, for each of their stamps lies before or behind the agent's by its place in the program.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "e2e/agent.h"
#include "harness/frame_view.h"

namespace tickwire::e2e {
namespace {

using harness::PassedFrame;
using std::chrono::nanoseconds;

// Each on a connection of its own: on one, TCP would send less and less at once.
constexpr int kRequests = 15;
constexpr std::uint32_t kPartBytes = 64;  // a segment each
constexpr std::uint32_t kParts = 3;       // of a request
// What leaves the node is held for so long, and so the player learns no sooner that something was lost.
constexpr nanoseconds kBack = milliseconds(30);

// A player's payload in a frame, as bytes of his stream; none if there is none.
struct Range {
  std::uint16_t player;  // his port
  std::uint32_t begin, end;
};
using Starts = std::map<std::uint16_t, std::uint32_t>;  // of the streams, by their SYN
std::optional<Range> range_in(const PassedFrame& frame, Starts& starts) {
  const auto tcp = harness::view(frame.head);
  if (frame.from != harness::Side::kPlayer || !tcp || tcp->protocol != IPPROTO_TCP) return std::nullopt;
  if (tcp->syn) starts[tcp->source_port] = tcp->sequence + 1;
  if (tcp->payload_bytes == 0) return std::nullopt;
  const std::uint32_t begin = tcp->sequence - starts.at(tcp->source_port);
  return Range{tcp->source_port, begin, begin + static_cast<std::uint32_t>(tcp->payload_bytes)};
}

// Loses this part of each request the first time that it is sent.
auto losing(std::uint32_t part) {
  return [part, starts = Starts(), lost = std::set<std::uint16_t>()](const PassedFrame& frame) mutable {
    const auto range = range_in(frame, starts);
    return range && range->begin == part * kPartBytes && lost.insert(range->player).second;
  };
}

// What the line did to a request: when the lost part came in the end, what else came first, and how many segments came behind a hole.
struct Passed {
  nanoseconds filled{}, first_behind{};
  int out_of_order = 0;
  std::uint32_t whole = 0, highest = 0;
};
std::map<std::uint16_t, Passed> line_truth(const std::vector<PassedFrame>& log, std::uint32_t part) {
  std::map<std::uint16_t, Passed> all;
  Starts starts;
  for (const PassedFrame& frame : log) {
    const auto range = range_in(frame, starts);
    if (!range || frame.dropped()) continue;
    Passed& passed = all[range->player];
    passed.highest = std::max(passed.highest, range->end);
    if (range->begin > passed.whole) {
      if (passed.out_of_order++ == 0) passed.first_behind = frame.departed;
      continue;
    }
    if (passed.whole <= part * kPartBytes && part * kPartBytes < range->end) passed.filled = frame.departed;
    if (range->end > passed.whole) passed.whole = passed.out_of_order > 0 ? passed.highest : range->end;  // there is one hole
  }
  return all;
}

// When the game was told of a request, began to read it, had read it, and had answered it.
struct Served {
  nanoseconds told{}, asked{}, read{}, answered{};
};
Served serve(int borrowed_fd, nanoseconds read_after) {
  Served served;
  pollfd waits{borrowed_fd, POLLIN, 0};
  if (::poll(&waits, 1, 10'000) != 1) throw std::runtime_error("no request");
  served.told = monotonic_now();
  std::this_thread::sleep_until(std::chrono::steady_clock::time_point(served.told + read_after));
  served.asked = monotonic_now();
  harness::take_bytes(borrowed_fd, kParts * kPartBytes);
  served.read = monotonic_now();
  harness::send_bytes(borrowed_fd, kPartBytes);
  served.answered = monotonic_now();
  return served;
}

struct Outcome {
  std::vector<json> rows;
  json losses;
  std::map<std::uint16_t, Passed> line;
  std::map<std::uint16_t, Served> served;
};
Outcome play(std::uint32_t part, nanoseconds read_after) {
  const Wire scene({.from_node = kBack, .lose = losing(part)});
  Agent agent(scene.node);
  if (!agent.ready()) throw std::runtime_error("the agent is not ready: " + agent.process().err());
  const Address node{.ip = kNodeV4, .port = kTcpPort};
  const UniqueFd listener = harness::tcp_listener(scene.node, node);
  std::vector<UniqueFd> open;
  Outcome outcome;
  for (int i = 0; i < kRequests; ++i) {
    const int client = open.emplace_back(harness::tcp_connect(scene.player, node)).fd();
    const int game = open.emplace_back(harness::tcp_accept(listener.fd())).fd();
    auto server = std::async(std::launch::async, [&] { return serve(game, read_after); });
    for (std::uint32_t sent = 0; sent < kParts; ++sent) harness::send_bytes(client, kPartBytes);
    harness::take_bytes(client, kPartBytes);
    outcome.served[harness::local_port(client)] = server.get();
  }
  agent.settle();
  outcome.rows = agent.connections();
  outcome.losses = agent.status()["losses"];
  outcome.line = line_truth(scene.line->log(), part);
  return outcome;
}

// Of all connections: samples and their sum. Each has one, so its mean is the sample.
struct Total {
  int samples = 0;
  nanoseconds sum{};
};
Total total(const Outcome& outcome, const char* stage = nullptr) {
  Total total;
  for (const json& row : outcome.rows) {
    const json& latency = stage != nullptr ? row["stages"][stage] : row["turnaround"];
    total.samples += latency["samples"].get<int>();
    total.sum += nanoseconds(latency.value("mean_ns", std::int64_t{0}));
  }
  return total;
}
int out_of_order(const Outcome& outcome) {
  int segments = 0;
  for (const json& row : outcome.rows) segments += row["out_of_order"].get<int>();
  return segments;
}

void expect_line_was_lossy(const Outcome& outcome) {
  int segments = 0;
  ASSERT_EQ(outcome.line.size(), static_cast<std::size_t>(kRequests));
  for (const auto& [player, passed] : outcome.line) {
    EXPECT_GE(passed.out_of_order, 1) << player;
    EXPECT_GE(passed.filled - passed.first_behind, kBack) << player;
    segments += passed.out_of_order;
  }
  EXPECT_EQ(out_of_order(outcome), segments);
}

// From the lost segment's coming to the end of what the game did then: no sample began before that.
void expect_no_wait_behind_the_hole(const Outcome& outcome) {
  nanoseconds read{}, answered{};
  for (const auto& [player, served] : outcome.served) {
    read += served.read - outcome.line.at(player).filled;
    answered += served.answered - outcome.line.at(player).filled;
  }
  const Total turnaround = total(outcome), waits = total(outcome, "socket_to_app");
  EXPECT_EQ(turnaround.samples, kRequests);
  EXPECT_EQ(waits.samples, kRequests);
  EXPECT_GT(turnaround.sum.count(), 0);
  EXPECT_LE(turnaround.sum, answered);
  EXPECT_LE(waits.sum, read);
}

TEST(LostSegment, OfARequestsBeginningIsNotTheGamesDelay) {
  const Outcome outcome = play(0, {});
  expect_line_was_lossy(outcome);
  expect_no_wait_behind_the_hole(outcome);
  EXPECT_EQ(outcome.losses["hole"], 0);
}

// The game has read the beginning and waits for the rest: what it seems to work on is given up, and counted.
TEST(LostSegment, InTheMiddleOfARequestIsNotTheGamesDelay) {
  const Outcome outcome = play(1, {});
  expect_line_was_lossy(outcome);
  expect_no_wait_behind_the_hole(outcome);
  EXPECT_EQ(outcome.losses["hole"], kRequests);
}

TEST(LostSegment, HidesNothingOfAGameThatReadsLate) {
  const Outcome outcome = play(0, milliseconds(50));
  expect_line_was_lossy(outcome);
  expect_no_wait_behind_the_hole(outcome);
  nanoseconds late{};
  for (const auto& [player, served] : outcome.served) late += served.asked - served.told;
  EXPECT_GE(late, kRequests * milliseconds(50));
  EXPECT_GE(total(outcome, "socket_to_app").sum, late);
}

TEST(WholeStream, HasNothingOutOfOrder) {
  const Outcome outcome = play(kParts, {});  // of which there is none
  EXPECT_EQ(out_of_order(outcome), 0);
  EXPECT_EQ(total(outcome).samples, kRequests);
  EXPECT_EQ(outcome.losses["hole"], 0);
}

}  // namespace
}  // namespace tickwire::e2e
