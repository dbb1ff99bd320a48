// SPDX-License-Identifier: Apache-2.0
#include "model/event_log.h"

#include <gtest/gtest.h>

#include <utility>

namespace tickwire::model {
namespace {

using std::chrono::nanoseconds;

Event at(std::int64_t ns) { return {.at = nanoseconds(ns), .what = Opened{}}; }

std::vector<Event> events(std::size_t count) { return std::vector<Event>(count, at(1)); }

std::vector<std::int64_t> times(const std::vector<Event>& all) {
  std::vector<std::int64_t> result;
  for (const Event& event : all) result.push_back(event.at.count());
  return result;
}

TEST(EventKind, HasANameThatLeadsBackToIt) {
  for (const EventKind kind : kEventKinds) EXPECT_EQ(event_kind_of(name(kind)), kind);
  EXPECT_EQ(event_kind_of("open"), std::nullopt);
  EXPECT_EQ(event_kind_of(""), std::nullopt);
}

TEST(EventKind, IsThatOfWhatHappened) {
  EXPECT_EQ(Event{.what = Opened{}}.kind(), EventKind::kOpened);
  EXPECT_EQ(Event{.what = StateChanged{}}.kind(), EventKind::kStateChanged);
  EXPECT_EQ(Event{.what = Closed{}}.kind(), EventKind::kClosed);
  EXPECT_EQ(Event{.what = Stalled{}}.kind(), EventKind::kStall);
  EXPECT_EQ(Event{.what = OverThreshold{}}.kind(), EventKind::kOverThreshold);
}

TEST(EventLog, IsEmptyAtFirst) {
  const EventLog log;
  EXPECT_EQ(log.newest(), 0U);
  EXPECT_EQ(log.oldest(), 1U);
  EXPECT_EQ(log.find(0), nullptr);
  EXPECT_EQ(log.find(1), nullptr);
}

TEST(EventLog, NumbersEventsFromOneUp) {
  EventLog log;
  log.append({at(10), at(20)});
  log.append({});
  log.append({at(30)});
  EXPECT_EQ(log.oldest(), 1U);
  EXPECT_EQ(log.newest(), 3U);
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    ASSERT_NE(log.find(sequence), nullptr);
    EXPECT_EQ(log.find(sequence)->sequence, sequence);
    EXPECT_EQ(log.find(sequence)->at, nanoseconds(10 * sequence));
  }
  EXPECT_EQ(log.find(4), nullptr);
}

TEST(EventLog, KeepsTheNewestOnes) {
  EventLog log;
  for (std::size_t i = 0; i < EventLog::kKept + 10; ++i) log.append({at(1)});
  EXPECT_EQ(log.newest(), EventLog::kKept + 10);
  EXPECT_EQ(log.oldest(), 11U);
  EXPECT_EQ(log.find(10), nullptr);
  ASSERT_NE(log.find(11), nullptr);
  EXPECT_EQ(log.find(11)->sequence, 11U);
}

TEST(EventLog, DropsATicksEventsWhenThoseBehindItAreEnough) {
  EventLog log;
  log.append(events(100));
  log.append(events(EventLog::kKept - 1));
  EXPECT_EQ(log.oldest(), 1U);
  log.append(events(1));
  EXPECT_EQ(log.oldest(), 101U);
}

TEST(EventLog, NumbersMoreThanItKeepsOfOneTick) {
  EventLog log;
  log.append(events(5));
  log.append(events(EventLog::kKept + 7));
  EXPECT_EQ(log.newest(), EventLog::kKept + 12);
  EXPECT_EQ(log.oldest(), 13U);
  ASSERT_NE(log.find(13), nullptr);
  EXPECT_EQ(log.find(13)->sequence, 13U);
}

TEST(EventLog, StaysAsItWasWhenACopyGrows) {
  EventLog before;
  before.append({at(10)});
  EventLog after = before;
  after.append({at(20)});
  EXPECT_EQ(before.newest(), 1U);
  EXPECT_EQ(before.find(2), nullptr);
  EXPECT_EQ(after.newest(), 2U);
  EXPECT_EQ(after.find(1), before.find(1));
}

TEST(EventQueue, GivesEventsInTheOrderOfTime) {
  EventQueue queue;
  for (const std::int64_t ns : {30, 10, 20}) queue.add(at(ns));
  EXPECT_EQ(times(queue.take(nanoseconds(100), nanoseconds(0))), (std::vector<std::int64_t>{10, 20, 30}));
  EXPECT_TRUE(queue.take(nanoseconds(100), nanoseconds(0)).empty());
}

TEST(EventQueue, KeepsWhatIsLaterThanTheTick) {
  EventQueue queue;
  for (const std::int64_t ns : {101, 100}) queue.add(at(ns));
  EXPECT_EQ(times(queue.take(nanoseconds(100), nanoseconds(0))), (std::vector<std::int64_t>{100}));
  EXPECT_EQ(times(queue.take(nanoseconds(200), nanoseconds(0))), (std::vector<std::int64_t>{101}));
}

TEST(EventQueue, KeepsTheOrderOfEventsOfOneMoment) {
  EventQueue queue;
  queue.add({.at = nanoseconds(10), .what = StateChanged{}});
  queue.add({.at = nanoseconds(10), .what = Closed{}});
  const auto taken = queue.take(nanoseconds(10), nanoseconds(0));
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].kind(), EventKind::kStateChanged);
  EXPECT_EQ(taken[1].kind(), EventKind::kClosed);
}

TEST(EventQueue, TellsTheTimeOfDay) {
  EventQueue queue;
  queue.add(at(70));
  EXPECT_EQ(queue.take(nanoseconds(100), nanoseconds(5000))[0].unix_time, nanoseconds(4970));
}

}  // namespace
}  // namespace tickwire::model
