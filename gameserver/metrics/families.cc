// SPDX-License-Identifier: Apache-2.0
#include "gameserver/metrics/families.h"

#include <limits>

namespace tickwire::game {
namespace {

prometheus::ClientMetric::Histogram cumulative(const HistogramCounts& counts) {
  prometheus::ClientMetric::Histogram histogram;
  histogram.sample_sum = counts.sum;
  for (std::size_t i = 0; i < counts.cells.size(); ++i) {
    histogram.sample_count += counts.cells[i];
    const double bound = i < counts.bounds.size() ? counts.bounds[i] : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({.cumulative_count = histogram.sample_count, .upper_bound = bound});
  }
  return histogram;
}

}  // namespace

prometheus::MetricFamily counter_family(std::string name, std::string help, std::vector<MetricSample> samples) {
  prometheus::MetricFamily family{std::move(name), std::move(help), prometheus::MetricType::Counter, {}};
  for (MetricSample& sample : samples) {
    auto& metric = family.metric.emplace_back();
    metric.label = std::move(sample.labels);
    metric.counter.value = sample.value;
  }
  return family;
}

prometheus::MetricFamily gauge_family(std::string name, std::string help, std::vector<MetricSample> samples) {
  prometheus::MetricFamily family{std::move(name), std::move(help), prometheus::MetricType::Gauge, {}};
  for (MetricSample& sample : samples) {
    auto& metric = family.metric.emplace_back();
    metric.label = std::move(sample.labels);
    metric.gauge.value = sample.value;
  }
  return family;
}

prometheus::MetricFamily histogram_family(std::string name, std::string help,
                                          const std::vector<std::pair<MetricLabels, HistogramCounts>>& samples) {
  prometheus::MetricFamily family{std::move(name), std::move(help), prometheus::MetricType::Histogram, {}};
  for (const auto& [labels, counts] : samples) {
    auto& metric = family.metric.emplace_back();
    metric.label = labels;
    metric.histogram = cumulative(counts);
  }
  return family;
}

prometheus::MetricFamily counter_family(std::string name, std::string help, double value) {
  return counter_family(std::move(name), std::move(help), std::vector{MetricSample{{}, value}});
}

prometheus::MetricFamily gauge_family(std::string name, std::string help, double value) {
  return gauge_family(std::move(name), std::move(help), std::vector{MetricSample{{}, value}});
}

}  // namespace tickwire::game
