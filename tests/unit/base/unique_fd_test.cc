// SPDX-License-Identifier: Apache-2.0
#include "base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace tickwire {
namespace {

int open_null() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool is_open(int borrowed_fd) { return ::fcntl(borrowed_fd, F_GETFD) != -1; }

TEST(UniqueFd, OwnsNothingAtFirst) {
  const UniqueFd empty;
  EXPECT_EQ(empty.fd(), -1);
  EXPECT_FALSE(empty);
}

TEST(UniqueFd, ClosesAtTheEndOfItsLife) {
  int borrowed_fd = -1;
  {
    const UniqueFd owner(open_null());
    borrowed_fd = owner.fd();
    ASSERT_TRUE(is_open(borrowed_fd));
  }
  EXPECT_FALSE(is_open(borrowed_fd));
}

TEST(UniqueFd, GivesItsDescriptorToWhoItIsMovedTo) {
  UniqueFd first(open_null());
  const int borrowed_fd = first.fd();
  const UniqueFd second(std::move(first));
  EXPECT_EQ(second.fd(), borrowed_fd);
  EXPECT_TRUE(is_open(borrowed_fd));
}

TEST(UniqueFd, ClosesWhatItHadWhenAnotherIsMovedIn) {
  UniqueFd first(open_null());
  const int borrowed_fd = first.fd();
  first = UniqueFd(open_null());
  EXPECT_NE(first.fd(), borrowed_fd);
  EXPECT_FALSE(is_open(borrowed_fd));
}

TEST(UniqueFd, LeavesAReleasedDescriptorOpen) {
  UniqueFd owner(open_null());
  const UniqueFd next(owner.release());
  EXPECT_FALSE(owner);
  EXPECT_TRUE(is_open(next.fd()));
}

}  // namespace
}  // namespace tickwire
