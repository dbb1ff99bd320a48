// SPDX-License-Identifier: Apache-2.0
#include "model/service.h"

#include <gtest/gtest.h>

#include <string>

namespace tickwire::model {
namespace {

std::string refusal(std::string_view text) {
  const auto parsed = ServiceId::parse(text);
  if (parsed) return "accepted";
  return parsed.error().failure == Failure::kUsage ? parsed.error().message : "not a usage error";
}

TEST(ServiceId, ReadsANameAProtocolAndAPort) {
  EXPECT_EQ(ServiceId::parse("world=udp/7777"), (ServiceId{"world", Protocol::kUdp, 7777}));
  EXPECT_EQ(ServiceId::parse("lobby.eu-1_a=tcp/65535"), (ServiceId{"lobby.eu-1_a", Protocol::kTcp, 65535}));
}

TEST(ServiceId, IsNamedByItsPlaceWithoutAName) {
  EXPECT_EQ(ServiceId::parse("udp/7777"), (ServiceId{"udp-7777", Protocol::kUdp, 7777}));
}

TEST(ServiceId, WritesItsNameAndItsPlace) { EXPECT_EQ((ServiceId{"world", Protocol::kUdp, 7777}.text()), "world udp/7777"); }

TEST(ServiceId, TakesNamesOf63CharactersAndNoMore) {
  EXPECT_TRUE(ServiceId::parse(std::string(63, 'a') + "=udp/1"));
  EXPECT_EQ(refusal(std::string(64, 'a') + "=udp/1"),
            "service \"" + std::string(64, 'a') + "=udp/1\": the name is not 1 to 63 of A-Z a-z 0-9 . _ -");
}

TEST(ServiceId, RefusesBadNames) {
  for (const char* text : {"=udp/1", "my world=udp/1", "w\xc3\xb6rld=udp/1", "a\"b=udp/1"}) {
    EXPECT_TRUE(refusal(text).ends_with("the name is not 1 to 63 of A-Z a-z 0-9 . _ -")) << text;
  }
}

TEST(ServiceId, RefusesWhatHasNoPlace) {
  EXPECT_EQ(refusal(""), "service \"\": there is no PROTOCOL/PORT in it");
  EXPECT_EQ(refusal("world"), "service \"world\": there is no PROTOCOL/PORT in it");
  EXPECT_EQ(refusal("world=7777"), "service \"world=7777\": there is no PROTOCOL/PORT in it");
}

TEST(ServiceId, RefusesUnknownProtocols) {
  EXPECT_EQ(refusal("world=sctp/7777"), "service \"world=sctp/7777\": the protocol \"sctp\" is neither tcp nor udp");
  EXPECT_EQ(refusal("a=b=udp/1"), "service \"a=b=udp/1\": the protocol \"b=udp\" is neither tcp nor udp");
}

TEST(ServiceId, RefusesBadPorts) {
  EXPECT_EQ(refusal("world=udp/0"), "service \"world=udp/0\": the port: 0 is not between 1 and 65535");
  EXPECT_EQ(refusal("world=udp/65536"), "service \"world=udp/65536\": the port: 65536 is not between 1 and 65535");
  EXPECT_EQ(refusal("world=udp/"), "service \"world=udp/\": the port: \"\" is not a whole number");
  EXPECT_EQ(refusal("udp/1/2"), "service \"udp/1/2\": the port: \"1/2\" is not a whole number");
}

TEST(ServiceId, SaysHowItIsWritten) { EXPECT_EQ(ServiceId::parse("world").error().hint, "write it like world=udp/7777"); }

TEST(ServiceId, OrdersByNameThenProtocolThenPort) {
  EXPECT_LT((ServiceId{"a", Protocol::kUdp, 9}), (ServiceId{"b", Protocol::kTcp, 1}));
  EXPECT_LT((ServiceId{"a", Protocol::kTcp, 9}), (ServiceId{"a", Protocol::kUdp, 1}));
  EXPECT_LT((ServiceId{"a", Protocol::kUdp, 1}), (ServiceId{"a", Protocol::kUdp, 2}));
}

}  // namespace
}  // namespace tickwire::model
