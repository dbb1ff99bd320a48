// SPDX-License-Identifier: Apache-2.0
// The line's log beside the bots' log of the same packets, and beside the kernel's stamps in it: two programs that know nothing of
// each other must tell the same story.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/command.h"
#include "harness/network.h"

namespace tickwire::harness {
namespace {

using Json = nlohmann::json;

constexpr const char* kNode = "192.0.2.1";
constexpr const char* kPlayer = "192.0.2.2";
constexpr const char* kUdpPort = "17777";
constexpr const char* kTcpPort = "19000";
// How far the logs may be apart in the median. Between two stamps lies a veth pair and, towards the line, the kernel's way from the
// one to the other: some microseconds, and tens where the receiving processor must be woken first.
constexpr double kAgreementNs = 0.2e6;

std::vector<Json> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
  return lines;
}

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  return values[(values.size() - 1) / 2];
}

struct Times {
  double arrived_ns = 0;  // at the line, or at the bot
  double departed_ns = 0;
};

// A game on one side of a line, bots on the other, for some seconds; and their logs.
class LineTruth : public ::testing::Test {
 protected:
  void wire(const VethOptions& options = {}) {
    const Port node{.network = node_, .v4 = std::string(kNode) + "/24"};
    const Port player{.network = player_, .v4 = std::string(kPlayer) + "/24"};
    connect(node, {.network = line_, .interface = "node"}, options);
    connect(player, {.network = line_, .interface = "player"}, options);
    make_neighbours(node, player);
  }

  // Runs to the end; the line's exit code.
  int play(const Words& rules, const Words& bots) {
    bots_ = Json::array();
    Words words{TICKWIRE_LINE, "--node-port", "node", "--player-port", "player", "--log", folder_.path("line")};
    for (const auto& rule : rules) words.insert(words.end(), {"--rule", rule});
    Process line(words, line_.name());
    EXPECT_TRUE(line.says("ready")) << line.err();
    Process server({TICKWIRE_GAMESERVER, "--udp-port", kUdpPort, "--tcp-port", kTcpPort}, node_.name());
    EXPECT_TRUE(server.says("udp_port")) << server.err();
    Words played{TICKWIRE_BOTS, "--server", kNode,    "--udp-port", kUdpPort,
                 "--tcp-port",  kTcpPort,   "--json", "--truth",    folder_.path("truth")};
    played.insert(played.end(), bots.begin(), bots.end());
    const auto finished = run(played, player_.name());
    if (finished.exit_code == 0) bots_ = Json::parse(finished.out)["connections"];
    line.signal(SIGTERM);
    const auto exit_code = line.wait();
    line_err_ = line.err();
    truth_ = lines_of(folder_.path("truth"));
    for (auto& entry : lines_of(folder_.path("line"))) {
      if (entry["kind"] == "counts") counts_ = entry;
      if (entry["kind"] == "frame") frames_.push_back(std::move(entry));
    }
    return exit_code.value_or(-1);
  }

  // By number, what the line saw of a bot's packets; lost ones are left out. Of UDP the number is the header's; of TCP the stream's
  // bytes before the segment, from the first one that the line saw.
  [[nodiscard]] std::map<std::int64_t, Times> on_line(const Json& bot, bool up) const {
    std::map<std::int64_t, Times> times;
    std::optional<std::int64_t> first;
    for (const auto& frame : frames_) {
      const bool of_bot = frame["protocol"] == bot["protocol"] && frame[up ? "source" : "destination"] == bot["local"];
      if (!of_bot || frame["direction"] != (up ? "up" : "down") || frame["payload_bytes"] == 0) continue;
      const Json& number = bot["protocol"] == "udp" ? frame["seq"] : frame["tcp_sequence"];
      if (bot["protocol"] == "tcp" && !first) first = number.get<std::int64_t>();
      if (frame["outcome"] != "passed" || frame["copy"]) continue;
      const auto key = static_cast<std::uint32_t>(number.get<std::int64_t>() - first.value_or(0));
      times.try_emplace(key, Times{.arrived_ns = frame["arrived_mono_ns"], .departed_ns = frame["departed_mono_ns"]});
    }
    return times;
  }
  // The same numbers with the kernel's stamps that the bot was given.
  [[nodiscard]] std::map<std::int64_t, double> at_bot(const Json& bot, const std::string& kind) const {
    std::map<std::int64_t, double> times;
    std::int64_t bytes_before = 0;
    for (const auto& line : truth_) {
      if (line["kind"] != kind || line["local"] != bot["local"] || line["protocol"] != bot["protocol"]) continue;
      const std::int64_t number = bot["protocol"] == "udp" ? line["seq"].get<std::int64_t>() : bytes_before;
      bytes_before += line["payload_bytes"].get<std::int64_t>();
      if (line["kernel_mono_ns"].is_number()) times.try_emplace(number, line["kernel_mono_ns"].get<double>());
    }
    return times;
  }

  // The numbers of what a bot received over UDP, in its order, duplicates among them.
  [[nodiscard]] std::vector<std::int64_t> received_by(const Json& bot) const {
    std::vector<std::int64_t> numbers;
    for (const auto& line : truth_) {
      if (line["kind"] == "receive" && line["local"] == bot["local"]) numbers.push_back(line["seq"]);
    }
    return numbers;
  }
  // What the line passed on to it in its order, the first so many: when a bot ends, later ones are on their way to it still.
  [[nodiscard]] std::vector<Json> passed_to(const Json& bot, std::size_t count) const {
    std::vector<Json> passed;
    std::ranges::copy_if(frames_, std::back_inserter(passed), [&](const Json& frame) {
      return frame["destination"] == bot["local"] && frame["outcome"] == "passed" && frame["payload_bytes"] > 0;
    });
    std::ranges::stable_sort(passed, {}, [](const Json& frame) { return frame["departed_mono_ns"].get<std::int64_t>(); });
    if (passed.size() > count) passed.resize(count);
    return passed;
  }

  Namespace node_{"node"}, line_{"line"}, player_{"player"};
  TemporaryFolder folder_;
  Json bots_;
  Json counts_;
  std::string line_err_;
  std::vector<Json> truth_, frames_;
};

TEST_F(LineTruth, AgreesWithTheBotsOnEveryPacketsWay) {
  wire();
  ASSERT_EQ(play({"both delay=20ms"}, {"--udp", "2", "--tcp", "2", "--seconds", "5"}), 0) << line_err_;
  ASSERT_EQ(bots_.size(), 4U);
  for (const auto& bot : bots_) {
    const auto sent = at_bot(bot, "send");
    const auto up = on_line(bot, true);
    std::vector<double> to_line;
    for (const auto& [number, left_ns] : sent) {
      const auto found = up.find(number);
      if (found != up.end()) to_line.push_back(found->second.arrived_ns - left_ns);
    }
    const auto received = at_bot(bot, "receive");
    const auto down = on_line(bot, false);
    std::vector<double> from_line;
    for (const auto& [number, arrived_ns] : received) {
      const auto found = down.find(number);
      if (found != down.end()) from_line.push_back(arrived_ns - found->second.departed_ns);
    }
    // All but what was still on its way when they ended, or shared a segment.
    EXPECT_GT(to_line.size(), sent.size() * 9 / 10) << bot["local"];
    EXPECT_GT(from_line.size(), received.size() * 9 / 10) << bot["local"];
    RecordProperty("to_line_us_" + bot["local"].get<std::string>(), std::to_string(median(to_line) / 1e3));
    RecordProperty("from_line_us_" + bot["local"].get<std::string>(), std::to_string(median(from_line) / 1e3));
    EXPECT_LT(std::abs(median(to_line)), kAgreementNs) << bot["protocol"] << " " << bot["local"];
    EXPECT_LT(std::abs(median(from_line)), kAgreementNs) << bot["protocol"] << " " << bot["local"];
  }
}

// From sending an input to receiving the first snapshot with a newer acknowledgement, less the time beyond the line: by the bots'
// stamps that is what the line's log says it did.
TEST_F(LineTruth, AgreesWithTheBotsRoundTrips) {
  wire();
  ASSERT_EQ(play({"up delay=normal:25ms:2ms", "down delay=15ms"}, {"--udp", "3", "--seconds", "5"}), 0) << line_err_;
  ASSERT_EQ(bots_.size(), 3U);
  for (const auto& bot : bots_) {
    const auto sent = at_bot(bot, "send");
    const auto up = on_line(bot, true);
    const auto down = on_line(bot, false);
    std::vector<double> differences;
    std::set<std::int64_t> acknowledged;
    for (const auto& line : truth_) {
      if (line["kind"] != "receive" || line["local"] != bot["local"] || !line["ack"].is_number()) continue;
      const std::int64_t ack = line["ack"];
      const auto there = up.find(ack);
      const auto back = down.find(line["seq"].get<std::int64_t>());
      if (!acknowledged.insert(ack).second || !sent.contains(ack) || there == up.end() || back == down.end()) continue;
      const double round_trip = line["kernel_mono_ns"].get<double>() - sent.at(ack);
      const double beyond = back->second.arrived_ns - there->second.departed_ns;
      const double delays =
          there->second.departed_ns - there->second.arrived_ns + back->second.departed_ns - back->second.arrived_ns;
      differences.push_back(round_trip - beyond - delays);
    }
    EXPECT_GT(differences.size(), 100U) << bot["local"];
    RecordProperty("difference_us_" + bot["local"].get<std::string>(), std::to_string(median(differences) / 1e3));
    EXPECT_LT(std::abs(median(differences)), kAgreementNs) << bot["local"];
  }
}

TEST_F(LineTruth, LosesExactlyWhatItSays) {
  wire();
  ASSERT_EQ(play({"down delay=5ms loss=10%"}, {"--udp", "3", "--seconds", "5"}), 0) << line_err_;
  ASSERT_EQ(bots_.size(), 3U);
  std::size_t lost = 0;
  for (const auto& bot : bots_) {
    std::set<std::int64_t> received;
    for (const auto& [number, when] : at_bot(bot, "receive")) received.insert(number);
    ASSERT_FALSE(received.empty());
    std::set<std::int64_t> passed;
    for (const auto& [number, times] : on_line(bot, false)) {
      if (number <= *received.rbegin()) passed.insert(number);
    }
    EXPECT_EQ(received, passed) << bot["local"];
    // A bot cannot know what was lost before the first message that it received.
    const auto missing = static_cast<std::size_t>(*received.rbegin() - *received.begin()) + 1 - received.size();
    EXPECT_EQ(bot["messages_missing"], missing) << bot["local"];
    lost += missing;
  }
  EXPECT_GT(lost, 10U);
}

TEST_F(LineTruth, DuplicatesAndReordersWhatItSays) {
  wire();
  ASSERT_EQ(play({"down delay=5ms duplicate=10% reorder=5%:50ms", "up delay=5ms"}, {"--udp", "2", "--seconds", "5"}), 0)
      << line_err_;
  ASSERT_EQ(bots_.size(), 2U);
  for (const auto& bot : bots_) {
    const std::vector<std::int64_t> received = received_by(bot);
    std::vector<std::int64_t> passed;
    std::size_t copies = 0;
    std::size_t reordered = 0;
    for (const auto& frame : passed_to(bot, received.size())) {
      passed.push_back(frame["seq"]);
      copies += frame["copy"].get<bool>();
      reordered += frame["reordered"].get<bool>() && !frame["copy"].get<bool>();
    }
    EXPECT_GT(copies, 0U);
    EXPECT_GT(reordered, 0U);
    EXPECT_EQ(received, passed) << bot["local"];
    ASSERT_FALSE(received.empty());
    std::set<std::int64_t> numbers(received.begin(), received.end());
    // What was overtaken by the first that came was never expected: it counts with the duplicates.
    numbers.erase(numbers.begin(), numbers.find(received.front()));
    EXPECT_EQ(bot["messages_duplicate"], received.size() - numbers.size()) << bot["local"];
    const auto missing = static_cast<std::size_t>(*numbers.rbegin() - *numbers.begin()) + 1 - numbers.size();
    EXPECT_EQ(bot["messages_missing"], missing) << bot["local"];
    // Nothing is lost: what the line never passed on, it held when it ended.
    std::set<std::int64_t> passed_or_held;
    for (const auto& frame : frames_) {
      if (frame["destination"] == bot["local"] && (frame["outcome"] == "passed" || frame["outcome"] == "held"))
        passed_or_held.insert(frame["seq"].get<std::int64_t>());
    }
    for (std::int64_t number = *numbers.begin(); number < *numbers.rbegin(); ++number)
      EXPECT_TRUE(passed_or_held.contains(number)) << number;
  }
  EXPECT_EQ(counts_["lost"], 0);
}

// The bots fall silent and end; the server goes on sending to them, so that the line has something on its way whenever it ends.
TEST_F(LineTruth, HasEveryFrameInItsLogOnce) {
  wire();
  ASSERT_EQ(play({"down delay=300ms loss=5% duplicate=10% reorder=10%:100ms rate=40kbit queue=2kb", "up delay=5ms"},
                 {"--udp", "3", "--silent-after", "3s", "--seconds", "4"}),
            0)
      << line_err_;
  std::map<std::string, std::int64_t> originals;
  std::map<std::string, std::int64_t> copies;
  std::set<std::pair<std::string, std::int64_t>> numbers;  // to each player
  std::int64_t numbered = 0;
  for (const auto& frame : frames_) {
    ++(frame["copy"].get<bool>() ? copies : originals)[frame["outcome"].get<std::string>()];
    if (frame["copy"].get<bool>() || frame["direction"] != "down" || !frame["seq"].is_number()) continue;
    numbers.emplace(frame["destination"].get<std::string>(), frame["seq"].get<std::int64_t>());
    ++numbered;
  }
  EXPECT_EQ(static_cast<std::int64_t>(numbers.size()), numbered);
  const auto all = [](const std::map<std::string, std::int64_t>& by_outcome) {
    std::int64_t sum = 0;
    for (const auto& [outcome, count] : by_outcome) sum += count;
    return sum;
  };
  EXPECT_EQ(counts_["taken"], all(originals));
  EXPECT_EQ(counts_["taken"], originals["passed"] + originals["lost"] + originals["queue_full"] + originals["held"]);
  EXPECT_EQ(counts_["copies"], all(copies));
  EXPECT_EQ(counts_["copies"], copies["passed"] + copies["held"]);
  for (const auto* outcome : {"passed", "lost", "queue_full", "held"}) {
    EXPECT_EQ(counts_[outcome], originals[outcome] + copies[outcome]) << outcome;
    EXPECT_GT(originals[outcome], 0) << outcome;
  }
}

TEST_F(LineTruth, SaysWhenAnEndLeavesChecksumsToItsDevice) {
  wire({.offloads = true});
  EXPECT_EQ(play({"both"}, {"--udp", "1", "--seconds", "1"}), 1);
  EXPECT_GT(counts_["no_checksum"], 0);
  EXPECT_NE(line_err_.find("frames were lost or damaged"), std::string::npos) << line_err_;
}

TEST_F(LineTruth, NamesAnInterfaceThatIsNotThere) {
  const auto line = run({TICKWIRE_LINE, "--node-port", "nowhere", "--player-port", "player"}, line_.name());
  EXPECT_EQ(line.exit_code, 1);
  EXPECT_EQ(line.err, "tickwire-line: turn offloads off on nowhere: No such device\n");
}

}  // namespace
}  // namespace tickwire::harness
