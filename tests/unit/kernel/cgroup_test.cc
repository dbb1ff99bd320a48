// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tickwire::kernel {
namespace {

using Paths = std::vector<std::string>;

TEST(Cgroup2Mounts, AreFoundByTheirType) {
  EXPECT_EQ(cgroup2_mounts("sysfs /sys sysfs rw 0 0\n"
                           "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nsdelegate 0 0\n"
                           "proc /proc proc rw 0 0\n"),
            Paths{"/sys/fs/cgroup"});
}

TEST(Cgroup2Mounts, AreFoundBesideThoseOfTheFirstVersion) {
  EXPECT_EQ(cgroup2_mounts("tmpfs /sys/fs/cgroup tmpfs ro,mode=755 0 0\n"
                           "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n"
                           "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"),
            Paths{"/sys/fs/cgroup/unified"});
}

TEST(Cgroup2Mounts, KeepTheirOrder) {
  EXPECT_EQ(cgroup2_mounts("none /first cgroup2 rw 0 0\nnone /second cgroup2 rw 0 0"), (Paths{"/first", "/second"}));
}

TEST(Cgroup2Mounts, MayHaveSpacesAndBackslashesInTheirPath) {
  EXPECT_EQ(cgroup2_mounts("none /my\\040cgroups\\134x cgroup2 rw 0 0\n"), Paths{"/my cgroups\\x"});
}

TEST(Cgroup2Mounts, AreNotFoundInOtherColumnsOrCutLines) {
  EXPECT_EQ(cgroup2_mounts("cgroup2 /cgroup2 tmpfs cgroup2 0 0\ncgroup2 /path\ncgroup2\n\n"), Paths{});
  EXPECT_EQ(cgroup2_mounts(""), Paths{});
}

TEST(CgroupRoot, IsNoFolderThatIsNotThere) {
  const auto root = open_cgroup_root("/nonexistent");
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().message, "open the cgroup /nonexistent: ENOENT (No such file or directory)");
}

TEST(CgroupRoot, IsNoFolderOfAnotherFileSystem) {
  const auto root = open_cgroup_root("/proc");
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().message, "open the cgroup /proc: not in a cgroup2 hierarchy");
}

TEST(CgroupRoot, IsNoFile) {
  const auto root = open_cgroup_root("/proc/version");
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().message, "open the cgroup /proc/version: ENOTDIR (Not a directory)");
}

}  // namespace
}  // namespace tickwire::kernel
