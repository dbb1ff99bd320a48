// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "export/stages.h"
#include "export/tables.h"
#include "export/text_stages.h"
#include "unit/export/golden.h"
#include "unit/export/sample_stages.h"

namespace tickwire::exporting {
namespace {

using namespace std::chrono_literals;
using model::Stage;
using testing::HasSubstr;
using testing::Not;

// What stands in the bar's column of the stage's line, from its beginning.
std::string bar_of(const std::string& text, std::string_view stage) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with("  " + std::string(stage) + " ")) return std::string(line.substr(2 + 15, 24));
  }
  return "no line";
}

std::size_t widest(const std::string& text) {
  std::size_t most = 0;
  for (const std::string_view line : split(text, '\n')) most = std::max(most, line.size());
  return most;
}

TEST(ConnectionText, ShowsTheWaterfallOfAPlayerWhoseDatagramsWaitForTheGame) {
  const std::string text = connection_text(sample::staged_snapshot(), sample::slow_reader());
  EXPECT_EQ(text, golden::expected("connection_stages_udp.txt", text));
}

TEST(ConnectionText, KeepsMaybeDelayedRoundTripsApart) {
  const std::string text = connection_text(sample::staged_snapshot(), sample::quiet_player());
  EXPECT_EQ(text, golden::expected("connection_stages_tcp.txt", text));
}

TEST(ConnectionText, SaysThatEveryAcknowledgementMayHaveBeenDelayed) {
  model::Connection connection = sample::quiet_player();
  connection.rtt = {};
  const std::string text = connection_text(sample::staged_snapshot(), connection);
  EXPECT_THAT(text, HasSubstr("\nrtt: not measured: every acknowledgement so far may have been delayed\n"));
}

TEST(ConnectionText, HasNothingOfStagesWithoutThem) {
  const std::string text = connection_text(sample::snapshot(), sample::tcp_connection());
  for (const char* word : {"stage", "qdisc", "delayed", "spacing", "socket"}) EXPECT_THAT(text, Not(HasSubstr(word)));
}

TEST(Waterfall, HasBarsThatBeginWhereTheOneBeforeEnds) {
  model::Connection connection = sample::slow_reader();
  connection.stages = sample::stages({{6ms, 100}}, {{12ms, 100}}, {{3ms, 100}}, {{3ms, 100}});
  const std::string text = waterfall(sample::staged_snapshot(), connection, model::Window::kAll);
  EXPECT_EQ(bar_of(text, "nic_to_socket"), "######                  ");
  EXPECT_EQ(bar_of(text, "socket_to_app"), "      ############      ");
  EXPECT_EQ(bar_of(text, "app"), "                  ###   ");
  EXPECT_EQ(bar_of(text, "app_to_nic"), "                     ###");
}

TEST(Waterfall, HasMeansThatAddUpToTheTurnaround) {
  model::Connection connection = sample::slow_reader();
  connection.stages = sample::stages({{1ms, 20}}, {{2ms, 20}}, {{4ms, 20}}, {{3ms, 20}});
  EXPECT_EQ(followed_turnaround(connection), 10ms);
  const std::string text = waterfall(sample::staged_snapshot(), connection, model::Window::kAll);
  EXPECT_THAT(text, HasSubstr("1.00ms  10.0%"));
  EXPECT_THAT(text, HasSubstr("2.00ms  20.0%"));
  EXPECT_THAT(text, HasSubstr("4.00ms  40.0%"));
  EXPECT_THAT(text, HasSubstr("3.00ms  30.0%"));
  EXPECT_THAT(text, HasSubstr("10.0ms   100%"));
}

TEST(Waterfall, KeepsToAHundredColumnsWhateverTheHooksAreCalled) {
  model::Connection connection = sample::slow_reader();
  connection.stages = sample::stages({{999us, 100}}, {{999us, 100}}, {{999us, 100}}, {{999us, 100}});
  model::Snapshot snapshot = sample::staged_snapshot();
  for (model::HookOutcome& hook : snapshot.hooks) {
    for (model::HookAttempt& attempt : hook.attempts) attempt.candidate = std::string(60, 'x');
  }
  EXPECT_LE(widest(waterfall(snapshot, connection, model::Window::kAll)), 100U);
}

TEST(StageLines, KeepToAHundredColumns) {
  const model::Snapshot snapshot = sample::staged_snapshot();
  for (const model::Connection& connection : {sample::slow_reader(), sample::quiet_player()}) {
    EXPECT_LE(widest(rtt_sources(snapshot, connection)), 100U);
    EXPECT_LE(widest(waterfall(snapshot, connection, model::Window::kAll)), 100U);
    EXPECT_LE(widest(pace_lines(connection)), 100U);
    EXPECT_LE(widest(socket_lines(connection)), 100U);
  }
}

TEST(Waterfall, HasQuantilesOfTheWindowBesideMeansOfAll) {
  const model::Connection connection = sample::slow_reader();
  model::Snapshot snapshot = sample::staged_snapshot();
  snapshot.recent_connections = sample::recent(
      model::Resolution::kConnection,
      {{{connection.id.slot, connection.id.generation},
        {{5s, model::Series::kStageSocketToApp, {{128us, 100}}}, {30s, model::Series::kStageSocketToApp, {{400ms, 100}}}}}});
  const auto row = [&](model::Window window) {
    const std::string text = waterfall(snapshot, connection, window);
    return text.substr(text.find("socket_to_app"),
                       text.find("app  ", text.find("socket_to_app") + 13) - text.find("socket_to_app"));
  };
  EXPECT_THAT(waterfall(snapshot, connection, model::Window::k10s),
              HasSubstr("that were followed; P50 and P99 of the last 10s\n"));
  EXPECT_THAT(row(model::Window::k10s), HasSubstr("11.2ms  73.4%  123us  123us"));
  EXPECT_THAT(row(model::Window::kAll), HasSubstr("11.2ms  73.4%  7.86ms  37.7ms"));
}

TEST(Waterfall, SaysWhichHookIsMissing) {
  model::Connection connection = sample::slow_reader();
  connection.stages = {};
  model::Snapshot snapshot = sample::staged_snapshot();
  std::erase_if(snapshot.hooks, [](const auto& hook) { return hook.capability == "udp_write" || hook.capability == "qdisc"; });
  EXPECT_EQ(waterfall(snapshot, connection, model::Window::kAll),
            "\nstages: not measured: nothing is attached for udp_write; `tickwire status` says why\n"
            "  qdisc, after it: not measured: nothing is attached for qdisc; `tickwire status` says why\n");
}

TEST(Waterfall, SaysThatNoRequestWasFollowed) {
  model::Connection connection = sample::slow_reader();
  connection.stages = {};
  connection.followed = model::FollowedCounts{};
  EXPECT_THAT(waterfall(sample::staged_snapshot(), connection, model::Window::kAll),
              HasSubstr("stages: not measured: no request was followed to the socket yet\n"));
  connection.followed = model::FollowedCounts{.followed = 5};
  EXPECT_THAT(waterfall(sample::staged_snapshot(), connection, model::Window::kAll),
              HasSubstr("stages: not measured: no request was followed to its answer yet\n"));
  connection.followed->resyncs = 2;
  EXPECT_THAT(waterfall(sample::staged_snapshot(), connection, model::Window::kAll),
              HasSubstr("stages: not measured: the game looks at datagrams before it reads them\n"));
}

TEST(Waterfall, IsNothingWithoutStages) {
  EXPECT_EQ(waterfall(sample::snapshot(), sample::udp_connection(), model::Window::kAll), "");
}

TEST(SocketLines, HaveNoMeanBeforeTheFirstDatagram) {
  model::Connection connection = sample::slow_reader();
  connection.socket = model::SocketCounts{};
  EXPECT_THAT(socket_lines(connection), HasSubstr("waiting when another came: - on average, 0 at most\n"));
}

TEST(SocketLines, AreNothingWithoutASocket) { EXPECT_EQ(socket_lines(sample::quiet_player()), ""); }

TEST(HookOf, JoinsTheFamiliesAndNamesWhatIsAttachedOnly) {
  model::Snapshot snapshot;
  snapshot.hooks = {sample::hook("udp_read", {"cgroup/recvmsg4", "cgroup/recvmsg6"})};
  EXPECT_EQ(hook_of(snapshot, model::Protocol::kUdp, Stage::kSocketToApp), "cgroup/recvmsg4,6");
  snapshot.hooks[0].attempts[0].attached = false;
  EXPECT_EQ(hook_of(snapshot, model::Protocol::kUdp, Stage::kSocketToApp), "cgroup/recvmsg6");
  EXPECT_EQ(hook_of(snapshot, model::Protocol::kTcp, Stage::kSocketToApp), "");
}

TEST(HookOf, NamesTheDepartureOnceForInterfacesThatAreAlike) {
  model::Snapshot snapshot;
  snapshot.hooks = {sample::hook("departure", {"tcx"}), sample::hook("departure", {"tcx"}),
                    sample::hook("departure", {"clsact"})};
  EXPECT_EQ(hook_of(snapshot, model::Protocol::kUdp, Stage::kAppToNic), "tcx clsact");
}

}  // namespace
}  // namespace tickwire::exporting
