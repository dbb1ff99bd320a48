// SPDX-License-Identifier: Apache-2.0
#include "app/services.h"

#include <gtest/gtest.h>

#include <vector>

namespace tickwire::app {
namespace {

const model::ServiceId kWorld{.name = "world", .protocol = model::Protocol::kUdp, .port = 7777};
const model::ServiceId kGateway{.name = "gateway", .protocol = model::Protocol::kTcp, .port = 9000};
const model::ServiceId kLogin{.name = "login", .protocol = model::Protocol::kTcp, .port = 9001};
using Assigned = ServiceNumbers::Assigned;

TEST(ServiceNumbers, GivesEachServiceANumberOfItsOwn) {
  ServiceNumbers numbers(8);
  const auto change = numbers.update({kWorld, kGateway});
  EXPECT_EQ(change.begin, (std::vector<Assigned>{{0, kGateway}, {1, kWorld}}));
  EXPECT_TRUE(change.stop.empty());
}

TEST(ServiceNumbers, LeavesWhatIsKnownAsItIs) {
  ServiceNumbers numbers(8);
  (void)numbers.update({kWorld});
  const auto change = numbers.update({kWorld, kLogin});
  EXPECT_EQ(change.begin, (std::vector<Assigned>{{1, kLogin}}));
  EXPECT_TRUE(change.stop.empty());
}

TEST(ServiceNumbers, TakesTheSameServiceNamedTwiceForOne) {
  ServiceNumbers numbers(8);
  EXPECT_EQ(numbers.update({kWorld, kWorld}).begin.size(), 1U);
}

TEST(ServiceNumbers, KeepsAServiceThroughTheRestartOfItsGame) {
  ServiceNumbers numbers(8);
  (void)numbers.update({kWorld});
  for (int look = 0; look < ServiceNumbers::kMissesAllowed; ++look) EXPECT_TRUE(numbers.update({}).stop.empty());
  const auto back = numbers.update({kWorld});
  EXPECT_TRUE(back.begin.empty());
  EXPECT_TRUE(back.stop.empty());
}

TEST(ServiceNumbers, StopsAServiceWhoseSocketStaysAway) {
  ServiceNumbers numbers(8);
  (void)numbers.update({kWorld});
  for (int look = 0; look < ServiceNumbers::kMissesAllowed; ++look) (void)numbers.update({});
  EXPECT_EQ(numbers.update({}).stop, (std::vector<Assigned>{{0, kWorld}}));
  EXPECT_TRUE(numbers.update({}).stop.empty());
}

TEST(ServiceNumbers, GivesANumberThatIsFreeAgainToTheNextService) {
  ServiceNumbers numbers(1);
  (void)numbers.update({kWorld});
  for (int look = 0; look < ServiceNumbers::kMissesAllowed; ++look) (void)numbers.update({});
  const auto change = numbers.update({kGateway});
  EXPECT_EQ(change.stop, (std::vector<Assigned>{{0, kWorld}}));
  EXPECT_EQ(change.begin, (std::vector<Assigned>{{0, kGateway}}));
}

TEST(ServiceNumbers, RefusesWhatFindsNoNumberAndCountsItOnce) {
  ServiceNumbers numbers(1);
  EXPECT_EQ(numbers.update({kGateway, kWorld}).begin, (std::vector<Assigned>{{0, kGateway}}));
  EXPECT_EQ(numbers.refused(), 1U);
  (void)numbers.update({kGateway, kWorld});
  EXPECT_EQ(numbers.refused(), 1U);
}

}  // namespace
}  // namespace tickwire::app
