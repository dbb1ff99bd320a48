// SPDX-License-Identifier: Apache-2.0
#include "api/event_stream.h"

#include <gmock/gmock.h>

#include <limits>

#include "export/events.h"
#include "unit/export/sample_events.h"

namespace tickwire::api {
namespace {

using testing::HasSubstr;

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

EventQuery query(const std::vector<std::pair<std::string, std::string>>& parameters) {
  const auto parsed = EventQuery::parse(parameters);
  EXPECT_TRUE(parsed) << parsed.error().text();
  return parsed.value_or(EventQuery{});
}

// The numbers of the sample's events that come to a reader who asks for all of them.
std::string lines_of(const std::vector<std::uint64_t>& numbers) {
  const model::EventLog log = sample::event_log();
  std::string lines;
  for (const std::uint64_t number : numbers) lines += exporting::event_json(*log.find(number));
  return lines;
}

std::string all_lines(std::vector<std::pair<std::string, std::string>> parameters) {
  const model::EventLog log = sample::event_log();
  parameters.emplace_back("since", "0");
  return EventStream(query(parameters), log).next(log, kAll);
}

TEST(EventQuery, TakesEveryEventByDefault) { EXPECT_EQ(all_lines({}), lines_of({1, 2, 3, 4, 5})); }

TEST(EventQuery, TakesThoseOfAService) {
  EXPECT_EQ(all_lines({{"service", "world"}}), lines_of({1, 4}));
  EXPECT_EQ(all_lines({{"service", "nothing"}}), "");
}

TEST(EventQuery, TakesThoseOfOneKindOrOfSeveral) {
  EXPECT_EQ(all_lines({{"kind", "closed"}}), lines_of({3}));
  EXPECT_EQ(all_lines({{"kind", "opened"}, {"kind", "stall"}}), lines_of({1, 4}));
  EXPECT_EQ(all_lines({{"kind", "opened"}, {"service", "lobby"}}), "");
}

TEST(EventQuery, SaysWhatIsWrongWithIt) {
  const auto refused = [](const char* name, const char* value) {
    const auto parsed = EventQuery::parse({{name, value}});
    if (parsed) return std::string("taken");
    EXPECT_EQ(parsed.error().failure, Failure::kUsage);
    return parsed.error().text();
  };
  EXPECT_EQ(refused("kind", "open"), "kind is none of opened, state_changed, closed, stall, over_threshold");
  EXPECT_EQ(refused("service", ""), "service is not a service's name");
  EXPECT_EQ(refused("since", "-1"), "since is not the number of an event");
  EXPECT_EQ(refused("format", "json"), "format is none of jsonl, text");
  EXPECT_EQ(refused("limit", "5"), "a parameter is none of service, kind, since, format");
  EXPECT_EQ(EventQuery::parse({{"since", "1"}, {"since", "1"}}).error().text(), "since is given twice");
}

TEST(EventStream, BeginsWithWhatIsNewFromNowOn) {
  model::EventLog log = sample::event_log();
  EventStream stream(query({}), log);
  EXPECT_FALSE(stream.is_behind(log));
  EXPECT_EQ(stream.next(log, kAll), "");
  log.append({sample::events()[0]});
  EXPECT_TRUE(stream.is_behind(log));
  EXPECT_EQ(stream.next(log, kAll), exporting::event_json(*log.find(6)));
  EXPECT_EQ(stream.next(log, kAll), "");
}

TEST(EventStream, GoesOnBehindTheEventThatTheReaderHas) {
  const model::EventLog log = sample::event_log();
  EXPECT_EQ(EventStream(query({{"since", "3"}}), log).next(log, kAll), lines_of({4, 5}));
}

TEST(EventStream, GivesWholeLinesUntilThereAreEnough) {
  const model::EventLog log = sample::event_log();
  EventStream stream(query({{"since", "0"}}), log);
  const std::string first = lines_of({1});
  EXPECT_EQ(stream.next(log, first.size()), first);
  EXPECT_EQ(stream.next(log, lines_of({2}).size() + 1), lines_of({2, 3}));
  EXPECT_EQ(stream.next(log, 1), lines_of({4}));
}

TEST(EventStream, CountsWhatTheLogHasDroppedMeanwhile) {
  model::EventLog log = sample::event_log();
  EventStream stream(query({{"kind", "opened"}}), log);
  log.append(std::vector<model::Event>(model::EventLog::kKept + 9, sample::events()[3]));
  log.append({sample::events()[0]});
  // Numbers 6 .. 14 are gone; then come 4,096 stalls, which nobody asked for, and the one that was.
  const std::string lines = stream.next(log, kAll);
  EXPECT_EQ(lines, exporting::lost_json(9) + exporting::event_json(*log.find(log.newest())));
}

TEST(EventStream, IsTextWhereThatIsAskedFor) {
  const model::EventLog log = sample::event_log();
  EventStream stream(query({{"since", "4"}, {"format", "text"}}), log);
  EXPECT_THAT(stream.next(log, kAll), HasSubstr(" rtt 210ms by tcp_timestamp, over 150ms"));
  EXPECT_EQ(stream.heartbeat(), "\n");
}

TEST(EventStream, HasAHeartbeatThatSaysHowFarItIs) {
  const model::EventLog log = sample::event_log();
  EventStream stream(query({{"since", "2"}}), log);
  EXPECT_EQ(stream.heartbeat(), exporting::heartbeat_json(2));
  static_cast<void>(stream.next(log, kAll));
  EXPECT_EQ(stream.heartbeat(), exporting::heartbeat_json(5));
}

}  // namespace
}  // namespace tickwire::api
