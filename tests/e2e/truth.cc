// SPDX-License-Identifier: Apache-2.0
#include "e2e/truth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tickwire::e2e {

using nlohmann::json;
using std::chrono::nanoseconds;

nanoseconds quantile(std::vector<nanoseconds> samples, double q) {
  std::ranges::sort(samples);
  return samples.at(static_cast<std::size_t>(std::ceil(q * static_cast<double>(samples.size()))) - 1);
}

void expect_close(const json& measured_ns, nanoseconds truth, double error, nanoseconds slack, const std::string& what) {
  ASSERT_TRUE(measured_ns.is_number()) << what << " was not measured";
  const double allowed = error * static_cast<double>(truth.count()) + static_cast<double>(slack.count());
  EXPECT_NEAR(measured_ns.get<double>(), static_cast<double>(truth.count()), allowed) << what;
}

void expect_close(const json& measured_ns, const harness::Durations& truth, double q, double error, nanoseconds slack,
                  const std::string& what) {
  ASSERT_TRUE(measured_ns.is_number()) << what << " was not measured";
  const auto measured = measured_ns.get<double>();
  const auto least = static_cast<double>(quantile(truth.least, q).count());
  const auto most = static_cast<double>(quantile(truth.most, q).count());
  EXPECT_GE(measured, (1 - error) * least - static_cast<double>(slack.count())) << what;
  EXPECT_LE(measured, (1 + error) * most + static_cast<double>(slack.count())) << what;
}

json with_method(const json& latencies, const std::string& method) {
  for (const json& latency : latencies) {
    if (latency["method"] == method) return latency;
  }
  return {};
}

}  // namespace tickwire::e2e
