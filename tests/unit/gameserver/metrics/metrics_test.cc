// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "gameserver/metrics/families.h"
#include "gameserver/metrics/registry.h"

namespace tickwire::game {
namespace {

TEST(Histogram, PutsABoundIntoItsOwnCell) {
  Histogram histogram({0.5, 1});
  for (const double value : {0.25, 0.5, 0.75, 1.0, 1.25, 4.0}) histogram.observe(value);
  EXPECT_EQ(histogram.counts(), (HistogramCounts{.bounds = {0.5, 1}, .cells = {2, 2, 2}, .sum = 7.75}));
}

TEST(MetricRegistry, IsEmptyWithoutSources) { EXPECT_EQ(MetricRegistry().text(), ""); }

TEST(MetricRegistry, WritesTheTextExposition) {
  MetricRegistry registry;
  registry.add([] {
    return MetricFamilies{
        counter_family("game_chat_lines_total", "Lines.", {{{{"fate", "kept"}}, 3}, {{{"fate", "dropped"}}, 0}}),
        gauge_family("game_players", "Players.", 7)};
  });
  EXPECT_EQ(registry.text(),
            "# HELP game_chat_lines_total Lines.\n# TYPE game_chat_lines_total counter\n"
            "game_chat_lines_total{fate=\"kept\"} 3\ngame_chat_lines_total{fate=\"dropped\"} 0\n"
            "# HELP game_players Players.\n# TYPE game_players gauge\ngame_players 7\n");
}

TEST(MetricRegistry, WritesAHistogramCumulatively) {
  Histogram histogram({0.5, 1});
  for (const double value : {0.25, 0.75, 4.0}) histogram.observe(value);
  MetricRegistry registry;
  registry.add([&] {
    return MetricFamilies{histogram_family("game_wait_seconds", "Wait.", {{{{"queue", "a"}}, histogram.counts()}})};
  });
  EXPECT_EQ(registry.text(),
            "# HELP game_wait_seconds Wait.\n# TYPE game_wait_seconds histogram\n"
            "game_wait_seconds_count{queue=\"a\"} 3\ngame_wait_seconds_sum{queue=\"a\"} 5\n"
            "game_wait_seconds_bucket{queue=\"a\",le=\"0.5\"} 1\ngame_wait_seconds_bucket{queue=\"a\",le=\"1\"} 2\n"
            "game_wait_seconds_bucket{queue=\"a\",le=\"+Inf\"} 3\n");
}

TEST(MetricRegistry, AsksItsSourcesAtEachScrape) {
  double value = 1;
  MetricRegistry registry;
  registry.add([&] { return MetricFamilies{gauge_family("game_players", "Players.", value)}; });
  EXPECT_TRUE(registry.text().ends_with("\ngame_players 1\n"));
  value = 2;
  EXPECT_TRUE(registry.text().ends_with("\ngame_players 2\n"));
}

TEST(MetricRegistry, MakesOneFamilyOfThoseWithOneName) {
  MetricRegistry registry;
  for (const std::string queue : {"a", "b"}) {
    registry.add([queue] { return MetricFamilies{gauge_family("game_queue_depth", "Depth.", {{{{"queue", queue}}, 1}})}; });
  }
  EXPECT_EQ(registry.text(),
            "# HELP game_queue_depth Depth.\n# TYPE game_queue_depth gauge\n"
            "game_queue_depth{queue=\"a\"} 1\ngame_queue_depth{queue=\"b\"} 1\n");
}

TEST(MetricRegistry, IsServedUnderItsPath) {
  MetricRegistry registry;
  registry.add([] { return MetricFamilies{gauge_family("game_players", "Players.", 7)}; });
  const HttpRoute route = metrics_route(registry);
  EXPECT_EQ(route.method, HttpMethod::kGet);
  EXPECT_EQ(route.path, "/metrics");
  HttpResponse answer;
  route.handler({}, [&](HttpResponse given) { answer = std::move(given); });
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(answer.body, registry.text());
}

}  // namespace
}  // namespace tickwire::game
