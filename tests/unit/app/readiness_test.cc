// SPDX-License-Identifier: Apache-2.0
#include "app/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tickwire::app {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<model::InterfaceTotals> eth0(std::uint64_t seen_in, std::uint64_t counted_in) {
  return {{.name = "eth0", .seen = {seen_in, 0}, .counted = {counted_in, 0}}};
}

TEST(Blindness, FindsNothingWhileBothCountersMove) {
  Blindness blindness;
  for (int second = 0; second < 20; ++second) {
    EXPECT_THAT(blindness.check(seconds(second), eth0(10 * second, 100 * second)), IsEmpty());
  }
}

TEST(Blindness, FindsNothingOnAnIdleInterface) {
  Blindness blindness;
  for (int second = 0; second < 20; ++second) EXPECT_THAT(blindness.check(seconds(second), eth0(7, 7)), IsEmpty());
}

TEST(Blindness, SaysWhichInterfaceAndDirectionWeSeeNothingOf) {
  Blindness blindness;
  (void)blindness.check(seconds(0), eth0(50, 50));
  (void)blindness.check(seconds(3), eth0(50, 90));
  EXPECT_THAT(blindness.check(seconds(5), eth0(50, 100)),
              ElementsAre(HasSubstr("blind on eth0 ingress: the interface counted 50 packets")));
}

TEST(Blindness, AllowsForAFewPacketsThatOurProgramsMayNotSee) {
  Blindness blindness;
  (void)blindness.check(seconds(0), eth0(50, 50));
  EXPECT_THAT(blindness.check(seconds(60), eth0(50, 50 + Blindness::kPackets - 1)), IsEmpty());
}

TEST(Blindness, EndsWhenAPacketIsSeenAgain) {
  Blindness blindness;
  (void)blindness.check(seconds(0), eth0(50, 50));
  EXPECT_EQ(blindness.check(seconds(6), eth0(50, 100)).size(), 1U);
  EXPECT_THAT(blindness.check(seconds(7), eth0(51, 101)), IsEmpty());
}

model::HookOutcome hook(std::string capability, std::string interface, bool attached, std::string reason = {}) {
  return {.capability = std::move(capability),
          .interface = std::move(interface),
          .attempts = {{.candidate = "tcx", .attached = attached, .tried = true, .reason = std::move(reason)}},
          .loses = {}};
}

TEST(Readiness, IsThereWhenEveryInterfaceHasBothHooks) {
  EXPECT_TRUE(readiness_of({hook("arrival", "eth0", true), hook("departure", "eth0", true)}, {}).ready);
}

TEST(Readiness, DoesNotDependOnHooksThatAreOnNoInterface) {
  EXPECT_TRUE(
      readiness_of({hook("arrival", "eth0", true), hook("departure", "eth0", true), hook("tcp_state", "", false)}, {}).ready);
}

TEST(Readiness, NamesTheHookThatIsGoneAndWhy) {
  const auto readiness =
      readiness_of({hook("arrival", "eth0", false, "was detached by somebody else"), hook("departure", "eth0", true)}, {});
  EXPECT_FALSE(readiness.ready);
  EXPECT_THAT(readiness.problems, ElementsAre("arrival on eth0: tcx: was detached by somebody else"));
}

TEST(Readiness, IsNotThereWithoutAnyInterface) {
  EXPECT_THAT(readiness_of({hook("tcp_state", "", true)}, {}).problems, ElementsAre("no interface is watched"));
}

TEST(Readiness, TakesBlindnessIn) {
  const auto readiness =
      readiness_of({hook("arrival", "eth0", true), hook("departure", "eth0", true)}, {"blind on eth0 ingress"});
  EXPECT_FALSE(readiness.ready);
  EXPECT_THAT(readiness.problems, ElementsAre("blind on eth0 ingress"));
}

}  // namespace
}  // namespace tickwire::app
