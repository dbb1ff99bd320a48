// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/events.h"

#include <gmock/gmock.h>

#include <random>

#include "event_values.h"
#include "gameserver/bus/seen_events.h"
#include "unit/gameserver/protocol/bytes_of.h"

namespace tickwire::game {
namespace {

std::string error_of(std::vector<std::byte> bytes) {
  const auto event = Event::decode(bytes);
  return event ? "none" : event.error();
}

std::vector<Event> one_of_each() { return {event_of(authenticated()), event_of(started()), event_of(left())}; }

TEST(Event, ComesBackFromItsBytes) {
  for (const auto& event : one_of_each()) {
    const auto decoded = Event::decode(event.encode());
    ASSERT_TRUE(decoded) << decoded.error();
    EXPECT_EQ(*decoded, event);
  }
}

TEST(Event, HasTheBytesThatItsHeaderDescribes) {
  auto bytes = event_of(PlayerLeft{.account = 3,
                                   .player = 0x01020304,
                                   .reason = Reason::kIdle,
                                   .match = 77,
                                   .played = Nanoseconds(256),
                                   .score = -2,
                                   .at_unix = Nanoseconds(11)})
                   .encode();
  std::fill(bytes.begin() + 2, bytes.begin() + 10, std::byte{0xaa});
  EXPECT_EQ(bytes, bytes_of({1, 3, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,                              //
                             0, 0, 0,    0,    0,    0,    0,    3,    1,    2,    3,    4,    6, 0, 0, 0, 77,  //
                             0, 0, 0,    0,    0,    0,    1,    0,    0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 0,      //
                             0, 0, 0,    11}));
}

TEST(Event, SaysItsKind) {
  const auto events = one_of_each();
  EXPECT_EQ(event_kind_name(events[0].kind()), "player_authenticated");
  EXPECT_EQ(event_kind_name(events[1].kind()), "match_started");
  EXPECT_EQ(event_kind_name(events[2].kind()), "player_left");
}

TEST(Event, HasAnIdOfItsOwn) { EXPECT_NE(event_of(left()).id(), event_of(left()).id()); }

TEST(Event, FitsItsBoundWhenItIsFull) {
  auto full_match = started();
  full_match.accounts.assign(kMaxMatchAccounts, ~0ULL);
  auto full_login = authenticated();
  full_login.region.assign(kMaxRegionBytes, 'x');
  for (const auto& event : {event_of(full_match), event_of(full_login)}) {
    EXPECT_LE(event.encode().size(), kMaxEventBytes);
    EXPECT_EQ(*Event::decode(event.encode()), event);
  }
}

TEST(Event, IsNotMadeBeyondItsBounds) {
  auto many = started();
  many.accounts.resize(kMaxMatchAccounts + 1);
  EXPECT_EQ(Event::make(many).error(), "not a valid event: too many accounts");
  auto far = authenticated();
  far.region.assign(kMaxRegionBytes + 1, 'x');
  EXPECT_EQ(Event::make(far).error(), "not a valid event: the region is too long");
  far.region = "a\nb";
  EXPECT_EQ(Event::make(far).error(), "not a valid event: the region is not printable ASCII");
  auto backwards = left();
  backwards.played = Nanoseconds(-1);
  EXPECT_EQ(Event::make(backwards).error(), "not a valid event: the time played is negative");
}

TEST(Event, IsNotDecodedFromAnyPartOfItsBytes) {
  for (const auto& event : one_of_each()) {
    const auto bytes = event.encode();
    for (std::size_t count = 0; count < bytes.size(); ++count) {
      EXPECT_EQ(error_of({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)}),
                "not a valid event: it ends too early");
    }
  }
}

TEST(Event, IsNotDecodedWithAByteTooMany) {
  for (const auto& event : one_of_each()) {
    auto bytes = event.encode();
    bytes.push_back({});
    EXPECT_EQ(error_of(bytes), "not a valid event: it is too long");
  }
}

TEST(Event, IsNotDecodedFromAnotherVersionOrKind) {
  auto bytes = event_of(left()).encode();
  bytes[0] = std::byte{2};
  EXPECT_EQ(error_of(bytes), "not a valid event: the version is unknown");
  bytes[0] = std::byte{1};
  for (const int kind : {0, 4, 255}) {
    bytes[1] = static_cast<std::byte>(kind);
    EXPECT_EQ(error_of(bytes), "not a valid event: the kind is unknown");
  }
}

TEST(Event, IsNotDecodedWithAFieldOutOfBounds) {
  auto mode = event_of(started()).encode();
  mode[14] = std::byte{2};
  EXPECT_EQ(error_of(mode), "not a valid event: the mode is unknown");
  auto reason = event_of(left()).encode();
  reason[22] = static_cast<std::byte>(kReasonCount);
  EXPECT_EQ(error_of(reason), "not a valid event: the reason is unknown");
  auto time = event_of(left()).encode();
  time[39] = std::byte{0x80};
  EXPECT_EQ(error_of(time), "not a valid event: the time is negative");
  auto crowd = event_of(started()).encode();
  crowd[23] = std::byte{65};
  crowd.resize(24 + 65 * 8);
  EXPECT_EQ(error_of(crowd), "not a valid event: too many accounts");
}

TEST(Event, SurvivesBytesAtRandom) {
  std::mt19937 random(1);
  int decoded = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> bytes(random() % 80);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    if (bytes.size() > 1) {
      bytes[0] = std::byte{1};
      bytes[1] = static_cast<std::byte>(random() % 5);
    }
    const auto event = Event::decode(bytes);
    if (!event) continue;
    ++decoded;
    EXPECT_EQ(event->encode(), bytes);
  }
  // Some are well-formed by chance: the others were not all refused for one reason.
  EXPECT_GT(decoded, 0);
}

TEST(SeenEvents, KnowsAnEventThatComesAgain) {
  SeenEvents seen(4);
  EXPECT_TRUE(seen.is_first(1));
  EXPECT_FALSE(seen.is_first(1));
  EXPECT_TRUE(seen.is_first(2));
}

TEST(SeenEvents, ForgetsTheOldestBeyondItsBound) {
  SeenEvents seen(3);
  for (const std::uint64_t id : {1, 2, 3, 4}) EXPECT_TRUE(seen.is_first(id));
  for (const std::uint64_t id : {2, 3, 4}) EXPECT_FALSE(seen.is_first(id));
  EXPECT_TRUE(seen.is_first(1));
  EXPECT_TRUE(seen.is_first(2));
  EXPECT_FALSE(seen.is_first(4));
}

}  // namespace
}  // namespace tickwire::game
