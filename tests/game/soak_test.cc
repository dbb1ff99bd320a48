// SPDX-License-Identifier: Apache-2.0
// The server under visitors who come, go, vanish and send garbage over every transport.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/command.h"

namespace tickwire::game {
namespace {

using harness::Process;
using std::chrono::seconds;
using Json = nlohmann::json;

constexpr int kVisitors = 32;
constexpr int kVisitSeconds = 100;
// A player over UDP who vanished is given up after 30 s, and found in the second after.
constexpr seconds kSilence{34};

// Resident memory of a process, in KiB.
std::size_t resident_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(line.find_first_of("0123456789")));
  }
  return 0;
}

// The last whole line: the next one may be half written.
Json last_line(const std::string& path) {
  std::ifstream file(path);
  Json last;
  for (std::string line; std::getline(file, line);) {
    if (auto parsed = Json::parse(line, nullptr, false); !parsed.is_discarded()) last = std::move(parsed);
  }
  return last;
}

double mean(std::span<const std::size_t> values) {
  return static_cast<double>(std::accumulate(values.begin(), values.end(), std::size_t{0})) / static_cast<double>(values.size());
}

class Soak : public testing::Test {
 protected:
  Soak() {
    EXPECT_TRUE(server_.says("http_port"));
    ports_ = Json::parse(server_.out());
  }
  [[nodiscard]] std::string port(const char* name) const { return std::to_string(ports_[name].get<int>()); }

  harness::TemporaryFolder folder_;
  std::string stats_path_ = folder_.path("stats.log");
  Process server_{{TICKWIRE_GAMESERVER, "--bind", "127.0.0.1", "--udp-port", "0", "--tcp-port", "0", "--http-port", "0",
                   "--max-per-address", "0", "--joins-per-address", "0", "--stats", stats_path_}};
  Json ports_;
};

TEST_F(Soak, LeavesMemoryFlatAndEveryQueueEmpty) {
  Process visitors({TICKWIRE_BOTS, "--udp-port", port("udp_port"), "--tcp-port", port("tcp_port"), "--ws-port", port("http_port"),
                    "--churn", std::to_string(kVisitors), "--seconds", std::to_string(kVisitSeconds)});
  std::vector<std::size_t> samples;
  std::optional<int> exit_code;
  while (!(exit_code = visitors.wait(seconds(1)))) {
    ASSERT_TRUE(server_.running()) << server_.err();
    samples.push_back(resident_kib(server_.pid()));
  }
  EXPECT_EQ(exit_code, 0) << visitors.out() << visitors.err();

  // In the first ten seconds buffers and tables grow to what so many visitors need. Afterwards a session that was kept would be 7
  // KiB, of some thousand visits 7 MiB; what the allocator keeps aside moves by less than two.
  constexpr std::size_t kGrowing = 10;
  constexpr double kToleranceKib = 2 * 1024;
  ASSERT_GE(samples.size(), kVisitSeconds / 2);
  const auto grown = std::span(samples).subspan(kGrowing);
  const auto third = grown.size() / 3;
  EXPECT_LE(mean(grown.last(third)), mean(grown.first(third)) + kToleranceKib) << testing::PrintToString(samples);

  EXPECT_TRUE(harness::eventually([this] { return last_line(stats_path_)["players"] == 0; }, kSilence));
  const auto stats = last_line(stats_path_);
  for (const auto& [name, counts] : stats["queues"].items()) {
    // What waits for a gateway is the newest frame, each tick another one.
    if (name.ends_with("_frame")) continue;
    EXPECT_EQ(counts["depth"], 0) << name;
  }
  EXPECT_EQ(stats["websocket"]["open"], 0);
  EXPECT_GT(stats["joins"], 100);
  server_.signal(SIGTERM);
  EXPECT_EQ(server_.wait(), 0) << server_.err();
}

}  // namespace
}  // namespace tickwire::game
