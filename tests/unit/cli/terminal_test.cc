// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "base/unique_fd.h"

namespace tickwire::cli {
namespace {

using namespace std::chrono_literals;

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

Pipe open_pipe(int flags) {
  std::array<int, 2> ends{-1, -1};
  EXPECT_EQ(::pipe2(ends.data(), flags | O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

TEST(WriteAll, WritesEverything) {
  const Pipe pipe = open_pipe(0);
  EXPECT_EQ(write_all(pipe.writer.fd(), "rows\n"), true);
  std::array<char, 16> read{};
  EXPECT_EQ(::read(pipe.reader.fd(), read.data(), read.size()), 5);
  EXPECT_STREQ(read.data(), "rows\n");
}

TEST(WriteAll, SaysThatTheReaderHasGone) {
  Pipe pipe = open_pipe(0);
  pipe.reader.reset();
  const Output output;
  EXPECT_EQ(write_all(pipe.writer.fd(), "rows\n"), false);
}

TEST(WriteAll, NamesOtherErrors) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const auto written = write_all(full.fd(), "rows\n");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "write to standard output: ENOSPC (No space left on device)");
}

TEST(WriteAll, WaitsForRoomInANonBlockingPipe) {
  const Pipe pipe = open_pipe(O_NONBLOCK);
  const std::string text(1 << 20, 'x');  // more than a pipe holds
  std::size_t received = 0;
  std::jthread reader([&] {
    std::array<char, 4096> chunk{};
    while (received < text.size()) {
      const ssize_t length = ::read(pipe.reader.fd(), chunk.data(), chunk.size());
      if (length > 0) received += static_cast<std::size_t>(length);
      if (length == 0) return;
    }
  });
  EXPECT_EQ(write_all(pipe.writer.fd(), text), true);
  reader.join();
  EXPECT_EQ(received, text.size());
}

TEST(Screen, OverwritesLineByLineAndClearsTheRest) {
  EXPECT_EQ(screen("a\nb\n", 24), "\x1b[?7l\x1b[Ha\x1b[K\nb\x1b[K\x1b[J\x1b[?7h");
}

TEST(Screen, CutsWhatDoesNotFit) { EXPECT_EQ(screen("a\nb\nc\n", 2), "\x1b[?7l\x1b[Ha\x1b[K\nb\x1b[K\x1b[J\x1b[?7h"); }

TEST(Screen, ShowsAllRowsThatFitExactly) { EXPECT_EQ(screen("a\nb", 2), screen("a\nb\n", 2)); }

TEST(Screen, IsEmptyForAnEmptyText) { EXPECT_EQ(screen("", 24), "\x1b[?7l\x1b[H\x1b[K\x1b[J\x1b[?7h"); }

TEST(TerminalRows, AreNoneForAPipe) { EXPECT_EQ(terminal_rows(open_pipe(0).writer.fd()), std::nullopt); }

TEST(Interrupt, IsSeenAtOnce) {
  const Interrupt interrupt;
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(interrupt.wait(1h));
}

TEST(Interrupt, IsNotSeenWhenNoneCame) {
  const Interrupt interrupt;
  EXPECT_FALSE(interrupt.wait(1ms));
}

TEST(Interrupt, GivesTheSignalsBack) {
  sigset_t before;
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  { const Interrupt interrupt; }
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&after, SIGINT), sigismember(&before, SIGINT));
  EXPECT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

}  // namespace
}  // namespace tickwire::cli
