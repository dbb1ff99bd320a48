// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lag/lag_command.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LagCommand, IsReadFromText) {
  EXPECT_EQ(parse_lag_command("tick-stall 120ms every 5s"),
            LagCommand(RecurLag{.kind = LagKind::kTickStall, .spec = {.length = milliseconds(120), .every = seconds(5)}}));
  EXPECT_EQ(parse_lag_command(" burn 3ms "), LagCommand(RecurLag{.kind = LagKind::kBurn, .spec = {.length = milliseconds(3)}}));
  EXPECT_EQ(parse_lag_command("io-stall 10s"), LagCommand(RecurLag{.kind = LagKind::kIoStall, .spec = {.length = seconds(10)}}));
  EXPECT_EQ(parse_lag_command("lock-held 120ms every 5s"),
            LagCommand(RecurLag{.kind = LagKind::kLockHeld, .spec = {.length = milliseconds(120), .every = seconds(5)}}));
  EXPECT_EQ(parse_lag_command("receive-buffer 4096"), LagCommand(SetReceiveBuffer{.bytes = 4096}));
  EXPECT_EQ(parse_lag_command("stop"), LagCommand(StopLag{}));
}

TEST(LagCommand, IsWrittenAsItIsRead) {
  for (const char* text : {"tick-stall 120ms every 5s", "burn 3ms", "io-stall 10s every 1m", "lock-held 120ms every 5s",
                           "receive-buffer 4096", "stop"}) {
    const auto command = parse_lag_command(text);
    ASSERT_TRUE(command) << text;
    EXPECT_EQ(lag_command_text(*command), text);
  }
}

TEST(LagCommand, IsRefusedWithTheReason) {
  const auto error = [](std::string_view text) { return parse_lag_command(text).error(); };
  EXPECT_EQ(error(""), "the command is empty");
  EXPECT_EQ(error("sleep 1s"), "'sleep' is none of tick-stall, burn, io-stall, lock-held, receive-buffer, stop");
  EXPECT_EQ(error("burn 1ms always"), "burn: say 'burn DURATION' or 'burn DURATION every DURATION'");
  EXPECT_EQ(error("burn 1"), "'1' is no duration such as 250us, 120ms or 5s");
  EXPECT_EQ(error("burn 0s"), "burn: a length of 0 is none");
  EXPECT_EQ(error("tick-stall 11s"), "tick-stall: 11s is longer than 10s");
  EXPECT_EQ(error("tick-stall 2s every 2s"), "tick-stall: 2s is not shorter than 2s");
  EXPECT_EQ(error("receive-buffer 0"), "receive-buffer: say 'receive-buffer BYTES', 1 .. 67108864");
  EXPECT_EQ(error("receive-buffer 5 6"), "receive-buffer: say 'receive-buffer BYTES', 1 .. 67108864");
  EXPECT_EQ(error("stop it"), "'stop' is none of tick-stall, burn, io-stall, lock-held, receive-buffer, stop");
}

}  // namespace
}  // namespace tickwire::game
