// SPDX-License-Identifier: Apache-2.0
#include "kernel/netlink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

#include "kernel/interfaces.h"

namespace tickwire::kernel {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

using Bytes = std::vector<std::byte>;
using What = LinkEvent::What;

template <typename T>
void append(Bytes& bytes, const T& value) {
  bytes.resize(bytes.size() + sizeof value);
  std::memcpy(bytes.data() + bytes.size() - sizeof value, &value, sizeof value);
}

// One message about a link, as the kernel sends it.
Bytes message(std::uint16_t type, int index, const std::string& name, unsigned flags, unsigned char family = AF_UNSPEC) {
  Bytes body;
  append(body, ifinfomsg{.ifi_family = family, .ifi_type = ARPHRD_ETHER, .ifi_index = index, .ifi_flags = flags});
  append(body, rtattr{.rta_len = static_cast<unsigned short>(sizeof(rtattr) + name.size() + 1), .rta_type = IFLA_IFNAME});
  for (const char c : name + '\0') body.push_back(static_cast<std::byte>(c));
  body.resize(NLMSG_ALIGN(body.size()));
  Bytes bytes;
  append(bytes, nlmsghdr{.nlmsg_len = static_cast<std::uint32_t>(sizeof(nlmsghdr) + body.size()), .nlmsg_type = type});
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

std::vector<LinkEvent> fed(LinkTable& table, const Bytes& bytes) {
  std::vector<LinkEvent> events;
  table.apply(bytes, events);
  return events;
}

TEST(LinkTable, TellsOfANewLinkThatIsUpOnce) {
  LinkTable table;
  const LinkEvent appeared{.what = What::kAppeared, .index = 7, .name = "veth7"};
  EXPECT_THAT(fed(table, message(RTM_NEWLINK, 7, "veth7", IFF_UP)), ElementsAre(appeared));
  EXPECT_THAT(fed(table, message(RTM_NEWLINK, 7, "veth7", IFF_UP | IFF_RUNNING)), IsEmpty());
}

TEST(LinkTable, WaitsForANewLinkToComeUp) {
  LinkTable table;
  EXPECT_THAT(fed(table, message(RTM_NEWLINK, 7, "veth7", 0)), IsEmpty());
  EXPECT_THAT(fed(table, message(RTM_NEWLINK, 7, "veth7", IFF_UP)), testing::SizeIs(1));
}

TEST(LinkTable, KeepsALinkThatOnlyGoesDown) {
  LinkTable table;
  fed(table, message(RTM_NEWLINK, 7, "veth7", IFF_UP));
  EXPECT_THAT(fed(table, message(RTM_NEWLINK, 7, "veth7", 0)), IsEmpty());
  EXPECT_THAT(fed(table, message(RTM_NEWLINK, 7, "veth7", IFF_UP)), IsEmpty());
}

TEST(LinkTable, TellsOfALinkThatVanished) {
  LinkTable table;
  fed(table, message(RTM_NEWLINK, 7, "veth7", IFF_UP));
  const LinkEvent vanished{.what = What::kVanished, .index = 7, .name = "veth7"};
  EXPECT_THAT(fed(table, message(RTM_DELLINK, 7, "veth7", 0)), ElementsAre(vanished));
  EXPECT_THAT(fed(table, message(RTM_DELLINK, 7, "veth7", 0)), IsEmpty());
}

TEST(LinkTable, TakesARenamedLinkForOneThatVanishedAndOneThatAppeared) {
  LinkTable table;
  fed(table, message(RTM_NEWLINK, 7, "eth0", IFF_UP));
  EXPECT_THAT(fed(table, message(RTM_NEWLINK, 7, "ens3", IFF_UP)),
              ElementsAre(LinkEvent{.what = What::kVanished, .index = 7, .name = "eth0"},
                          LinkEvent{.what = What::kAppeared, .index = 7, .name = "ens3"}));
}

TEST(LinkTable, IgnoresAPortThatLeavesItsBridge) {
  LinkTable table;
  fed(table, message(RTM_NEWLINK, 7, "veth7", IFF_UP));
  EXPECT_THAT(fed(table, message(RTM_DELLINK, 7, "veth7", IFF_UP, AF_BRIDGE)), IsEmpty());
  EXPECT_THAT(fed(table, message(RTM_NEWLINK, 8, "veth8", IFF_UP, AF_BRIDGE)), IsEmpty());
}

TEST(LinkTable, ReadsEveryMessageOfABuffer) {
  LinkTable table;
  Bytes bytes = message(RTM_NEWLINK, 7, "a", IFF_UP);
  for (const Bytes& next : {message(RTM_NEWADDR, 9, "x", IFF_UP), message(RTM_NEWLINK, 8, "bcdefg", IFF_UP)}) {
    bytes.insert(bytes.end(), next.begin(), next.end());
  }
  EXPECT_THAT(fed(table, bytes), ElementsAre(Field(&LinkEvent::name, "a"), Field(&LinkEvent::name, "bcdefg")));
}

TEST(LinkTable, SurvivesMessagesCutShortAtEveryLength) {
  const Bytes whole = message(RTM_NEWLINK, 7, "veth7", IFF_UP);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    LinkTable table;
    // The header still claims the whole length, and then says how much there is.
    Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_THAT(fed(table, cut), IsEmpty());
    if (length < sizeof(nlmsghdr)) continue;
    const auto claimed = static_cast<std::uint32_t>(length);
    std::memcpy(cut.data(), &claimed, sizeof claimed);
    for (const LinkEvent& event : fed(table, cut)) EXPECT_EQ(event.index, 7);
  }
}

TEST(LinkTable, SurvivesAttributesThatLieAboutTheirLength) {
  Bytes bytes = message(RTM_NEWLINK, 7, "veth7", IFF_UP);
  for (const std::uint16_t length : {0, 3, 4, 5, 200, 65535}) {
    std::memcpy(bytes.data() + sizeof(nlmsghdr) + sizeof(ifinfomsg), &length, sizeof length);
    LinkTable table;
    for (const LinkEvent& event : fed(table, bytes)) EXPECT_LE(event.name.size(), 5U);
  }
}

TEST(LinkTable, TellsTheDifferenceToAFreshList) {
  LinkTable table;
  fed(table, message(RTM_NEWLINK, 7, "stays", IFF_UP));
  fed(table, message(RTM_NEWLINK, 8, "goes", IFF_UP));
  const std::vector<Link> links{{.index = 7, .name = "stays", .up = true},
                                {.index = 9, .name = "comes", .up = true},
                                {.index = 10, .name = "down", .up = false}};
  std::vector<LinkEvent> events;
  table.replace(links, events);
  EXPECT_THAT(events, ElementsAre(LinkEvent{.what = What::kVanished, .index = 8, .name = "goes"},
                                  LinkEvent{.what = What::kAppeared, .index = 9, .name = "comes"}));
}

TEST(QueryLinks, KnowsTheLoopback) {
  const auto links = query_links();
  ASSERT_TRUE(links);
  EXPECT_THAT(*links, Contains(testing::AllOf(Field(&Link::name, "lo"), Field(&Link::type, ARPHRD_LOOPBACK),
                                              Field(&Link::index, static_cast<int>(::if_nametoindex("lo"))))));
}

TEST(LinkWatch, IsQuietWhenNothingHappens) {
  auto watch = LinkWatch::open();
  ASSERT_TRUE(watch);
  EXPECT_GE(watch->borrowed_fd(), 0);
  EXPECT_THAT(watch->events().value(), IsEmpty());
}

// Runs the test in a network namespace of its own, which ends with it. False: no privilege for that.
bool in_own_network(const std::function<void()>& test) {
  bool allowed = false;
  std::thread([&] {
    allowed = ::unshare(CLONE_NEWNET) == 0;
    if (allowed) test();
  }).join();
  return allowed;
}

void switch_link(const std::string& name, bool on) {
  const UniqueFd control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_flags = on ? IFF_UP : 0;
  ASSERT_EQ(::ioctl(control.fd(), SIOCSIFFLAGS, &request), 0);
}

// The events that come until there are `count`, or for five seconds.
std::vector<LinkEvent> wait_for_events(LinkWatch& watch, std::size_t count) {
  std::vector<LinkEvent> events;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (events.size() < count && std::chrono::steady_clock::now() < deadline) {
    pollfd readable{.fd = watch.borrowed_fd(), .events = POLLIN};
    if (::poll(&readable, 1, 100) <= 0) continue;
    const auto more = watch.events();
    if (!more) return events;
    events.insert(events.end(), more->begin(), more->end());
  }
  return events;
}

TEST(LinkWatch, TellsOfTheLoopbackThatIsSwitchedOn) {
  const bool ran = in_own_network([] {
    auto watch = LinkWatch::open();
    ASSERT_TRUE(watch);
    switch_link("lo", true);
    EXPECT_THAT(wait_for_events(*watch, 1), ElementsAre(LinkEvent{.what = What::kAppeared, .index = 1, .name = "lo"}));
  });
  if (!ran) GTEST_SKIP() << "needs CAP_SYS_ADMIN for a network namespace";
}

TEST(LinkWatch, FollowsALinkFromItsBirthToItsEnd) {
  bool has_bridges = true;
  const bool ran = in_own_network([&] {
    auto watch = LinkWatch::open();
    ASSERT_TRUE(watch);
    const UniqueFd control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    char name[IFNAMSIZ] = "tw-bridge";
    has_bridges = ::ioctl(control.fd(), SIOCBRADDBR, name) == 0;
    if (!has_bridges) return;
    switch_link(name, true);
    EXPECT_EQ(link_kind(name), "bridge");
    EXPECT_TRUE(interface_is_ethernet(name));
    EXPECT_THAT(resolve_interfaces({"/tw-.*/"}).value(), ElementsAre(name));
    EXPECT_THAT(wait_for_events(*watch, 1),
                ElementsAre(testing::AllOf(Field(&LinkEvent::what, What::kAppeared), Field(&LinkEvent::name, name))));
    switch_link(name, false);  // a bridge can only be deleted while it is down
    ASSERT_EQ(::ioctl(control.fd(), SIOCBRDELBR, name), 0);
    EXPECT_THAT(wait_for_events(*watch, 1),
                ElementsAre(testing::AllOf(Field(&LinkEvent::what, What::kVanished), Field(&LinkEvent::name, name))));
  });
  if (!ran) GTEST_SKIP() << "needs CAP_SYS_ADMIN for a network namespace";
  if (!has_bridges) GTEST_SKIP() << "the kernel has no bridges";
}

}  // namespace
}  // namespace tickwire::kernel
