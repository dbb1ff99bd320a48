// SPDX-License-Identifier: Apache-2.0
#include "model/connection.h"

#include <gtest/gtest.h>

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

TEST(ConnectionId, IsReadBackAsWritten) {
  EXPECT_EQ((ConnectionId{12, 3}.text()), "12.3");
  EXPECT_EQ(ConnectionId::parse("12.3"), (ConnectionId{12, 3}));
  EXPECT_EQ(ConnectionId::parse("4294967295.0"), (ConnectionId{4294967295, 0}));
}

TEST(ConnectionId, IsNothingElse) {
  for (const char* text :
       {"", ".", "12", "12.", ".3", "12.3.4", "-1.2", "12.-3", "a.b", "4294967296.0", "0.4294967296", " 1.2", "1.2 "}) {
    EXPECT_EQ(ConnectionId::parse(text), std::nullopt) << text;
  }
}

TEST(ConnectionAge, BeginsWithTheFirstPacket) {
  const Connection connection{.opened = 10s};
  EXPECT_EQ(connection.age(25s), 15s);
}

TEST(ConnectionAge, BeginsWithTheHandshakeOfTcp) {
  const Connection connection{.opened = 10s, .established = 12s};
  EXPECT_EQ(connection.age(25s), 13s);
}

TEST(ConnectionAge, StopsAtTheEnd) {
  const Connection connection{.opened = 10s, .closed = 14s};
  EXPECT_EQ(connection.age(25s), 4s);
}

TEST(ConnectionAge, IsNeverNegative) {
  const Connection connection{.opened = 10s, .established = 15s, .closed = 14s};
  EXPECT_EQ(connection.age(25s), 0s);
}

TEST(Latency, HasNoSamplesWithoutAHistogram) { EXPECT_EQ(Latency{}.samples(), 0U); }

TEST(Latency, HasItsHistogramsSamples) {
  auto histogram = std::make_shared<Histogram>(Resolution::kConnection);
  histogram->record(20ms);
  EXPECT_EQ(Latency{.histogram = histogram}.samples(), 1U);
}

}  // namespace
}  // namespace tickwire::model
