// SPDX-License-Identifier: Apache-2.0
#include "gameserver/metrics/login_metrics.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;

// The metric of the family with exactly these labels.
std::optional<prometheus::ClientMetric> find(const LoginMetrics& metrics, std::string_view name, MetricLabels labels) {
  std::sort(labels.begin(), labels.end());
  for (const auto& family : metrics.collect()) {
    if (family.name != name) continue;
    for (auto metric : family.metric) {
      std::sort(metric.label.begin(), metric.label.end());
      if (metric.label == labels) return metric;
    }
  }
  return std::nullopt;
}

double counter(const LoginMetrics& metrics, std::string_view name, MetricLabels labels) {
  const auto metric = find(metrics, name, std::move(labels));
  return metric ? metric->counter.value : -1;
}

std::vector<std::uint64_t> cells(const LoginMetrics& metrics, std::string_view status, std::string_view region) {
  const auto metric =
      find(metrics, "game_login_duration_seconds", {{"status", std::string(status)}, {"region", std::string(region)}});
  std::vector<std::uint64_t> cumulative;
  if (metric) {
    for (const auto& bucket : metric->histogram.bucket) cumulative.push_back(bucket.cumulative_count);
  }
  return cumulative;
}

TEST(LoginMetrics, CountsALoginByStatusAndRegion) {
  LoginMetrics metrics;
  metrics.record("eu", LoginOutcome::kOk, milliseconds(400));
  metrics.record("eu", LoginOutcome::kOk, milliseconds(401));
  EXPECT_EQ(cells(metrics, "ok", "eu"), (std::vector<std::uint64_t>{0, 0, 0, 1, 2, 2, 2, 2, 2}));
  EXPECT_EQ(cells(metrics, "denied", "eu"), std::vector<std::uint64_t>(9, 0));
  EXPECT_TRUE(cells(metrics, "ok", "us").empty());
  EXPECT_EQ(counter(metrics, "game_login_attempts_total", {{"region", "eu"}}), 2);
}

TEST(LoginMetrics, HasTheBoundsOfItsObjectives) {
  const LoginMetrics metrics({"eu"});
  const auto metric = find(metrics, "game_login_duration_seconds", {{"status", "ok"}, {"region", "eu"}});
  ASSERT_TRUE(metric);
  std::vector<double> bounds;
  for (const auto& bucket : metric->histogram.bucket) bounds.push_back(bucket.upper_bound);
  ASSERT_EQ(bounds.size(), 9U);
  EXPECT_EQ(bounds.back(), std::numeric_limits<double>::infinity());
  bounds.pop_back();
  EXPECT_EQ(bounds, (std::vector<double>{0.05, 0.1, 0.25, 0.4, 0.6, 0.8, 1, 2.5}));
}

TEST(LoginMetrics, CountsErrorsByReason) {
  LoginMetrics metrics;
  metrics.record("eu", LoginOutcome::kDenied, milliseconds(1));
  metrics.record("eu", LoginOutcome::kThrottled, milliseconds(1));
  metrics.record("eu", LoginOutcome::kThrottled, milliseconds(1));
  metrics.record("eu", LoginOutcome::kBusy, milliseconds(1));
  metrics.record("eu", LoginOutcome::kStore, milliseconds(1));
  metrics.record("eu", LoginOutcome::kOk, milliseconds(1));
  const auto errors = [&](const char* reason) {
    return counter(metrics, "game_login_errors_total", {{"region", "eu"}, {"reason", reason}});
  };
  EXPECT_EQ(errors("denied"), 1);
  EXPECT_EQ(errors("throttled"), 2);
  EXPECT_EQ(errors("busy"), 1);
  EXPECT_EQ(errors("store"), 1);
  EXPECT_EQ(errors("ok"), -1);
  EXPECT_EQ(counter(metrics, "game_login_attempts_total", {{"region", "eu"}}), 6);
  EXPECT_EQ(cells(metrics, "denied", "eu").back(), 3U);
  EXPECT_EQ(cells(metrics, "busy", "eu").back(), 1U);
  EXPECT_EQ(cells(metrics, "error", "eu").back(), 1U);
}

TEST(LoginMetrics, StartsEverySeriesOfARegionAtZero) {
  const LoginMetrics metrics({"eu"});
  EXPECT_EQ(counter(metrics, "game_login_attempts_total", {{"region", "eu"}}), 0);
  for (const char* reason : {"denied", "throttled", "busy", "store"}) {
    EXPECT_EQ(counter(metrics, "game_login_errors_total", {{"region", "eu"}, {"reason", reason}}), 0) << reason;
  }
  for (const char* status : {"ok", "denied", "busy", "error"}) {
    EXPECT_EQ(cells(metrics, status, "eu"), std::vector<std::uint64_t>(9, 0)) << status;
  }
}

TEST(LoginMetrics, CountsALoginThatNamesNoRegion) {
  LoginMetrics metrics;
  EXPECT_EQ(counter(metrics, "game_login_attempts_total", {{"region", "unknown"}}), 0);
  metrics.record("", LoginOutcome::kOk, milliseconds(1));
  EXPECT_EQ(counter(metrics, "game_login_attempts_total", {{"region", "unknown"}}), 1);
  EXPECT_EQ(counter(metrics, "game_login_attempts_total", {{"region", ""}}), -1);
}

TEST(LoginMetrics, CountsRegionsBeyondTheBoundTogether) {
  LoginMetrics metrics({"eu"});
  for (int i = 1; i < 20; ++i) metrics.record(fmt::format("r{}", i), LoginOutcome::kOk, milliseconds(1));
  metrics.record("eu", LoginOutcome::kOk, milliseconds(1));
  EXPECT_EQ(counter(metrics, "game_login_attempts_total", {{"region", "eu"}}), 1);
  EXPECT_EQ(counter(metrics, "game_login_attempts_total", {{"region", "r15"}}), 1);
  EXPECT_EQ(counter(metrics, "game_login_attempts_total", {{"region", "r16"}}), -1);
  EXPECT_EQ(counter(metrics, "game_login_attempts_total", {{"region", "other"}}), 4);
}

}  // namespace
}  // namespace tickwire::game
