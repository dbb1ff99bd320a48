// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/event_link.h"

#include <gmock/gmock.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "event_values.h"
#include "eventually.h"

namespace tickwire::game {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;

class EventLinkTest : public testing::Test {
 protected:
  EventLinkTest() {
    auto pattern = (std::filesystem::path(testing::TempDir()) / "busXXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~EventLinkTest() override { std::filesystem::remove_all(directory_); }

  std::string path_of(Role role) const { return fmt::format("{}/{}.sock", directory_, role_name(role)); }
  Result<std::unique_ptr<EventLink>> open(Role role, EventBus& bus, std::size_t capacity = 1024,
                                          Nanoseconds finish_within = minutes(1)) const {
    return EventLink::open({.directory = directory_, .role = role, .capacity = capacity, .finish_within = finish_within}, bus);
  }
  // What a process leaves behind that was killed.
  void leave_stale_socket(Role role) const {
    const auto address = *UnixAddress::of(path_of(role));
    const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM, 0));
    ASSERT_EQ(::bind(fd.fd(), address.address(), address.length), 0);
  }

  std::string directory_;
};

// One process of the three: a bus, a subscriber, and the link.
struct Process {
  EventBus bus;
  std::shared_ptr<EventQueue> queue;
  std::vector<Event> heard;
  std::unique_ptr<EventLink> link;

  explicit Process(std::size_t capacity = 4096) : queue(bus.subscribe({.name = "subscriber", .capacity = capacity})) {}
  std::size_t listen() {
    std::vector<Event> out;
    queue->drain(out);
    heard.insert(heard.end(), out.begin(), out.end());
    return heard.size();
  }
};

TEST_F(EventLinkTest, TellsTheOtherRolesWhatIsPublished) {
  Process auth, match, world;
  auth.link = *open(Role::kAuth, auth.bus);
  match.link = *open(Role::kMatch, match.bus);
  world.link = *open(Role::kWorld, world.bus);
  const auto event = event_of(authenticated());
  EXPECT_TRUE(auth.bus.publish(event));
  EXPECT_TRUE(eventually([&] { return match.listen() == 1 && world.listen() == 1; }));
  EXPECT_THAT(match.heard, ElementsAre(event));
  EXPECT_THAT(world.heard, ElementsAre(event));
  EXPECT_TRUE(eventually([&] { return auth.link->counts().sent == 2; }));
  auth.listen();
  EXPECT_THAT(auth.heard, ElementsAre(event));
  EXPECT_EQ(match.link->counts(), (EventLinkCounts{.received = 1}));
}

TEST_F(EventLinkTest, TellsARoleWhatItWantsAlone) {
  Process auth, match, world;
  constexpr auto kNothing = EventKinds{0};
  auth.link = *EventLink::open(
      {.directory = directory_, .role = Role::kAuth, .wanted = {kNothing, kinds_of(EventKind::kPlayerAuthenticated), kNothing}},
      auth.bus);
  match.link = *open(Role::kMatch, match.bus);
  world.link = *open(Role::kWorld, world.bus);
  const auto wanted = event_of(authenticated());
  EXPECT_TRUE(auth.bus.publish(event_of(left())));
  EXPECT_TRUE(auth.bus.publish(wanted));
  EXPECT_TRUE(eventually([&] { return match.listen() == 1; }));
  EXPECT_THAT(match.heard, ElementsAre(wanted));
  EXPECT_TRUE(eventually([&] { return auth.link->counts() == EventLinkCounts{.sent = 1}; }));
  EXPECT_EQ(world.listen(), 0U);
}

TEST_F(EventLinkTest, KeepsTheOrderAndLosesNothingWhenSocketsAreFull) {
  constexpr PlayerId kEvents = 1000;
  Process match, world(8);
  match.link = *open(Role::kMatch, match.bus, 16);
  world.link = *open(Role::kWorld, world.bus);
  for (PlayerId player = 0; player < kEvents; ++player) {
    const auto event = event_of(left(player));
    EXPECT_TRUE(eventually([&] {
      world.listen();
      match.listen();
      return match.bus.publish(event);
    }));
  }
  EXPECT_TRUE(eventually([&] { return world.listen() == kEvents; }));
  for (PlayerId player = 0; player < kEvents; ++player) {
    EXPECT_EQ(std::get<PlayerLeft>(world.heard[player].body()).player, player);
  }
}

TEST_F(EventLinkTest, CountsWhatIsForARoleThatNobodyRuns) {
  Process auth;
  auth.link = *open(Role::kAuth, auth.bus);
  EXPECT_TRUE(auth.bus.publish(event_of(authenticated())));
  EXPECT_TRUE(eventually([&] { return auth.link->counts() == EventLinkCounts{.no_such_role = 2}; }));
}

TEST_F(EventLinkTest, KeepsWhatIsForARoleThatWasKilled) {
  leave_stale_socket(Role::kWorld);
  Process match, world;
  match.link = *open(Role::kMatch, match.bus);
  const std::vector<Event> events{event_of(left(1)), event_of(left(2))};
  for (const auto& event : events) EXPECT_TRUE(match.bus.publish(event));
  EXPECT_TRUE(eventually([&] { return match.link->counts().retries >= 2; }));
  EXPECT_EQ(match.link->counts().waiting, 2U);
  world.link = *open(Role::kWorld, world.bus);
  EXPECT_TRUE(eventually([&] { return world.listen() == 2; }));
  EXPECT_EQ(world.heard, events);
  EXPECT_TRUE(eventually([&] { return match.link->counts().waiting == 0; }));
}

TEST_F(EventLinkTest, RefusesToPublishWhenTooMuchWaits) {
  leave_stale_socket(Role::kWorld);
  Process match;
  match.link = *open(Role::kMatch, match.bus, 4, Nanoseconds::zero());
  const auto event = event_of(left());
  std::uint64_t taken = 0;
  EXPECT_TRUE(eventually([&] {
    // Auth, which nobody runs, is not what refuses.
    if (match.link->counts().no_such_role < taken) return false;
    match.listen();
    if (!match.bus.publish(event)) return true;
    ++taken;
    return false;
  }));
  EXPECT_EQ(match.link->counts().waiting, taken);
  // The queue is full; besides, a batch may have been taken from it.
  EXPECT_GE(taken, 4U);
  EXPECT_LE(taken, 8U);
  match.link->stop();
  EXPECT_EQ(match.link->counts().abandoned, taken);
}

TEST_F(EventLinkTest, GivesUpARoleThatStaysAwayUntilItComesBack) {
  leave_stale_socket(Role::kWorld);
  Process match, world;
  match.link = *EventLink::open(
      {.directory = directory_, .role = Role::kMatch, .capacity = 4, .finish_within = minutes(1), .give_up_after = {}},
      match.bus);
  for (PlayerId player = 1; player <= 20; ++player) {
    EXPECT_TRUE(eventually([&] { return match.bus.publish(event_of(left(player))); }));
  }
  constexpr std::array<bool, kRoles.size()> kNobody{};
  constexpr std::array<bool, kRoles.size()> kTheWorld{false, false, true};
  EXPECT_TRUE(eventually([&] { return match.link->counts().given_up == 20; }));
  EXPECT_EQ(match.link->counts().is_given_up, kTheWorld);
  world.link = *open(Role::kWorld, world.bus);
  EXPECT_TRUE(match.bus.publish(event_of(left(21))));
  EXPECT_TRUE(eventually([&] { return world.listen() == 1; }));
  EXPECT_EQ(std::get<PlayerLeft>(world.heard[0].body()).player, 21U);
  EXPECT_TRUE(eventually([&] { return match.link->counts().sent == 1; }));
  EXPECT_EQ(match.link->counts().given_up, 20U);
  EXPECT_EQ(match.link->counts().is_given_up, kNobody);
}

TEST_F(EventLinkTest, TakesThePlaceOfAKilledProcessInOneStep) {
  leave_stale_socket(Role::kWorld);
  // What a process leaves that was killed in the middle of that.
  std::ofstream(path_of(Role::kWorld) + ".new") << "x";
  const UniqueFd changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  ASSERT_GE(::inotify_add_watch(changes.fd(), directory_.c_str(), IN_DELETE | IN_MOVED_TO), 0);
  EventBus bus;
  const auto link = open(Role::kWorld, bus);
  ASSERT_TRUE(link);
  alignas(inotify_event) std::array<char, 4096> bytes{};
  const auto size = ::read(changes.fd(), bytes.data(), bytes.size());
  std::vector<std::pair<std::uint32_t, std::string>> found;
  for (ssize_t at = 0; at < size;) {
    const auto* event = reinterpret_cast<const inotify_event*>(bytes.data() + at);
    found.emplace_back(event->mask, static_cast<const char*>(event->name));
    at += static_cast<ssize_t>(sizeof *event + event->len);
  }
  using Change = std::pair<std::uint32_t, std::string>;
  EXPECT_THAT(found, ElementsAre(Change(IN_DELETE, "world.sock.new"), Change(IN_MOVED_TO, "world.sock")));
}

TEST_F(EventLinkTest, SendsToARoleThatWasStartedAgain) {
  Process match;
  match.link = *open(Role::kMatch, match.bus);
  for (PlayerId player = 1; player <= 3; ++player) {
    Process world;
    world.link = *open(Role::kWorld, world.bus);
    const auto event = event_of(left(player));
    EXPECT_TRUE(match.bus.publish(event));
    EXPECT_TRUE(eventually([&] { return world.listen() == 1; }));
    EXPECT_EQ(world.heard[0], event);
  }
  EXPECT_TRUE(eventually([&] { return match.link->counts().sent == 3; }));
}

TEST_F(EventLinkTest, DoesNotReadWhatASubscriberHasNoRoomFor) {
  Process match, world(1);
  match.link = *open(Role::kMatch, match.bus);
  world.link = *open(Role::kWorld, world.bus);
  for (PlayerId player = 1; player <= 4; ++player) EXPECT_TRUE(match.bus.publish(event_of(left(player))));
  EXPECT_TRUE(eventually([&] { return world.link->counts().held == 1; }));
  EXPECT_EQ(world.link->counts().received, 2U);
  EXPECT_EQ(world.queue->counts().depth, 1U);
  EXPECT_TRUE(eventually([&] { return world.listen() == 4; }));
  EXPECT_EQ(std::get<PlayerLeft>(world.heard[3].body()).player, 4U);
}

TEST_F(EventLinkTest, CountsDatagramsThatAreNoEvents) {
  Process world;
  world.link = *open(Role::kWorld, world.bus);
  const UniqueFd stranger(::socket(AF_UNIX, SOCK_DGRAM, 0));
  const auto address = *UnixAddress::of(path_of(Role::kWorld));
  ASSERT_EQ(::connect(stranger.fd(), address.address(), address.length), 0);
  const auto good = event_of(left()).encode();
  std::vector<std::byte> huge(60'000, std::byte{1});
  auto wrong = good;
  wrong[1] = std::byte{9};
  for (const auto& bytes : {std::vector<std::byte>{}, huge, wrong, good}) {
    ASSERT_EQ(::send(stranger.fd(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  EXPECT_TRUE(eventually([&] { return world.listen() == 1; }));
  EXPECT_EQ(world.link->counts(), (EventLinkCounts{.received = 1, .malformed = 3}));
}

TEST_F(EventLinkTest, SendsWhatWaitsBeforeItEnds) {
  leave_stale_socket(Role::kWorld);
  Process match, world;
  match.link = *open(Role::kMatch, match.bus);
  EXPECT_TRUE(match.bus.publish(event_of(left())));
  EXPECT_TRUE(eventually([&] { return match.link->counts().retries >= 1; }));
  world.link = *open(Role::kWorld, world.bus);
  match.link->stop();
  EXPECT_TRUE(eventually([&] { return world.listen() == 1; }));
  EXPECT_EQ(match.link->counts().abandoned, 0U);
}

TEST_F(EventLinkTest, HasASocketForItsUserAloneAndRemovesItAtTheEnd) {
  const auto nested = directory_ + "/bus";
  EventBus bus;
  auto link = *EventLink::open({.directory = nested, .role = Role::kAuth}, bus);
  struct stat found {};
  ASSERT_EQ(::stat(nested.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat((nested + "/auth.sock").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  link.reset();
  EXPECT_TRUE(std::filesystem::is_empty(nested));
}

TEST_F(EventLinkTest, LetsOneProcessAloneHaveARole) {
  EventBus bus;
  const auto first = open(Role::kAuth, bus);
  ASSERT_TRUE(first);
  EXPECT_EQ(open(Role::kAuth, bus).error(), fmt::format("bind {}: Address already in use", path_of(Role::kAuth)));
  EXPECT_TRUE(open(Role::kMatch, bus));
}

TEST_F(EventLinkTest, DoesNotUseAFolderThatOthersMayWriteTo) {
  EventBus bus;
  ASSERT_EQ(::chmod(directory_.c_str(), 0777), 0);
  EXPECT_EQ(open(Role::kAuth, bus).error(),
            fmt::format("use {}: it must belong to this user, and nobody else may write to it", directory_));
  ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
  EXPECT_TRUE(open(Role::kAuth, bus));
}

TEST_F(EventLinkTest, SaysWhyAFolderCannotBeUsed) {
  EventBus bus;
  const auto file = directory_ + "/file";
  std::ofstream(file) << "x";
  EXPECT_EQ(EventLink::open({.directory = file, .role = Role::kAuth}, bus).error(), fmt::format("use {}: Not a directory", file));
  const auto missing = directory_ + "/a/b";
  EXPECT_EQ(EventLink::open({.directory = missing, .role = Role::kAuth}, bus).error(),
            fmt::format("make {}: No such file or directory", missing));
  const auto deep = directory_ + "/" + std::string(100, 'x');
  EXPECT_THAT(EventLink::open({.directory = deep, .role = Role::kAuth}, bus).error(), HasSubstr("has 1 to 107 bytes"));
}

TEST(Role, IsKnownByItsName) {
  for (const auto role : kRoles) EXPECT_EQ(role_of(role_name(role)), role);
  EXPECT_EQ(role_of("auths"), std::nullopt);
  EXPECT_EQ(role_of(""), std::nullopt);
}

}  // namespace
}  // namespace tickwire::game
