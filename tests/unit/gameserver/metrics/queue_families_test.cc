// SPDX-License-Identifier: Apache-2.0
#include "gameserver/metrics/queue_families.h"

#include <gtest/gtest.h>

#include "gameserver/metrics/registry.h"

namespace tickwire::game {
namespace {

std::string text_of(const std::vector<NamedQueueCounts>& queues) {
  MetricRegistry registry;
  registry.add([&] { return queue_families(queues); });
  return registry.text();
}

bool has_line(const std::string& text, const std::string& line) { return text.find("\n" + line + "\n") != std::string::npos; }

TEST(QueueFamilies, ShowEachNumberOfAQueue) {
  const std::string text = text_of({{.queue = "chat",
                                     .counts = {.pushed = 1,
                                                .popped = 2,
                                                .dropped_oldest = 3,
                                                .refused = 4,
                                                .timed_out = 5,
                                                .replaced = 6,
                                                .stale = 7,
                                                .depth = 8,
                                                .high_water = 9,
                                                .capacity = 10}}});
  for (const char* line :
       {"game_queue_pushed_total{queue=\"chat\"} 1", "game_queue_popped_total{queue=\"chat\"} 2",
        "game_queue_dropped_total{queue=\"chat\",reason=\"oldest\"} 3",
        "game_queue_dropped_total{queue=\"chat\",reason=\"refused\"} 4",
        "game_queue_dropped_total{queue=\"chat\",reason=\"timed_out\"} 5",
        "game_queue_dropped_total{queue=\"chat\",reason=\"replaced\"} 6",
        "game_queue_dropped_total{queue=\"chat\",reason=\"stale\"} 7", "game_queue_depth_items{queue=\"chat\"} 8",
        "game_queue_high_water_items{queue=\"chat\"} 9", "game_queue_capacity_items{queue=\"chat\"} 10"}) {
    EXPECT_TRUE(has_line(text, line)) << line << "\nin\n" << text;
  }
}

TEST(QueueFamilies, TakeARealQueueByItsName) {
  BoundedQueue<int, FullPolicy::kRefuse> queue("joins", 1);
  EXPECT_TRUE(queue.push(1));
  EXPECT_FALSE(queue.push(2));
  const std::string text = text_of({named_counts(queue)});
  EXPECT_TRUE(has_line(text, "game_queue_depth_items{queue=\"joins\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "game_queue_dropped_total{queue=\"joins\",reason=\"refused\"} 1")) << text;
  EXPECT_TRUE(has_line(text, "game_queue_dropped_total{queue=\"joins\",reason=\"oldest\"} 0")) << text;
}

}  // namespace
}  // namespace tickwire::game
