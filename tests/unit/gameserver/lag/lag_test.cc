// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lag/lag.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "unit/gameserver/log_lines.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Json = nlohmann::json;

// The lines of this kind once there are so many, or as many as there are after ten seconds.
std::vector<Json> wait_for_lines(const std::string& path, const std::string& kind, std::size_t count) {
  const auto deadline = monotonic_now() + seconds(10);
  std::vector<Json> found;
  while (found.size() < count && monotonic_now() < deadline) {
    found.clear();
    for (const auto& line : log_lines(path)) {
      if (line["kind"] == kind) found.push_back(line);
    }
    std::this_thread::yield();
  }
  return found;
}

class LagTest : public ::testing::Test {
 protected:
  std::unique_ptr<Lag> open(const LagTargets& targets = {}) {
    auto lag = Lag::open({.control_path = control_.text(), .log_path = log_.text()}, targets);
    EXPECT_TRUE(lag) << lag.error();
    return std::move(*lag);
  }

  TemporaryPath control_{"control"};
  TemporaryPath log_{"lag"};
};

TEST_F(LagTest, InjectsNothingUnlessAsked) {
  const auto lag = Lag::open({.log_path = log_.text()}, {});
  ASSERT_TRUE(lag);
  (*lag)->world().begin_tick(1, std::chrono::hours(1'000'000));
  (*lag)->net().advance(std::chrono::hours(1'000'000));
  EXPECT_FALSE((*lag)->net().stalled());
  EXPECT_TRUE(log_lines(log_.text()).empty());
}

TEST_F(LagTest, CarriesOutTheCommandsOfTheStart) {
  const RecurrenceSpec spec{.length = milliseconds(1), .every = seconds(5)};
  const auto before = monotonic_now();
  const auto lag = Lag::open({.at_start = {RecurLag{.kind = LagKind::kIoStall, .spec = spec}}, .log_path = log_.text()}, {});
  ASSERT_TRUE(lag);
  EXPECT_GE((*lag)->net().next_change_mono(), before + seconds(5));
  EXPECT_LE((*lag)->net().next_change_mono(), monotonic_now() + seconds(5));
  const auto lines = log_lines(log_.text());
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["kind"], "command");
  EXPECT_EQ(lines[0]["text"], "io-stall 1ms every 5s");
  EXPECT_TRUE(lines[0]["error"].is_null());
}

TEST_F(LagTest, SaysWhichCommandOfTheStartCannotBe) {
  const RecurrenceSpec spec{.length = milliseconds(1)};
  const auto lag = Lag::open({.at_start = {RecurLag{.kind = LagKind::kLockHeld, .spec = spec}}}, {});
  ASSERT_FALSE(lag);
  EXPECT_EQ(lag.error(), "lock-held: there is no lock to hold");
}

TEST_F(LagTest, StallsTheInputOfEveryGatewayAndWakesThem) {
  const auto net = *Wake::open();
  const auto web = *Wake::open();
  const auto lag = open({.net_wake = net, .web_wake = web});
  ASSERT_TRUE(ask_for_lag(control_.text(), "io-stall 200ms"));
  EXPECT_TRUE(net->wait_until(monotonic_now() + seconds(10)));
  EXPECT_TRUE(web->wait_until(monotonic_now() + seconds(10)));
  const auto now = monotonic_now();
  lag->net().advance(now);
  lag->web().advance(now);
  EXPECT_TRUE(lag->net().stalled());
  EXPECT_TRUE(lag->web().stalled());
}

TEST_F(LagTest, StopsWhatRecurs) {
  const auto lag = open();
  ASSERT_TRUE(ask_for_lag(control_.text(), "io-stall 200ms every 1s"));
  EXPECT_NE(lag->net().next_change_mono(), Nanoseconds::max());
  ASSERT_TRUE(ask_for_lag(control_.text(), "stop"));
  EXPECT_EQ(lag->net().next_change_mono(), Nanoseconds::max());
}

TEST_F(LagTest, HoldsTheLockThatInputsWaitFor) {
  InputBoard board("inputs", 4);
  const auto lag = open({.borrowed_board = &board});
  ASSERT_TRUE(ask_for_lag(control_.text(), "lock-held 30ms every 40ms"));
  // Inputs come all the time; one of them comes while the lock is held, and waits for its end.
  std::vector<BoardEntry> drained;
  auto longest = Nanoseconds::zero();
  const auto deadline = monotonic_now() + seconds(10);
  for (std::uint16_t seq = 1; longest < milliseconds(20) && monotonic_now() < deadline; ++seq) {
    const auto before = monotonic_now();
    static_cast<void>(board.put(1, {.input_seq = seq}));
    board.drain(drained);
    longest = std::max(longest, monotonic_now() - before);
  }
  EXPECT_GE(longest, milliseconds(20));
  const auto lines = wait_for_lines(log_.text(), "lock_held", 1);
  ASSERT_GE(lines.size(), 1U);
  EXPECT_EQ(lines[0]["asked_ns"], 30'000'000);
  EXPECT_GE(lines[0]["end_mono_ns"].get<std::int64_t>() - lines[0]["begin_mono_ns"].get<std::int64_t>(), 30'000'000);
}

TEST_F(LagTest, AnswersWhileItHoldsTheLockAndGivesItUpAtTheEnd) {
  InputBoard board("inputs", 4);
  const auto lag = open({.borrowed_board = &board});
  ASSERT_TRUE(ask_for_lag(control_.text(), "lock-held 10s"));
  EXPECT_TRUE(ask_for_lag(control_.text(), "stop"));
  EXPECT_TRUE(wait_for_lines(log_.text(), "lock_held", 0).empty());
  lag->end();
  EXPECT_TRUE(board.put(1, {.input_seq = 1}));
  const auto lines = wait_for_lines(log_.text(), "lock_held", 1);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["asked_ns"], 10'000'000'000);
}

TEST_F(LagTest, SetsTheReceiveBuffer) {
  const UniqueFd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto lag = open({.borrowed_udp_fd = udp.fd()});
  ASSERT_TRUE(ask_for_lag(control_.text(), "receive-buffer 8192"));
  const auto lines = wait_for_lines(log_.text(), "receive_buffer", 1);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["asked_bytes"], 8192);
  EXPECT_EQ(lines[0]["effective_bytes"], 16384);
  int effective = 0;
  socklen_t length = sizeof effective;
  ASSERT_EQ(::getsockopt(udp.fd(), SOL_SOCKET, SO_RCVBUF, &effective, &length), 0);
  EXPECT_EQ(effective, 16384);
}

TEST_F(LagTest, SaysThatThereIsNoSocketWhoseBufferCouldBeSet) {
  const auto lag = open();
  EXPECT_EQ(ask_for_lag(control_.text(), "receive-buffer 8192").error(), "receive-buffer: there is no UDP socket");
}

TEST_F(LagTest, NotesCommandsWithTheirOutcome) {
  const auto lag = open();
  ASSERT_TRUE(ask_for_lag(control_.text(), "stop"));
  EXPECT_EQ(ask_for_lag(control_.text(), "sl\xff").error(),
            "'sl\xff' is none of tick-stall, burn, io-stall, lock-held, receive-buffer, stop");
  const auto lines = wait_for_lines(log_.text(), "command", 2);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["text"], "stop");
  EXPECT_TRUE(lines[0]["error"].is_null());
  EXPECT_EQ(lines[1]["text"], "sl\xEF\xBF\xBD");
  EXPECT_EQ(lines[1]["error"], "'sl\xEF\xBF\xBD' is none of tick-stall, burn, io-stall, lock-held, receive-buffer, stop");
}

TEST_F(LagTest, RefusesACommandThatIsTooLong) {
  const auto lag = open();
  EXPECT_EQ(ask_for_lag(control_.text(), std::string(300, 'x')).error(), "the command is too long");
}

TEST_F(LagTest, IsAskedByItsOwnerAlone) {
  const auto lag = open();
  struct stat status {};
  ASSERT_EQ(::stat(control_.text().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(LagTest, LeavesNoSocketBehind) {
  open().reset();
  EXPECT_FALSE(std::filesystem::exists(control_.text()));
  EXPECT_EQ(ask_for_lag(control_.text(), "stop").error(), "connect to " + control_.text() + ": No such file or directory");
}

TEST_F(LagTest, TakesAPathOverFromADeadServerOnly) {
  {
    const UniqueFd dead(::socket(AF_UNIX, SOCK_DGRAM, 0));
    sockaddr_un address{.sun_family = AF_UNIX};
    control_.text().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(dead.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  const auto first = open();
  const auto second = Lag::open({.control_path = control_.text()}, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "bind " + control_.text() + ": Address already in use");
}

TEST_F(LagTest, NeverReplacesAFile) {
  std::ofstream(control_.text()) << "precious";
  EXPECT_FALSE(Lag::open({.control_path = control_.text()}, {}));
  EXPECT_EQ(std::filesystem::file_size(control_.text()), 8U);
}

}  // namespace
}  // namespace tickwire::game
