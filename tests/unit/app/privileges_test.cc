// SPDX-License-Identifier: Apache-2.0
#include "app/privileges.h"

#include <gmock/gmock.h>
#include <linux/capability.h>

#include "base/capabilities.h"

namespace tickwire::app {
namespace {

constexpr CapabilitySet kAll = (CapabilitySet{1} << (CAP_CHECKPOINT_RESTORE + 1)) - 1;
constexpr CapabilitySet kThree = capability_set({CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN});

TEST(LoopPrivileges, AreWhatAttachingTakes) {
  EXPECT_EQ(kept_by_loop(kAll, false), kThree);
  EXPECT_EQ(kept_by_loop(kThree, false), kThree);
}

TEST(LoopPrivileges, SeeOtherUsersProcessesWhileServicesAreDiscovered) {
  EXPECT_EQ(kept_by_loop(kAll, true), kThree | capability_set({CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH}));
  EXPECT_EQ(kept_by_loop(kThree, true), kThree) << "what is not held is not got";
}

TEST(LoopPrivileges, KeepTheOneThatStandsForOthers) {
  constexpr CapabilitySet kOld = capability_set({CAP_SYS_ADMIN, CAP_NET_ADMIN});
  EXPECT_EQ(kept_by_loop(kOld | capability_set({CAP_CHOWN}), false), kOld);
}

TEST(DoctorPrivileges, AreTriedOnAThreadOfTheirOwn) {
  const auto before = privileges_of_threads();
  const model::DoctorCheck check = examine_privileges();
  EXPECT_EQ(check.verdict, model::DoctorCheck::Verdict::kOk) << check.finding;
  EXPECT_THAT(check.finding, testing::HasSubstr("HTTP thread keeps no capability"));
  EXPECT_EQ(privileges_of_threads(), before);
}

TEST(DoctorPrivileges, NameWhatDiscoveringServicesKeepsBesides) {
  const CapabilitySet both = capability_set({CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH});
  const bool held = (privileges_of_threads().front().permitted & both) == both;
  const std::string sentence = "and without --service CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE";
  EXPECT_EQ(examine_privileges().finding.find(sentence) != std::string::npos, held);
}

}  // namespace
}  // namespace tickwire::app
