// SPDX-License-Identifier: Apache-2.0
#include "base/capabilities.h"

#include <gmock/gmock.h>
#include <linux/capability.h>

#include <algorithm>
#include <thread>

namespace tickwire {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr CapabilitySet kThree = capability_set({CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN});

TEST(CapabilityNames, AreInTheOrderOfTheirNumbers) {
  EXPECT_THAT(capability_names(kThree), ElementsAre("CAP_NET_ADMIN", "CAP_PERFMON", "CAP_BPF"));
  EXPECT_THAT(capability_names(0), IsEmpty());
}

TEST(CapabilityNames, TellOneThatIsNewer) { EXPECT_THAT(capability_names(capability_set({41})), ElementsAre("capability 41")); }

TEST(Privileges, AreReadFromAThreadsStatus) {
  const ThreadPrivileges read = parse_privileges(
      "Name:\ttickwire-http\nUmask:\t0022\nCapInh:\t0000000000000000\nCapPrm:\t000000c000001000\nCapEff:\t0000000000000000\n"
      "CapBnd:\t000001ffffffffff\nNoNewPrivs:\t1\n");
  EXPECT_EQ(read, (ThreadPrivileges{
                      .thread = "tickwire-http", .permitted = kThree, .bounding = 0x1ffffffffff, .no_new_privileges = true}));
}

TEST(Privileges, ThatAreNotThereAreNotHeld) { EXPECT_EQ(parse_privileges("no status"), ThreadPrivileges{}); }

TEST(Privileges, AreGivenUpByTheThreadAlone) {
  const std::vector<ThreadPrivileges> before = privileges_of_threads();
  ASSERT_EQ(before.size(), 1U);
  ThreadPrivileges during;
  std::thread thread([&] {
    ASSERT_TRUE(forbid_new_privileges());
    ASSERT_TRUE(keep_capabilities(kThree));
    during = privileges_of_threads().back();
    ASSERT_TRUE(keep_capabilities(~CapabilitySet{0})) << "what was given up is not got back";
    EXPECT_EQ(privileges_of_threads().back(), during);
  });
  thread.join();
  EXPECT_EQ(during.permitted, before[0].permitted & kThree);
  EXPECT_TRUE(during.no_new_privileges);
  EXPECT_EQ(privileges_of_threads(), before);
  // The bounding set follows where it may be changed at all.
  const bool may = (before[0].permitted >> CAP_SETPCAP & 1) != 0;
  EXPECT_EQ(during.bounding, may ? before[0].bounding & kThree : before[0].bounding);
}

}  // namespace
}  // namespace tickwire
