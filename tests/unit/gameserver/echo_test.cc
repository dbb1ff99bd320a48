// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/echo.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "loopback.h"
#include "unit/gameserver/protocol/bytes_of.h"

namespace tickwire::game {
namespace {

constexpr std::int64_t kDelayNs = 20'000'000;

// An echo that waits 20 ms, with a log that can be read once it has ended.
class EchoTest : public testing::Test {
 protected:
  EchoTest()
      : path_((std::filesystem::path(testing::TempDir()) / ("echo" + std::to_string(::getpid()))).string()),
        echo_(ServerOptions{.echo_delay_ms = 20, .echo_log_path = path_}) {}
  ~EchoTest() override { std::filesystem::remove(path_); }

  std::vector<nlohmann::json> log() {
    echo_.stop();
    std::vector<nlohmann::json> lines;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

  std::string path_;
  Running<Echo> echo_;
};

TEST_F(EchoTest, SendsADatagramBackAsItIs) {
  const RawClient client(SOCK_DGRAM, echo_.udp_port());
  client.send(bytes_of({1, 2, 3}));
  EXPECT_EQ(client.receive(), bytes_of({1, 2, 3}));
  const auto lines = log();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["protocol"], "udp");
  EXPECT_EQ(lines[0]["remote"], client.local());
  EXPECT_EQ(lines[0]["payload_bytes"], 3);
}

TEST_F(EchoTest, SendsEachFrameBackAsItIs) {
  const RawClient client(SOCK_STREAM, echo_.tcp_port());
  client.send(bytes_of({0, 0, 0, 1, 5, 0, 0, 0, 0}));
  std::vector<std::byte> all;
  while (all.size() < 9) {
    const auto part = client.receive();
    ASSERT_FALSE(part.empty());
    all.insert(all.end(), part.begin(), part.end());
  }
  EXPECT_EQ(all, bytes_of({0, 0, 0, 1, 5, 0, 0, 0, 0}));
  const auto lines = log();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["protocol"], "tcp");
  EXPECT_EQ(lines[0]["remote"], client.local());
}

TEST_F(EchoTest, AnswersNoEarlierThanTheDelayAfterTheArrival) {
  const RawClient datagrams(SOCK_DGRAM, echo_.udp_port());
  datagrams.send(bytes_of({1}));
  ASSERT_FALSE(datagrams.receive().empty());
  const RawClient frames(SOCK_STREAM, echo_.tcp_port());
  frames.send(bytes_of({0, 0, 0, 0}));
  ASSERT_FALSE(frames.receive().empty());
  const auto lines = log();
  ASSERT_EQ(lines.size(), 2U);
  for (const auto& line : lines) {
    // The two clocks are read one after the other: a microsecond of slack.
    EXPECT_GE(line["sent_ns"].get<std::int64_t>() - line["received_ns"].get<std::int64_t>(), kDelayNs - 1'000) << line;
    EXPECT_LE(line["read_mono_ns"].get<std::int64_t>(), line["sent_mono_ns"].get<std::int64_t>());
  }
}

TEST_F(EchoTest, ClosesAClientWhoseFrameIsTooLong) {
  const RawClient client(SOCK_STREAM, echo_.tcp_port());
  client.send(bytes_of({0, 1, 0, 1}));
  EXPECT_TRUE(client.receive().empty());
  EXPECT_TRUE(log().empty());
}

}  // namespace
}  // namespace tickwire::game
