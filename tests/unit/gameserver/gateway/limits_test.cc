// SPDX-License-Identifier: Apache-2.0
#include "gameserver/gateway/limits.h"

#include <gtest/gtest.h>

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Endpoint at(const std::string& host) { return *Endpoint::resolve(host, 4000); }

TEST(AddressLimits, LetAnAddressHaveSoManyConnections) {
  AddressLimits limits({.most_connections = 2, .joins_per_s = 0});
  EXPECT_TRUE(limits.enter(at("192.0.2.1"), seconds(0)));
  EXPECT_TRUE(limits.enter(at("192.0.2.1"), seconds(0)));
  EXPECT_FALSE(limits.enter(at("192.0.2.1"), seconds(0)));
  EXPECT_TRUE(limits.enter(at("192.0.2.2"), seconds(0)));
  limits.leave(at("192.0.2.1"));
  EXPECT_TRUE(limits.enter(at("192.0.2.1"), seconds(0)));
  EXPECT_FALSE(limits.enter(at("192.0.2.1"), seconds(0)));
}

TEST(AddressLimits, TakeAMappedAddressForTheOneThatItIs) {
  AddressLimits limits({.most_connections = 1, .joins_per_s = 0});
  EXPECT_TRUE(limits.enter(at("192.0.2.1"), seconds(0)));
  EXPECT_FALSE(limits.enter(at("::ffff:192.0.2.1"), seconds(0)));
  EXPECT_TRUE(limits.enter(at("::ffff:192.0.2.2"), seconds(0)));
}

TEST(AddressLimits, CountASubscribersWholeNetwork) {
  AddressLimits limits({.most_connections = 1, .joins_per_s = 0});
  EXPECT_TRUE(limits.enter(at("2001:db8:0:1::1"), seconds(0)));
  EXPECT_FALSE(limits.enter(at("2001:db8:0:1:ffff::2"), seconds(0)));
  EXPECT_TRUE(limits.enter(at("2001:db8:0:2::1"), seconds(0)));
}

TEST(AddressLimits, LetInABurstAndThenSoManyASecond) {
  AddressLimits limits({.most_connections = 0, .joins_per_s = 2});
  for (unsigned i = 0; i < 2 * AddressLimits::kBurst; ++i) EXPECT_TRUE(limits.enter(at("192.0.2.1"), seconds(0)));
  EXPECT_FALSE(limits.enter(at("192.0.2.1"), seconds(0)));
  EXPECT_FALSE(limits.enter(at("192.0.2.1"), milliseconds(499)));
  EXPECT_TRUE(limits.enter(at("192.0.2.1"), milliseconds(500)));
  EXPECT_FALSE(limits.enter(at("192.0.2.1"), milliseconds(500)));
  EXPECT_TRUE(limits.enter(at("192.0.2.2"), milliseconds(500)));
}

TEST(AddressLimits, RememberTheRateOfAnAddressThatLeft) {
  AddressLimits limits({.most_connections = 0, .joins_per_s = 1});
  for (unsigned i = 0; i < AddressLimits::kBurst; ++i) {
    EXPECT_TRUE(limits.enter(at("192.0.2.1"), seconds(0)));
    limits.leave(at("192.0.2.1"));
  }
  EXPECT_FALSE(limits.enter(at("192.0.2.1"), seconds(0)));
}

TEST(AddressLimits, ForgetTheAddressThatWasIdleForLongest) {
  AddressLimits limits({.most_connections = 0, .joins_per_s = 1, .most_addresses = 2});
  for (unsigned i = 0; i < AddressLimits::kBurst; ++i) EXPECT_TRUE(limits.enter(at("192.0.2.1"), seconds(0)));
  for (unsigned i = 0; i < AddressLimits::kBurst; ++i) limits.leave(at("192.0.2.1"));
  EXPECT_TRUE(limits.enter(at("192.0.2.2"), seconds(0)));
  EXPECT_TRUE(limits.enter(at("192.0.2.3"), seconds(0)));
  EXPECT_EQ(limits.addresses(), 2U);
  limits.leave(at("192.0.2.3"));
  // 192.0.2.1 begins anew, in the place of 192.0.2.3: 192.0.2.2 has a connection.
  EXPECT_TRUE(limits.enter(at("192.0.2.1"), seconds(0)));
  EXPECT_EQ(limits.addresses(), 2U);
}

TEST(AddressLimits, RefuseANewAddressWhenAllHaveConnections) {
  AddressLimits limits({.most_addresses = 1});
  EXPECT_TRUE(limits.enter(at("192.0.2.1"), seconds(0)));
  EXPECT_FALSE(limits.enter(at("192.0.2.2"), seconds(0)));
  limits.leave(at("192.0.2.1"));
  EXPECT_TRUE(limits.enter(at("192.0.2.2"), seconds(0)));
}

}  // namespace
}  // namespace tickwire::game
