// SPDX-License-Identifier: Apache-2.0
#include "model/address.h"

#include <gtest/gtest.h>

#include <set>

namespace tickwire::model {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(IpAddress, KeepsIpv4InItsMappedForm) {
  const std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  EXPECT_EQ(IpAddress::v4(192, 0, 2, 1).bytes, mapped);
  EXPECT_EQ(address("192.0.2.1").bytes, mapped);
  EXPECT_EQ(address("::ffff:192.0.2.1").bytes, mapped);
  EXPECT_EQ(address("::ffff:c000:201").bytes, mapped);
}

TEST(IpAddress, KnowsItsFamily) {
  EXPECT_TRUE(address("192.0.2.1").is_v4());
  EXPECT_FALSE(address("2001:db8::1").is_v4());
  EXPECT_FALSE(address("::192.0.2.1").is_v4());
}

TEST(IpAddress, ReadsEveryFormOfIpv6) {
  const std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  for (const char* text : {"2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::0:1",
                           "2001:db8::0.0.0.1", "2001:db8:0:0:0:0:0.0.0.1"}) {
    EXPECT_EQ(address(text).bytes, bytes) << text;
  }
}

TEST(IpAddress, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "192.0.2",
                           "192.0.2.1.1",
                           "192.0.2.256",
                           "192.0.2.01",
                           "192.0.2.1 ",
                           "192.0.2.-1",
                           "192.0.2.",
                           "0x7f.0.0.1",
                           ":",
                           ":::",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "1::2::3",
                           "2001:db8::g",
                           "2001:db8::12345",
                           "2001:db8:",
                           ":2001:db8",
                           "fe80::1%eth0",
                           "[2001:db8::1]",
                           "::192.0.2",
                           "192.0.2.1::",
                           "::1.2.3.4:5",
                           "localhost"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, SaysWhatIsWrong) {
  EXPECT_EQ(IpAddress::parse("home").error(),
            (Error{Failure::kUsage, "\"home\" is not an IP address", "write it like 192.0.2.1 or 2001:db8::1"}));
}

// The examples and rules of RFC 5952 4 and 5.
TEST(IpAddressText, IsTheOneOfRfc5952) {
  EXPECT_EQ(address("2001:0db8:0:0:0:0:0:0001").text(), "2001:db8::1");
  EXPECT_EQ(address("2001:DB8::ABCD").text(), "2001:db8::abcd");
  EXPECT_EQ(address("2001:db8:0:0:0:0:2:1").text(), "2001:db8::2:1");
  EXPECT_EQ(address("2001:0:0:1:0:0:0:1").text(), "2001:0:0:1::1");
  EXPECT_EQ(address("::").text(), "::");
  EXPECT_EQ(address("::1").text(), "::1");
  EXPECT_EQ(address("2001:db8::").text(), "2001:db8::");
  EXPECT_EQ(address("::ffff:192.0.2.1").text(), "192.0.2.1");
}

TEST(IpAddressText, ShortensTheFirstOfEqualRuns) { EXPECT_EQ(address("2001:db8:0:0:1:0:0:1").text(), "2001:db8::1:0:0:1"); }

TEST(IpAddressText, LeavesASingleZeroGroupWritten) { EXPECT_EQ(address("2001:db8:0:1:1:1:1:1").text(), "2001:db8:0:1:1:1:1:1"); }

TEST(IpAddressText, IsReadBackAsTheSameAddress) {
  for (const char* text :
       {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "0:1::", "::1:0", "192.0.2.1", "2001:db8::ffff:0:0:1", "1:0:0:2:0:0:0:3"}) {
    EXPECT_EQ(address(address(text).text()), address(text)) << text;
  }
}

TEST(IpAddress, OrdersByBytes) {
  EXPECT_LT(address("192.0.2.1"), address("192.0.2.2"));
  EXPECT_LT(address("192.0.2.255"), address("2001:db8::"));
}

TEST(Endpoint, ReadsAndWritesBothFamilies) {
  EXPECT_EQ(Endpoint::parse("192.0.2.1:7777"), (Endpoint{address("192.0.2.1"), 7777}));
  EXPECT_EQ(Endpoint::parse("[2001:db8::1]:7777"), (Endpoint{address("2001:db8::1"), 7777}));
  EXPECT_EQ((Endpoint{address("192.0.2.1"), 7777}).text(), "192.0.2.1:7777");
  EXPECT_EQ((Endpoint{address("2001:db8::1"), 7777}).text(), "[2001:db8::1]:7777");
}

TEST(Endpoint, WritesAMappedAddressAsIpv4) { EXPECT_EQ(Endpoint::parse("[::ffff:192.0.2.1]:1").value().text(), "192.0.2.1:1"); }

TEST(Endpoint, RefusesWhatIsNone) {
  for (const char* text :
       {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:x", "[192.0.2.1]:1", ":7777",
        "2001:db8::1:7777", "[2001:db8::1]", "[2001:db8::1]7777", "[]:1", "[2001:db8::1:7777", "2001:db8::1]:7777"}) {
    const auto parsed = Endpoint::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().failure, Failure::kUsage) << text;
  }
}

TEST(EndpointHash, DiffersForNeighbours) {
  std::set<std::size_t> hashes;
  for (std::uint8_t host = 0; host < 100; ++host) {
    for (std::uint16_t port = 7000; port < 7100; ++port) {
      hashes.insert(std::hash<Endpoint>{}({IpAddress::v4(192, 0, 2, host), port}));
    }
  }
  EXPECT_EQ(hashes.size(), 10'000U);
}

TEST(Cidr, CountsIpv4LengthsInTheMappedForm) {
  EXPECT_EQ(Cidr::parse("192.0.2.0/24"), (Cidr{address("192.0.2.0"), 120}));
  EXPECT_EQ(Cidr::parse("::ffff:192.0.2.0/120"), (Cidr{address("192.0.2.0"), 120}));
  EXPECT_EQ(Cidr::parse("2001:db8::/32"), (Cidr{address("2001:db8::"), 32}));
}

TEST(Cidr, TakesAPlainAddressForAPrefixOfOne) {
  const Cidr one = Cidr::parse("192.0.2.7").value();
  EXPECT_EQ(one, (Cidr{address("192.0.2.7"), 128}));
  EXPECT_TRUE(one.contains(address("192.0.2.7")));
  EXPECT_FALSE(one.contains(address("192.0.2.6")));
}

TEST(Cidr, ForgetsTheBitsBehindItsLength) { EXPECT_EQ(Cidr::parse("192.0.2.77/24"), Cidr::parse("192.0.2.0/24")); }

TEST(Cidr, ContainsItsFirstAndLastAddressAndNotTheirNeighbours) {
  const Cidr prefix = Cidr::parse("198.51.100.64/26").value();
  EXPECT_TRUE(prefix.contains(address("198.51.100.64")));
  EXPECT_TRUE(prefix.contains(address("198.51.100.127")));
  EXPECT_FALSE(prefix.contains(address("198.51.100.63")));
  EXPECT_FALSE(prefix.contains(address("198.51.100.128")));
}

TEST(Cidr, ComparesBitsThatDoNotFillAByte) {
  const Cidr prefix = Cidr::parse("2001:db8::/29").value();
  EXPECT_TRUE(prefix.contains(address("2001:dbf::1")));
  EXPECT_FALSE(prefix.contains(address("2001:dc0::1")));
}

TEST(Cidr, OfLengthZeroContainsItsFamily) {
  EXPECT_TRUE(Cidr::parse("0.0.0.0/0").value().contains(address("192.0.2.1")));
  EXPECT_FALSE(Cidr::parse("0.0.0.0/0").value().contains(address("2001:db8::1")));
  EXPECT_TRUE(Cidr::parse("::/0").value().contains(address("2001:db8::1")));
}

TEST(Cidr, RefusesWhatIsNone) {
  for (const char* text : {"", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/2 4", "192.0.2/24",
                           "2001:db8::/129", "192.0.2.0/24/8"}) {
    const auto parsed = Cidr::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().failure, Failure::kUsage) << text;
  }
}

}  // namespace
}  // namespace tickwire::model
