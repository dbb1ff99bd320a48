// SPDX-License-Identifier: Apache-2.0
#include "base/read.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/unique_fd.h"

namespace tickwire {
namespace {

// The end of a pipe that holds the text and is closed at its other end.
UniqueFd holding(const std::string& text) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd in(ends[1]);
  EXPECT_EQ(::write(in.fd(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  return UniqueFd(ends[0]);
}

TEST(ReadToEnd, GivesEverything) {
  const std::string text(40'000, 'x');
  EXPECT_EQ(read_to_end(holding(text).fd(), text.size()), text);
  EXPECT_EQ(read_to_end(holding("").fd(), 0), "");
}

TEST(ReadToEnd, RefusesAByteMoreThanItMayRead) {
  const auto read = read_to_end(holding("12345").fd(), 4);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), EFBIG);
}

TEST(ReadToEnd, SaysWhyItCannotRead) {
  const UniqueFd folder(::open("/", O_RDONLY | O_CLOEXEC));
  const auto read = read_to_end(folder.fd(), 1);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), EISDIR);
}

TEST(OpenToRead, TellsARegularFileFromOthers) {
  const auto file = open_to_read("/proc/self/status");
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->is_regular());
  EXPECT_TRUE(read_to_end(file->file.fd(), 1 << 20)->starts_with("Name:"));
  EXPECT_FALSE(open_to_read("/")->is_regular());
}

TEST(OpenToRead, DoesNotWaitForTheWriterOfAPipe) {
  const std::string path = testing::TempDir() + "open_to_read_" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto pipe = open_to_read(path);
  ::unlink(path.c_str());
  ASSERT_TRUE(pipe);
  EXPECT_FALSE(pipe->is_regular());
}

TEST(OpenToRead, SaysWhyItCannotOpen) {
  const auto missing = open_to_read("/nowhere/file");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), ENOENT);
}

}  // namespace
}  // namespace tickwire
