// SPDX-License-Identifier: Apache-2.0
#include "model/windows.h"

#include <gtest/gtest.h>

#include <utility>

namespace tickwire::model {
namespace {

using namespace std::chrono_literals;

TEST(QueueingDelay, IsTheQuantileLessTheShortest) {
  const QueueingDelay delay = queueing_delay({.p50 = 30ms, .p95 = 90ms}, 20ms);
  EXPECT_EQ(delay.p50, 10ms);
  EXPECT_EQ(delay.p95, 70ms);
}

TEST(QueueingDelay, IsNothingWithinOneCell) {
  // 16.78 .. 20.97 ms is one cell.
  EXPECT_EQ(queueing_delay({.p50 = 18'874'368ns}, 17ms).p50, 0ns);
  EXPECT_EQ(queueing_delay({.p50 = 18'874'368ns}, 20ms).p50, 0ns);
  EXPECT_EQ(queueing_delay({.p50 = 18'874'368ns}, 16ms).p50, 2'874'368ns);
}

TEST(QueueingDelay, IsNotKnownWithoutBoth) {
  EXPECT_EQ(queueing_delay({}, 20ms), QueueingDelay{});
  EXPECT_EQ(queueing_delay({.p50 = 30ms, .p95 = 90ms}, std::nullopt), QueueingDelay{});
}

TEST(WindowSummary, HasTheQuantilesOfItsHistogram) {
  Histogram histogram(Resolution::kConnection);
  for (const auto& [cell, samples] : {std::pair{40, 700}, {50, 220}, {55, 50}, {60, 25}, {79, 5}}) {
    histogram.add(static_cast<std::uint32_t>(cell), static_cast<std::uint64_t>(samples));
  }
  const WindowSummary summary = WindowSummary::of(histogram);
  EXPECT_EQ(summary.samples, histogram.samples());
  EXPECT_EQ(summary.p50, histogram.quantile(0.5));
  EXPECT_EQ(summary.p90, histogram.quantile(0.9));
  EXPECT_EQ(summary.p95, histogram.quantile(0.95));
  EXPECT_EQ(summary.p99, histogram.quantile(0.99));
  EXPECT_EQ(summary.p999, histogram.quantile(0.999));
  EXPECT_EQ(summary.max, histogram.max());
  EXPECT_LT(summary.p50, summary.p90);
  EXPECT_LT(summary.p90, summary.p95);
  EXPECT_LT(summary.p95, summary.p99);
  EXPECT_LT(summary.p99, summary.p999);
  EXPECT_EQ(summary.min, std::nullopt);
}

TEST(WindowSummary, HasNothingOfAnEmptyHistogram) {
  EXPECT_EQ(WindowSummary::of(Histogram(Resolution::kConnection)), WindowSummary{});
}

TEST(Windows, HaveNames) {
  for (const Window window : {Window::k10s, Window::k1m, Window::k5m, Window::kAll}) EXPECT_EQ(window_of(name(window)), window);
  EXPECT_EQ(name(Window::k1m), "1m");
  EXPECT_EQ(window_of("2m"), std::nullopt);
  EXPECT_EQ(window_of(""), std::nullopt);
}

}  // namespace
}  // namespace tickwire::model
