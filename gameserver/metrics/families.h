// What it owns: metric families written tersely.
// Who may use it: every folder of gameserver/ that has something to count.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gameserver/common/clock.h"
#include "gameserver/metrics/histogram.h"

namespace tickwire::game {

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;
using MetricFamilies = std::vector<prometheus::MetricFamily>;

// One sample of a counter or gauge.
struct MetricSample {
  MetricLabels labels;
  double value = 0;
};

// name: game_<noun>_<unit>[_total], in seconds and bytes. A counter's ends in _total.
[[nodiscard]] prometheus::MetricFamily counter_family(std::string name, std::string help, std::vector<MetricSample> samples);
[[nodiscard]] prometheus::MetricFamily gauge_family(std::string name, std::string help, std::vector<MetricSample> samples);
[[nodiscard]] prometheus::MetricFamily histogram_family(std::string name, std::string help,
                                                        const std::vector<std::pair<MetricLabels, HistogramCounts>>& samples);

// One sample without labels.
[[nodiscard]] prometheus::MetricFamily counter_family(std::string name, std::string help, double value);
[[nodiscard]] prometheus::MetricFamily gauge_family(std::string name, std::string help, double value);

[[nodiscard]] constexpr double in_seconds(Nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace tickwire::game
