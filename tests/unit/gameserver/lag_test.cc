// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/lag.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "gameserver/bots/report.h"
#include "gameserver/bots/runner.h"
#include "gameserver/server/lag_control.h"
#include "gameserver/server/server.h"
#include "loopback.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Json = nlohmann::json;

std::string temporary(const std::string& name) {
  return (std::filesystem::path(testing::TempDir()) / (name + std::to_string(::getpid()))).string();
}

std::vector<Json> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::vector<Json> of_kind(const std::vector<Json>& lines, const std::string& kind) {
  std::vector<Json> found;
  for (const auto& line : lines) {
    if (line["kind"] == kind) found.push_back(line);
  }
  return found;
}

TEST(LagCommand, IsReadFromText) {
  EXPECT_EQ(parse_lag_command("tick-stall 120ms every 5s"),
            LagCommand(RecurLag{.kind = LagKind::kTickStall, .spec = {.length = milliseconds(120), .every = seconds(5)}}));
  EXPECT_EQ(parse_lag_command(" burn 3ms "), LagCommand(RecurLag{.kind = LagKind::kBurn, .spec = {.length = milliseconds(3)}}));
  EXPECT_EQ(parse_lag_command("io-stall 10s"), LagCommand(RecurLag{.kind = LagKind::kIoStall, .spec = {.length = seconds(10)}}));
  EXPECT_EQ(parse_lag_command("receive-buffer 4096"), LagCommand(SetReceiveBuffer{.bytes = 4096}));
  EXPECT_EQ(parse_lag_command("stop"), LagCommand(StopLag{}));
}

TEST(LagCommand, IsWrittenAsItIsRead) {
  for (const char* text : {"tick-stall 120ms every 5s", "burn 3ms", "io-stall 10s every 1m", "receive-buffer 4096", "stop"}) {
    const auto command = parse_lag_command(text);
    ASSERT_TRUE(command) << text;
    EXPECT_EQ(lag_command_text(*command), text);
  }
}

TEST(LagCommand, IsRefusedWithTheReason) {
  const auto error = [](std::string_view text) { return parse_lag_command(text).error(); };
  EXPECT_EQ(error(""), "the command is empty");
  EXPECT_EQ(error("sleep 1s"), "'sleep' is none of tick-stall, burn, io-stall, receive-buffer, stop");
  EXPECT_EQ(error("burn 1ms always"), "burn: say 'burn DURATION' or 'burn DURATION every DURATION'");
  EXPECT_EQ(error("burn 1"), "'1' is no duration such as 250us, 120ms or 5s");
  EXPECT_EQ(error("burn 0s"), "burn: a length of 0 is none");
  EXPECT_EQ(error("tick-stall 11s"), "tick-stall: 11s is longer than 10s");
  EXPECT_EQ(error("tick-stall 2s every 2s"), "tick-stall: 2s is not shorter than 2s");
  EXPECT_EQ(error("receive-buffer 0"), "receive-buffer: say 'receive-buffer BYTES', 1 .. 67108864");
  EXPECT_EQ(error("receive-buffer 5 6"), "receive-buffer: say 'receive-buffer BYTES', 1 .. 67108864");
  EXPECT_EQ(error("stop it"), "'stop' is none of tick-stall, burn, io-stall, receive-buffer, stop");
}

class LagOfALog : public ::testing::Test {
 protected:
  LagOfALog() : lag_(*LineFile::open(path_), -1) {}
  ~LagOfALog() override { std::filesystem::remove(path_); }
  std::string path_ = temporary("lag");
  Lag lag_;
};

TEST_F(LagOfALog, StallsATickForAsLongAsItSays) {
  ASSERT_TRUE(lag_.apply(RecurLag{.kind = LagKind::kTickStall, .spec = {.length = milliseconds(5)}}, seconds(1)));
  lag_.begin_tick(17, seconds(1) - Nanoseconds(1));
  EXPECT_TRUE(lines_of(path_).empty());
  const auto before = monotonic_now();
  lag_.begin_tick(18, seconds(1));
  const auto after = monotonic_now();
  const auto lines = lines_of(path_);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["kind"], "tick_stall");
  EXPECT_EQ(lines[0]["asked_ns"], 5'000'000);
  EXPECT_EQ(lines[0]["tick"], 18);
  const std::int64_t begin = lines[0]["begin_mono_ns"];
  const std::int64_t end = lines[0]["end_mono_ns"];
  EXPECT_GE(end - begin, 5'000'000);
  EXPECT_GE(begin, before.count());
  EXPECT_LE(end, after.count());
}

TEST_F(LagOfALog, BurnsProcessorTime) {
  ASSERT_TRUE(lag_.apply(RecurLag{.kind = LagKind::kBurn, .spec = {.length = milliseconds(2)}}, seconds(1)));
  lag_.begin_tick(1, seconds(1));
  const auto lines = lines_of(path_);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["kind"], "burn");
  EXPECT_GE(lines[0]["processor_ns"], 2'000'000);
}

TEST_F(LagOfALog, StallsInputBetweenTwoTimes) {
  const RecurrenceSpec spec{.length = milliseconds(200), .every = seconds(2)};
  ASSERT_TRUE(lag_.apply(RecurLag{.kind = LagKind::kIoStall, .spec = spec}, seconds(10)));
  EXPECT_EQ(lag_.next_change_mono(), seconds(12));
  lag_.advance(seconds(12) - Nanoseconds(1));
  EXPECT_FALSE(lag_.io_stalled());
  lag_.advance(seconds(12));
  EXPECT_TRUE(lag_.io_stalled());
  EXPECT_EQ(lag_.next_change_mono(), seconds(12) + milliseconds(200));
  lag_.advance(seconds(12) + milliseconds(203));
  EXPECT_FALSE(lag_.io_stalled());
  EXPECT_EQ(lag_.next_change_mono(), seconds(14));
  const auto lines = lines_of(path_);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0],
            Json::parse(R"({"kind":"io_stall","begin_mono_ns":12000000000,"end_mono_ns":12203000000,"asked_ns":200000000})"));
}

TEST_F(LagOfALog, StopsWhatRecursAndLetsAStallEnd) {
  const RecurrenceSpec spec{.length = milliseconds(200), .every = seconds(2)};
  ASSERT_TRUE(lag_.apply(RecurLag{.kind = LagKind::kIoStall, .spec = spec}, seconds(10)));
  lag_.advance(seconds(12));
  ASSERT_TRUE(lag_.apply(StopLag{}, seconds(12)));
  EXPECT_TRUE(lag_.io_stalled());
  lag_.advance(seconds(13));
  EXPECT_FALSE(lag_.io_stalled());
  EXPECT_EQ(lag_.next_change_mono(), Nanoseconds::max());
}

TEST_F(LagOfALog, NotesCommandsWithTheirOutcome) {
  lag_.log_command("stop", {}, Nanoseconds(5));
  lag_.log_command("sl\xff", std::unexpected(std::string("no")), Nanoseconds(6));
  const auto lines = lines_of(path_);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], Json::parse(R"({"kind":"command","time_mono_ns":5,"text":"stop","error":null})"));
  EXPECT_EQ(lines[1]["error"], "no");
}

// A server with lag, two UDP bots that played on it, and what both said.
struct Played {
  std::vector<Json> lag;
  Json bots;
};
Played play(const std::vector<LagCommand>& lag) {
  const std::string path = temporary("lag_of_server");
  Running<Server> server({.tick_rate_hz = 100, .lag = lag, .lag_log_path = path});
  const auto runner = Runner::open({.server = "127.0.0.1",
                                    .udp_port = server.udp_port(),
                                    .tcp_port = server.tcp_port(),
                                    .udp_count = 2,
                                    .rate_hz = 100,
                                    .duration_s = 1.3});
  const UniqueFd never(::eventfd(0, EFD_CLOEXEC));
  (*runner)->run(never.fd());
  server.stop();
  Played played{.lag = lines_of(path), .bots = Json::parse(report_json((*runner)->bots(), (*runner)->duration()))};
  std::filesystem::remove(path);
  return played;
}

TEST(ServerWithLag, MakesItsPlayersWaitForAStalledTick) {
  const RecurrenceSpec spec{.length = milliseconds(100), .every = milliseconds(500)};
  const auto played = play({RecurLag{.kind = LagKind::kTickStall, .spec = spec}});
  EXPECT_GE(of_kind(played.lag, "tick_stall").size(), 2U);
  EXPECT_EQ(of_kind(played.lag, "command").size(), 1U);
  EXPECT_GE(played.bots["intended_response_ns"]["udp"]["max"], 90'000'000);
}

TEST(ServerWithLag, MakesItsPlayersWaitForStalledInput) {
  const RecurrenceSpec spec{.length = milliseconds(100), .every = milliseconds(500)};
  const auto played = play({RecurLag{.kind = LagKind::kIoStall, .spec = spec}});
  EXPECT_GE(of_kind(played.lag, "io_stall").size(), 2U);
  EXPECT_GE(played.bots["intended_response_ns"]["udp"]["max"], 90'000'000);
  EXPECT_EQ(played.bots["connections"][0]["messages_missing"], 0);
}

TEST(ServerWithLag, SetsItsReceiveBuffer) {
  const auto played = play({SetReceiveBuffer{.bytes = 8192}});
  const auto lines = of_kind(played.lag, "receive_buffer");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["asked_bytes"], 8192);
  EXPECT_EQ(lines[0]["effective_bytes"], 16384);
}

TEST(ServerWithLag, InjectsNothingUnlessAsked) { EXPECT_TRUE(play({}).lag.empty()); }

TEST(LagControl, CarriesOutACommandOfItsSocket) {
  const std::string path = temporary("control");
  Running<Server> server({.lag_control_path = path});
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_TRUE(ask_for_lag(path, "tick-stall 1ms"));
  EXPECT_EQ(ask_for_lag(path, "tick-stall").error(),
            "tick-stall: say 'tick-stall DURATION' or 'tick-stall DURATION every DURATION'");
  EXPECT_EQ(ask_for_lag(path, std::string(300, 'x')).error(), "the command is too long");
  server.stop();
}

TEST(LagControl, AnswersDuringAStallOfInput) {
  const std::string path = temporary("control");
  Running<Server> server({.lag_control_path = path});
  EXPECT_TRUE(ask_for_lag(path, "io-stall 10s"));
  EXPECT_TRUE(ask_for_lag(path, "stop"));
  server.stop();
}

TEST(LagControl, LeavesNoSocketBehind) {
  const std::string path = temporary("control");
  { const auto control = LagControl::open(path); }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(ask_for_lag(path, "stop").error(), "connect to " + path + ": No such file or directory");
}

TEST(LagControl, TakesAPathOverFromADeadServerOnly) {
  const std::string path = temporary("control");
  {
    const UniqueFd dead(::socket(AF_UNIX, SOCK_DGRAM, 0));
    sockaddr_un address{.sun_family = AF_UNIX};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  const auto first = LagControl::open(path);
  ASSERT_TRUE(first) << first.error();
  const auto second = LagControl::open(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "bind " + path + ": Address already in use");
}

TEST(LagControl, NeverReplacesAFile) {
  const std::string path = temporary("file");
  std::ofstream(path) << "precious";
  EXPECT_FALSE(LagControl::open(path));
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace tickwire::game
