// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "gameserver/bots/runner.h"
#include "gameserver/server/server.h"
#include "unit/gameserver/log_lines.h"
#include "unit/gameserver/loopback.h"

namespace tickwire::game {
namespace {

using Json = nlohmann::json;

constexpr TruthTuple tuple() { return {.protocol = "udp", .local = "192.0.2.2:4000", .remote = "192.0.2.1:7777"}; }

TEST(TruthLog, WritesStampsAsMonotonicTimes) {
  const TemporaryPath path("truth");
  auto log = TruthLog::open(path.text());
  ASSERT_TRUE(log);
  const SentTruth sent{.type = "input",
                       .seq = 7,
                       .input_seq = 3,
                       .payload_bytes = 28,
                       .intended_mono = Nanoseconds(10),
                       .called_mono = Nanoseconds(20)};
  log->sent(tuple(), sent, unix_now());
  const auto after = monotonic_now();
  log->sent(tuple(), sent, std::nullopt);
  log->close();
  const auto lines = log_lines(path.text());
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0]["kind"], "clock");
  EXPECT_EQ(lines[3]["kind"], "clock");
  // The distance of the clocks is measured to well below a millisecond.
  EXPECT_NEAR(lines[1]["kernel_mono_ns"].get<double>(), static_cast<double>(after.count()), 1e6);
  EXPECT_EQ(lines[2],
            Json::parse(R"({"kind":"send","protocol":"udp","local":"192.0.2.2:4000","remote":"192.0.2.1:7777","type":"input",
    "seq":7,"input_seq":3,"frame":null,"payload_bytes":28,"intended_mono_ns":10,"called_mono_ns":20,"kernel_mono_ns":null})"));
}

TEST(TruthLog, WritesWhatAHeaderSaid) {
  const TemporaryPath path("truth");
  auto log = TruthLog::open(path.text());
  ASSERT_TRUE(log);
  log->received(tuple(),
                {.type = "snapshot",
                 .seq = 9,
                 .ack = 8,
                 .ack_delay = 2,
                 .last_input = 5,
                 .payload_bytes = 64,
                 .read_mono = Nanoseconds(30)},
                std::nullopt);
  log->received(tuple(), {.type = "bye", .seq = 10, .payload_bytes = 21, .read_mono = Nanoseconds(31)}, std::nullopt);
  log->interval(tuple(), "hitch", Nanoseconds(1), Nanoseconds(2));
  log->close();
  const auto lines = log_lines(path.text());
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[1], Json::parse(R"({"kind":"receive","protocol":"udp","local":"192.0.2.2:4000","remote":"192.0.2.1:7777",
    "type":"snapshot","seq":9,"ack":8,"ack_delay_ns":64000,"last_input":5,"frame":null,"payload_bytes":64,"kernel_mono_ns":null,"read_mono_ns":30})"));
  EXPECT_EQ(lines[2]["ack"], nullptr);
  EXPECT_EQ(lines[2]["last_input"], nullptr);
  EXPECT_EQ(lines[3], Json::parse(R"({"kind":"hitch","protocol":"udp","local":"192.0.2.2:4000","remote":"192.0.2.1:7777",
    "begin_mono_ns":1,"end_mono_ns":2})"));
}

// Bots that played on a server of 100 ticks a second for 1.2 seconds; what they sent and received, and what they report.
struct Played {
  std::vector<Json> truth;
  const Bot* udp = nullptr;
  const Bot* tcp = nullptr;
  const Bot* ws = nullptr;
  std::unique_ptr<Runner> runner;
};
Played play(BotOptions options) {
  const TemporaryPath path("played");
  options.truth_path = path.text();
  Running<Server> server({.tick_rate_hz = 100});
  options.udp_port = server.udp_port();
  options.tcp_port = server.tcp_port();
  options.ws_port = server.http_port();
  options.udp_count = options.tcp_count = options.ws_count = 1;
  options.rate_hz = 100;
  options.duration_s = 1.2;
  Played played{.runner = std::move(*Runner::open(options))};
  const UniqueFd never(::eventfd(0, EFD_CLOEXEC));
  played.runner->run(never.fd());
  played.truth = log_lines(path.text());
  played.udp = &played.runner->bots()[0];
  played.tcp = &played.runner->bots()[1];
  played.ws = &played.runner->bots()[2];
  return played;
}

std::vector<Json> of(const Played& played, const Bot& bot, const std::string& kind) {
  std::vector<Json> found;
  for (const auto& line : played.truth) {
    if (line["kind"] == kind && line["protocol"] == bot.carrier->protocol()) found.push_back(line);
  }
  return found;
}

TEST(Truth, HasEveryMessageWithTheKernelsStamps) {
  const auto played = play({});
  for (const Bot* bot : {played.udp, played.tcp, played.ws}) {
    const auto sent = of(played, *bot, "send");
    const auto received = of(played, *bot, "receive");
    EXPECT_EQ(sent.size(), bot->carrier->counts().messages_sent);
    EXPECT_EQ(received.size(), bot->carrier->counts().messages_received);
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      EXPECT_EQ(sent[i]["seq"], i + 1);
      bytes += sent[i]["payload_bytes"].get<std::uint64_t>();
      ASSERT_TRUE(sent[i]["kernel_mono_ns"].is_number()) << sent[i];
      EXPECT_LE(sent[i]["intended_mono_ns"], sent[i]["called_mono_ns"]);
      // 100 us for how well the distance of the clocks is known.
      EXPECT_LE(sent[i]["called_mono_ns"].get<std::int64_t>(), sent[i]["kernel_mono_ns"].get<std::int64_t>() + 100'000);
    }
    EXPECT_EQ(bytes, bot->carrier->counts().payload_bytes_sent);
    for (const auto& line : received) {
      ASSERT_TRUE(line["kernel_mono_ns"].is_number()) << line;
      EXPECT_LE(line["kernel_mono_ns"].get<std::int64_t>(), line["read_mono_ns"].get<std::int64_t>() + 100'000);
    }
  }
}

TEST(Truth, ShowsEachHitchAsATimeWithoutAMessage) {
  const auto played =
      play({.pace = {.hitch = {.length = std::chrono::milliseconds(200), .every = std::chrono::milliseconds(450)}}});
  for (const Bot* bot : {played.udp, played.tcp, played.ws}) {
    const auto hitches = of(played, *bot, "hitch");
    EXPECT_GE(hitches.size(), 1U);
    for (const auto& hitch : hitches) {
      const std::int64_t begin = hitch["begin_mono_ns"];
      const std::int64_t end = hitch["end_mono_ns"];
      EXPECT_GE(end - begin, 200'000'000);
      for (const auto& line : of(played, *bot, "send")) {
        EXPECT_FALSE(line["called_mono_ns"] > begin && line["called_mono_ns"] < end) << line;
      }
      for (const auto& line : of(played, *bot, "receive")) {
        EXPECT_FALSE(line["read_mono_ns"] > begin && line["read_mono_ns"] < end) << line;
      }
    }
  }
}

TEST(Truth, ShowsInputsOfABundleLeaveTogether) {
  const auto played = play({.bundle = 5});
  const auto sent = of(played, *played.udp, "send");
  int inputs = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) inputs += sent[i]["type"] == "input";
  EXPECT_GT(inputs, 50);
  EXPECT_EQ(inputs % 5, 0);
  // The first of five waited for four periods of 10 ms.
  EXPECT_GE(sent[1]["called_mono_ns"].get<std::int64_t>() - sent[1]["intended_mono_ns"].get<std::int64_t>(), 39'000'000);
}

TEST(Truth, EndsWithoutAByeForASilentBot) {
  const auto played = play({.pace = {.silent_after = std::chrono::milliseconds(500)}});
  for (const Bot* bot : {played.udp, played.tcp, played.ws}) {
    const auto sent = of(played, *bot, "send");
    EXPECT_EQ(sent.back()["type"], "input");
    EXPECT_LE(sent.size(), 53U);
  }
}

TEST(Truth, EndsWithAByeOfAnyOther) {
  const auto played = play({});
  EXPECT_EQ(of(played, *played.udp, "send").back()["type"], "bye");
}

TEST(Truth, ShowsThatALowFrameRateSendsOneInputAFrame) {
  const auto played = play({.pace = {.fps = 20}});
  const auto sent = of(played, *played.udp, "send");
  EXPECT_LE(sent.size(), 34U);
  for (std::size_t i = 2; i + 1 < sent.size(); ++i) {
    EXPECT_GE(sent[i]["intended_mono_ns"].get<std::int64_t>() - sent[i - 1]["intended_mono_ns"].get<std::int64_t>(), 49'999'999);
  }
}

}  // namespace
}  // namespace tickwire::game
