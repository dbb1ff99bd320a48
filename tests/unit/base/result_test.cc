// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tickwire {
namespace {

TEST(Failure, IsTheExitCode) {
  EXPECT_EQ(static_cast<int>(Failure::kFailed), 1);
  EXPECT_EQ(static_cast<int>(Failure::kUsage), 2);
  EXPECT_EQ(static_cast<int>(Failure::kMissing), 3);
}

TEST(Error, PutsItsHintBehindItsMessage) {
  EXPECT_EQ((Error{.message = "it broke", .hint = "mend it"}.text()), "it broke; mend it");
}

TEST(Error, IsItsMessageAloneWithoutAHint) { EXPECT_EQ(Error{.message = "it broke"}.text(), "it broke"); }

TEST(Fail, GivesEachKindItsFailure) {
  EXPECT_EQ(fail("a", "b").error(), (Error{Failure::kFailed, "a", "b"}));
  EXPECT_EQ(fail_usage("a", "b").error(), (Error{Failure::kUsage, "a", "b"}));
  EXPECT_EQ(fail_missing("a", "b").error(), (Error{Failure::kMissing, "a", "b"}));
}

TEST(FailErrno, NamesOperationObjectAndReason) {
  EXPECT_EQ(fail_errno(EBUSY, "attach ingress to", "eth0").error().message,
            "attach ingress to eth0: EBUSY (Device or resource busy)");
}

TEST(FailErrno, LeavesOutAnEmptyObject) {
  EXPECT_EQ(fail_errno(ENOENT, "open", "").error().message, "open: ENOENT (No such file or directory)");
}

TEST(FailErrno, TakesARefusalForAMissingPrivilege) {
  EXPECT_EQ(fail_errno(EPERM, "load", "program").error().failure, Failure::kMissing);
  EXPECT_EQ(fail_errno(EACCES, "load", "program").error().failure, Failure::kMissing);
}

TEST(FailErrno, TakesEverythingElseForAFailure) {
  EXPECT_EQ(fail_errno(EIO, "load", "program").error().failure, Failure::kFailed);
}

TEST(ErrnoText, SaysTheNumberOfAnUnknownOne) { EXPECT_EQ(errno_text(99999), "99999 (unknown)"); }

TEST(Within, PutsTheContextInFront) {
  EXPECT_EQ(within("start", Error{Failure::kMissing, "no BTF", "get one"}).error(),
            (Error{Failure::kMissing, "start: no BTF", "get one"}));
}

}  // namespace
}  // namespace tickwire
