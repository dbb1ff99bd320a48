// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lag/lag.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "gameserver/bots/report.h"
#include "gameserver/bots/runner.h"
#include "gameserver/server/server.h"
#include "unit/gameserver/log_lines.h"
#include "unit/gameserver/loopback.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using Json = nlohmann::json;

std::vector<Json> of_kind(const std::vector<Json>& lines, const std::string& kind) {
  std::vector<Json> found;
  for (const auto& line : lines) {
    if (line["kind"] == kind) found.push_back(line);
  }
  return found;
}

// A server with lag, two UDP bots that played on it, and what both said.
struct Outcome {
  std::vector<Json> lag;
  Json bots;
};
Outcome play(const std::vector<LagCommand>& lag) {
  const TemporaryPath path("lag_of_server");
  Running<Server> server({.tick_rate_hz = 100, .lag = lag, .lag_log_path = path.text()});
  const auto runner = Runner::open({.server = "127.0.0.1",
                                    .udp_port = server.udp_port(),
                                    .tcp_port = server.tcp_port(),
                                    .udp_count = 2,
                                    .rate_hz = 100,
                                    .duration_s = 1.3});
  const UniqueFd never(::eventfd(0, EFD_CLOEXEC));
  (*runner)->run(never.fd());
  server.stop();
  const PlayReport played{.bots = (*runner)->bots(),
                          .idle = (*runner)->idle().counts(),
                          .login = (*runner)->login(),
                          .duration = (*runner)->duration()};
  return {.lag = log_lines(path.text()), .bots = Json::parse(report_json(played))};
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

TEST(ServerWithLagControl, CarriesOutACommandOfItsSocket) {
  const TemporaryPath path("control");
  Running<Server> server({.lag_control_path = path.text()});
  struct stat status {};
  ASSERT_EQ(::stat(path.text().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_TRUE(ask_for_lag(path.text(), "tick-stall 1ms"));
  EXPECT_EQ(ask_for_lag(path.text(), "tick-stall").error(),
            "tick-stall: say 'tick-stall DURATION' or 'tick-stall DURATION every DURATION'");
  EXPECT_EQ(ask_for_lag(path.text(), std::string(300, 'x')).error(), "the command is too long");
  server.stop();
}

TEST(ServerWithLagControl, AnswersDuringAStallOfInput) {
  const TemporaryPath path("control");
  Running<Server> server({.lag_control_path = path.text()});
  EXPECT_TRUE(ask_for_lag(path.text(), "io-stall 10s"));
  EXPECT_TRUE(ask_for_lag(path.text(), "stop"));
  server.stop();
}

}  // namespace
}  // namespace tickwire::game
