// SPDX-License-Identifier: Apache-2.0
#include "kernel/interfaces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tickwire::kernel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Names = std::vector<std::string>;

constexpr std::string_view kRouteHeadings =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT \n";

TEST(DefaultRoutesV4, AreThoseWithoutDestinationAndMask) {
  const std::string text = std::string(kRouteHeadings) +
                           "ens3\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
                           "ens4\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                           "ens5\t00000000\t016433C6\t0003\t0\t0\t200\t00000000\t0\t0\t0\n";
  EXPECT_THAT(default_routes_v4(text), ElementsAre("ens3", "ens5"));
}

TEST(DefaultRoutesV4, LeaveOutHalfOfTheAddressSpace) {
  // 0.0.0.0/1, as VPNs set it, is no default route.
  EXPECT_THAT(default_routes_v4("tun0\t00000000\t010200C0\t0003\t0\t0\t0\t00000080\t0\t0\t0\n"), IsEmpty());
}

TEST(DefaultRoutesV4, LeaveOutDownAndUnreachableRoutes) {
  EXPECT_THAT(default_routes_v4("ens3\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\t0\t0\n"), IsEmpty());
  EXPECT_THAT(default_routes_v4("*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n"), IsEmpty());
}

TEST(DefaultRoutesV4, SkipsLinesThatAreNoRoutes) {
  EXPECT_THAT(default_routes_v4(""), IsEmpty());
  EXPECT_THAT(default_routes_v4(kRouteHeadings), IsEmpty());
  EXPECT_THAT(default_routes_v4("ens3\t00000000\n\nens3\t00000000\t0\txyz\t0\t0\t0\t00000000\t0\t0\t0"), IsEmpty());
}

constexpr std::string_view kNothing = "00000000000000000000000000000000";

std::string route_v6(std::string_view destination, std::string_view length, std::string_view flags, std::string_view interface) {
  return std::string(destination) + " " + std::string(length) + " " + std::string(kNothing) +
         " 00 20010db8000000000000000000000001 00000400 00000001 00000000 " + std::string(flags) + " " + std::string(interface) +
         "\n";
}

TEST(DefaultRoutesV6, AreThoseOfLengthZero) {
  const std::string text =
      route_v6("20010db8000000000000000000000000", "20", "00000001", "ens4") + route_v6(kNothing, "00", "00000003", "    ens3");
  EXPECT_THAT(default_routes_v6(text), ElementsAre("ens3"));
}

TEST(DefaultRoutesV6, LeaveOutTheNullRouteOfTheLoopback) {
  EXPECT_THAT(default_routes_v6(route_v6(kNothing, "00", "00200200", "lo")), IsEmpty());
  EXPECT_THAT(default_routes_v6(route_v6(kNothing, "00", "00000001", "lo")), IsEmpty());
}

TEST(DefaultRoutesV6, LeaveOutDownAndUnreachableRoutes) {
  EXPECT_THAT(default_routes_v6(route_v6(kNothing, "00", "00000002", "ens3")), IsEmpty());
  EXPECT_THAT(default_routes_v6(route_v6(kNothing, "00", "00200201", "ens3")), IsEmpty());
}

TEST(DefaultRoutesV6, LeaveOutTheUnspecifiedAddressItself) {
  EXPECT_THAT(default_routes_v6(route_v6(kNothing, "80", "00000001", "ens3")), IsEmpty());
}

TEST(DefaultRoutesV6, SkipsLinesThatAreNoRoutes) { EXPECT_THAT(default_routes_v6("00 00\n\nwhat\n"), IsEmpty()); }

TEST(SelectInterfaces, TakesThoseWithADefaultRouteWhenNoneIsWanted) {
  EXPECT_THAT(select_interfaces({}, Names{"lo", "ens3", "ens4", "ens5"}, Names{"ens5", "ens3", "ens3"}).value(),
              ElementsAre("ens3", "ens5"));
}

TEST(SelectInterfaces, TakesLoopbackWhenThereIsNoDefaultRoute) {
  EXPECT_THAT(select_interfaces({}, Names{"lo", "ens3"}, Names{}).value(), ElementsAre("lo"));
}

TEST(SelectInterfaces, LeavesOutARouteOfAnInterfaceThatIsGone) {
  EXPECT_THAT(select_interfaces({}, Names{"lo", "ens3"}, Names{"ens3", "ens9"}).value(), ElementsAre("ens3"));
}

TEST(SelectInterfaces, TakesWantedNamesOnceAndInOrder) {
  EXPECT_THAT(select_interfaces(Names{"lo", "ens3", "lo"}, Names{"lo", "ens3", "ens4"}, Names{"ens4"}).value(),
              ElementsAre("ens3", "lo"));
}

TEST(SelectInterfaces, MatchesARegularExpressionWithTheWholeName) {
  EXPECT_THAT(select_interfaces(Names{"/ens[0-9]/"}, Names{"ens3", "ens34", "xens3", "ens4"}, Names{}).value(),
              ElementsAre("ens3", "ens4"));
}

TEST(SelectInterfaces, LetsARegularExpressionMatchNothing) {
  EXPECT_THAT(select_interfaces(Names{"/veth.*/"}, Names{"lo", "ens3"}, Names{"ens3"}).value(), IsEmpty());
}

TEST(SelectInterfaces, RefusesANameThatIsNotThereAndListsThoseThatAre) {
  const auto result = select_interfaces(Names{"ens3", "ens9"}, Names{"lo", "ens3"}, Names{});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().failure, Failure::kUsage);
  EXPECT_EQ(result.error().text(), "interface ens9: there is none of that name; there are: ens3, lo");
}

TEST(SelectInterfaces, RefusesABrokenRegularExpression) {
  const auto result = select_interfaces(Names{"/ens[/"}, Names{"lo"}, Names{});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().failure, Failure::kUsage);
  EXPECT_THAT(result.error().message, HasSubstr("interface /ens[/: not a regular expression"));
}

TEST(ResolveInterfaces, FindsTheLoopback) { EXPECT_THAT(resolve_interfaces({"lo"}).value(), ElementsAre("lo")); }

TEST(ResolveInterfaces, RefusesANameThatNoMachineHas) {
  const auto result = resolve_interfaces({"no such/name"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().failure, Failure::kUsage);
  EXPECT_THAT(result.error().hint, HasSubstr("lo"));
}

TEST(Interface, LoopbackIsEthernetAndOfNoKind) {
  EXPECT_TRUE(interface_is_ethernet("lo"));
  EXPECT_EQ(link_kind("lo"), "");
  EXPECT_TRUE(interface_counters("lo").has_value());
}

TEST(Interface, ThatIsNotThereIsAnErrorOrNothing) {
  EXPECT_FALSE(interface_is_ethernet("tw-none"));
  EXPECT_EQ(link_kind("tw-none"), "");
  const auto counters = interface_counters("tw-none");
  ASSERT_FALSE(counters);
  EXPECT_EQ(counters.error().failure, Failure::kFailed);
  EXPECT_THAT(counters.error().message, HasSubstr("tw-none: ENODEV"));
}

TEST(Interface, NameTooLongForTheKernelIsNotThere) {
  EXPECT_FALSE(interface_counters(std::string(16, 'x')));
  EXPECT_FALSE(interface_counters(""));
}

}  // namespace
}  // namespace tickwire::kernel
