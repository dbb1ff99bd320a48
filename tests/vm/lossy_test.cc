// SPDX-License-Identifier: Apache-2.0
// Latencies on a line that loses, overtakes and doubles (netem), beside the samples that a log of the node's interface allows. Runs
// inside a virtual machine: netem is not to be had everywhere.
//
// What may differ: the width of a cell, and kAllowance. Programs and log stamp a frame one after the other in one go of the kernel,
// a few microseconds apart on a real machine; an emulated one may be put off in between, while its clock goes on. A stop of more than
// kAllowance makes a sample look wrong that is not: of all samples of a method one in a thousand may be, rounded up.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "e2e/agent.h"
#include "harness/frame_log.h"
#include "vm/echo_truth.h"

namespace tickwire::vm {
namespace {

using e2e::Agent;
using e2e::json;
using harness::Address;
using harness::Namespace;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds kAllowance = milliseconds(5);

// Each way. A tick is shorter, so that a frame that is not held at all overtakes one; and no sum of ticks is near a true value
// (0, 32 or 64 ms), so that an echo that is taken for another token's falls outside of what is possible.
constexpr const char* kDelay = "32ms";
constexpr milliseconds kTick(22);
constexpr int kTicks = 640;

constexpr int kPlayers = 3;  // of each of the three kinds
constexpr std::uint16_t kFirstPlayerPort = 4001;
constexpr std::uint16_t kFirstSeq = 65'300;  // wraps after 236 messages
constexpr std::size_t kUpdateBytes = 64;
constexpr const char* kRule = "world: magic=0:16:0x5457 token=64:16 echo=80:16 delay=128:16:32us sequence=64:16";

// A node and a player at two ports of a bridge.
struct Line {
  Line() {
    // Stamps of frames that come in are taken where they are delivered, not where they are queued.
    std::ofstream("/proc/sys/net/core/netdev_tstamp_prequeue") << "0";
    harness::connect(node_port, {.network = middle, .interface = "node"});
    harness::connect(player_port, {.network = middle, .interface = "player"});
    harness::make_neighbours(node_port, player_port);
    middle.run({"ip", "link", "add", "bridge", "type", "bridge"});
    for (const char* port : {"node", "player"}) middle.run({"ip", "link", "set", port, "master", "bridge"});
    middle.run({"ip", "link", "set", "bridge", "up"});
  }
  // From here on in both directions 5 % are lost, 5 % doubled, and 5 % are not held and overtake what is.
  void spoil() const {
    for (const char* port : {"node", "player"})
      middle.run({"tc", "qdisc", "add", "dev", port, "root", "netem", "limit", "10000", "delay", kDelay, "reorder", "5%", "loss",
                  "5%", "duplicate", "5%"});
  }
  Namespace node{"node"}, middle{"middle"}, player{"player"};
  harness::Port node_port{.network = node, .v4 = std::string(e2e::kNodeV4) + "/24"};
  harness::Port player_port{.network = player, .v4 = std::string(e2e::kPlayerV4) + "/24"};
};

// What one side of a UDP conversation knows.
class Side {
 public:
  void took(const Header& header) {
    if (newest_ && static_cast<std::int16_t>(header.seq - *newest_) <= 0) return;
    newest_ = header.seq;
    took_newest_ = monotonic_now();
  }
  [[nodiscard]] Header next() {
    const nanoseconds held = newest_ ? monotonic_now() - took_newest_ : nanoseconds(0);
    return {.seq = seq_++, .ack = newest_.value_or(0), .ack_delay = std::min(held, 65'535 * kDelayUnit)};
  }

 private:
  std::uint16_t seq_ = kFirstSeq;
  std::optional<std::uint16_t> newest_;
  nanoseconds took_newest_{};
};

// A message that waits in a socket, and who sent it.
std::optional<Header> take(int borrowed_fd, sockaddr_storage* from) {
  std::array<std::uint8_t, 256> message{};
  socklen_t length = sizeof *from;
  const ssize_t bytes =
      ::recvfrom(borrowed_fd, message.data(), message.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(from), &length);
  return bytes <= 0 ? std::nullopt : read(std::span(message).first(static_cast<std::size_t>(bytes)));
}

// A server that sends to all of its players at each tick, and players that answer, or acknowledge, at once.
class Game {
 public:
  explicit Game(const Line& line)
      : world_(harness::udp_socket(line.node, {.ip = e2e::kNodeV4, .port = e2e::kUdpPort})),
        lobby_(harness::tcp_listener(line.node, {.ip = e2e::kNodeV4, .port = e2e::kTcpPort})) {
    for (int i = 0; i < kPlayers; ++i)
      udp_.push_back({harness::udp_socket(line.player, {.ip = e2e::kPlayerV4, .port = port(i)},
                                          {.ip = e2e::kNodeV4, .port = e2e::kUdpPort})});
    for (int i = 0; i < 2 * kPlayers; ++i) {
      line.player.set("ipv4/tcp_timestamps", i < kPlayers ? "1" : "0");
      tcp_.push_back(harness::tcp_connect(line.player, {.ip = e2e::kNodeV4, .port = e2e::kTcpPort}));
      served_.push_back(harness::tcp_accept(lobby_.fd()));
    }
    for (Player& player : udp_) harness::send_datagram(player.socket.fd(), written(player.side.next()));
  }
  void play() {
    std::jthread players([this](const std::stop_token& stop) { answer(stop); });
    std::chrono::steady_clock::time_point next(monotonic_now());
    for (int tick = 0; tick < kTicks; ++tick) {
      take_inputs();
      for (auto& [port, served] : sides_) {
        const std::vector<std::uint8_t> message = written(served.side.next());
        static_cast<void>(::sendto(world_.fd(), message.data(), message.size(), 0,
                                   reinterpret_cast<const sockaddr*>(&served.address), sizeof(sockaddr_in)));
      }
      for (const UniqueFd& connection : served_) harness::send_bytes(connection.fd(), kUpdateBytes);
      std::this_thread::sleep_until(next += kTick);
    }
    // What is on the line, and what TCP sends again.
    std::this_thread::sleep_for(milliseconds(400));
  }
  [[nodiscard]] static std::uint16_t port(int player) { return static_cast<std::uint16_t>(kFirstPlayerPort + player); }
  [[nodiscard]] std::uint16_t tcp_port(int player) const {
    return harness::local_port(tcp_.at(static_cast<std::size_t>(player)).fd());
  }

 private:
  struct Player {
    UniqueFd socket;
    Side side = {};
  };
  struct Served {
    sockaddr_storage address{};
    Side side = {};
  };

  void take_inputs() {
    sockaddr_storage from{};
    while (const std::optional<Header> header = take(world_.fd(), &from)) {
      Served& served = sides_[reinterpret_cast<const sockaddr_in*>(&from)->sin_port];
      served.address = from;
      served.side.took(*header);
    }
  }
  void answer(const std::stop_token& stop) {
    std::vector<pollfd> waits;
    for (const Player& player : udp_) waits.push_back({player.socket.fd(), POLLIN, 0});
    for (const UniqueFd& socket : tcp_) waits.push_back({socket.fd(), POLLIN, 0});
    while (!stop.stop_requested()) {
      ::poll(waits.data(), waits.size(), 100);
      for (std::size_t i = 0; i < waits.size(); ++i) {
        if (waits[i].revents == 0) continue;
        if (i < udp_.size()) {
          answer(udp_[i]);
        } else {
          std::array<char, 4096> updates{};
          static_cast<void>(::recv(waits[i].fd, updates.data(), updates.size(), MSG_DONTWAIT));
          harness::acknowledge_at_once(waits[i].fd);
        }
      }
    }
  }
  static void answer(Player& player) {
    sockaddr_storage from{};
    while (const std::optional<Header> header = take(player.socket.fd(), &from)) {
      player.side.took(*header);
      harness::send_datagram(player.socket.fd(), written(player.side.next()));
    }
  }

  UniqueFd world_, lobby_;
  std::vector<Player> udp_;
  std::vector<UniqueFd> tcp_, served_;
  std::map<std::uint16_t, Served> sides_;
};

std::vector<Cell> cells(const json& latency) {
  std::vector<Cell> result;
  for (const json& cell : latency["cells"])
    result.push_back({nanoseconds(cell["from_ns"].get<std::int64_t>()), nanoseconds(cell["to_ns"].get<std::int64_t>()),
                      cell["samples"].get<std::uint64_t>()});
  return result;
}

std::string near(const Impossible& wrong, Samples possible) {
  constexpr nanoseconds kAround = milliseconds(25);
  std::ranges::sort(possible);
  std::string text;
  for (const nanoseconds sample : possible) {
    if (sample > wrong.from - kAround && sample < wrong.to + kAround) text += std::to_string(sample.count()) + " ";
  }
  return text;
}

// The samples of one method, of all its connections: possible ones, and few that are missing: a token whose places are all taken
// gives none.
class Verdict {
 public:
  explicit Verdict(const char* method) : method_(method) {}
  ~Verdict() {
    std::cout << method_ << ": " << samples_ << " samples of " << possible_ << " possible ones, " << wrong_ << " impossible\n";
    EXPECT_LE(wrong_, (samples_ + 999) / 1000) << method_ << ": " << notes_;
    EXPECT_GE(static_cast<double>(samples_), 0.9 * static_cast<double>(possible_)) << method_;
  }
  Verdict(const Verdict&) = delete;
  Verdict& operator=(const Verdict&) = delete;

  void add(const json& latency, const Samples& possible) {
    const Impossible wrong = impossible(cells(latency), possible, kAllowance);
    EXPECT_LE(latency["samples"], possible.size()) << method_;
    samples_ += latency["samples"].get<std::uint64_t>();
    possible_ += possible.size();
    wrong_ += wrong.samples;
    if (wrong.samples == 0) return;
    notes_ += "from " + std::to_string(wrong.from.count()) + " to " + std::to_string(wrong.to.count()) + " ns in " +
              latency["cells"].dump() + "; possible near that: " + near(wrong, possible) + "\n";
  }

 private:
  const char* method_;
  std::uint64_t samples_ = 0, possible_ = 0, wrong_ = 0;
  std::string notes_;
};

// Played once for all tests.
struct Played {
  Played() {
    if (!agent.ready()) throw std::runtime_error("the agent is not ready: " + agent.process().err());
    Game game(line);
    line.spoil();
    game.play();
    agent.settle();
    if (log.missed() != 0) throw std::runtime_error("the log has holes");
    frames = log.frames();
    std::ranges::stable_sort(frames, {}, &harness::LoggedFrame::at);
    for (int i = 0; i < kPlayers; ++i) {
      udp.push_back(conversation(e2e::kUdpPort, Game::port(i)));
      timestamps.push_back(conversation(e2e::kTcpPort, game.tcp_port(i)));
      sequence.push_back(conversation(e2e::kTcpPort, game.tcp_port(kPlayers + i)));
    }
    for (const json& row : agent.connections()) {
      const std::string remote = row["remote"];
      rows[static_cast<std::uint16_t>(std::stoi(remote.substr(remote.rfind(':') + 1)))] =
          agent.document("/api/v1/connections/" + row["id"].get<std::string>())["connection"];
    }
    losses = agent.status()["losses"];
  }
  [[nodiscard]] Conversation conversation(std::uint16_t node_port, std::uint16_t player_port) const {
    return {.frames = frames, .node_port = node_port, .player_port = player_port};
  }

  Line line;
  harness::FrameLog log{line.node, "eth0"};
  Agent agent{line.node, {"--rule", kRule, "--no-stages"}};  // without, no samples are kept apart as maybe delayed
  std::vector<harness::LoggedFrame> frames;
  std::vector<Conversation> udp, timestamps, sequence;
  std::map<std::uint16_t, json> rows;  // by the player's port
  json losses;
};

class LossyLine : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { played_ = std::make_unique<Played>(); }
  static void TearDownTestSuite() { played_.reset(); }
  static json row(const Conversation& conversation) { return played_->rows[conversation.player_port]; }
  static std::unique_ptr<Played> played_;
};
std::unique_ptr<Played> LossyLine::played_;

TEST_F(LossyLine, GivesARuleNoSampleThatIsNotTrue) {
  Verdict rtt("rule, rtt"), network("rule, rtt less the delay"), turnaround("rule, turnaround");
  for (const Conversation& udp : played_->udp) {
    const RuleTruth truth = rule_truth(udp);
    ASSERT_GE(truth.rtt.size(), 400U);
    rtt.add(row(udp)["rtt"], truth.rtt);
    network.add(row(udp)["rtt_network"], truth.network);
    turnaround.add(row(udp)["turnaround"], truth.turnaround);
  }
}

TEST_F(LossyLine, GivesTimestampsNoSampleThatIsNotTrue) {
  Verdict rtt("timestamps");
  for (const Conversation& tcp : played_->timestamps) {
    const Samples truth = timestamp_samples(tcp);
    ASSERT_GE(truth.size(), 300U);
    EXPECT_EQ(row(tcp)["rtt"]["method"], "tcp_timestamp");
    rtt.add(row(tcp)["rtt"], truth);
  }
}

// Karn's rule: what was sent twice gives none, and is counted.
TEST_F(LossyLine, GivesSequencesNoSampleThatIsNotTrueAndCountsTheAmbiguousOnes) {
  Verdict rtt("sequence");
  for (const Conversation& tcp : played_->sequence) {
    const Samples truth = sequence_samples(tcp);
    ASSERT_GE(truth.size(), 200U);
    EXPECT_EQ(row(tcp)["rtt"]["method"], "tcp_sequence");
    EXPECT_GT(row(tcp)["retransmissions"], 0);
    rtt.add(row(tcp)["rtt"], truth);
  }
  EXPECT_GT(played_->losses["ambiguous"], 0);
  EXPECT_EQ(played_->losses["negative"], 0);
}

TEST_F(LossyLine, HasItsLossesCountedExactly) {
  for (const Conversation& udp : played_->udp) {
    const RuleTruth truth = rule_truth(udp);
    const json in = row(udp)["rule"]["sequence_in"];
    EXPECT_GT(truth.lost, 0U);
    EXPECT_GT(truth.reordered, 0U);
    EXPECT_GT(truth.duplicated, 0U);
    EXPECT_EQ(in["messages"], truth.messages);
    EXPECT_EQ(in["lost"], truth.lost);
    EXPECT_EQ(in["reordered"], truth.reordered);
    EXPECT_EQ(in["duplicated"], truth.duplicated);
    EXPECT_EQ(in["jumps"], 0);
  }
}

}  // namespace
}  // namespace tickwire::vm
