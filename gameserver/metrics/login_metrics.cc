// SPDX-License-Identifier: Apache-2.0
#include "gameserver/metrics/login_metrics.h"

#include <numeric>

namespace tickwire::game {
namespace {

constexpr std::string_view kOtherRegion = "other";
constexpr std::string_view kUnknownRegion = "unknown";
constexpr std::array<LoginOutcome, kLoginOutcomeCount> kOutcomes = {
    LoginOutcome::kOk, LoginOutcome::kDenied, LoginOutcome::kThrottled, LoginOutcome::kBusy, LoginOutcome::kStore};

// The objectives for the 99th percentile are 0.4 s and 0.8 s, so both are bounds, with one between and one below: a quantile is
// then read from a cell that is narrow where it matters.
std::vector<double> bounds_s() { return {0.05, 0.1, 0.25, 0.4, 0.6, 0.8, 1, 2.5}; }

}  // namespace

std::string_view login_outcome_name(LoginOutcome outcome) {
  constexpr std::array<std::string_view, kLoginOutcomeCount> kNames = {"ok", "denied", "throttled", "busy", "store"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

std::string_view login_status(LoginOutcome outcome) {
  constexpr std::array<std::string_view, kLoginOutcomeCount> kStatus = {"ok", "denied", "denied", "busy", "error"};
  return kStatus.at(static_cast<std::size_t>(outcome));
}

LoginMetrics::Region::Region() {
  for (const LoginOutcome outcome : kOutcomes) took_by_status.try_emplace(std::string(login_status(outcome)), bounds_s());
}

LoginMetrics::LoginMetrics(const std::vector<std::string>& regions) {
  regions_[std::string(kUnknownRegion)];
  for (const std::string& region : regions) region_of(region);
}

LoginMetrics::Region& LoginMetrics::region_of(std::string_view name) {
  const auto known = regions_.find(name);
  if (known != regions_.end()) return known->second;
  const std::size_t named = regions_.size() - regions_.count(kOtherRegion) - regions_.count(kUnknownRegion);
  return regions_[std::string(named < kMostRegions ? name : kOtherRegion)];
}

void LoginMetrics::record(std::string_view region, LoginOutcome outcome, Nanoseconds took) {
  const std::lock_guard hold(lock_);
  Region& counts = region_of(region.empty() ? kUnknownRegion : region);
  ++counts.outcomes.at(static_cast<std::size_t>(outcome));
  counts.took_by_status.find(login_status(outcome))->second.observe(in_seconds(took));
}

MetricFamilies LoginMetrics::collect() const {
  std::vector<std::pair<MetricLabels, HistogramCounts>> took;
  std::vector<MetricSample> attempts;
  std::vector<MetricSample> errors;
  {
    const std::lock_guard hold(lock_);
    for (const auto& [name, region] : regions_) {
      for (const auto& [status, histogram] : region.took_by_status) {
        took.emplace_back(MetricLabels{{"status", status}, {"region", name}}, histogram.counts());
      }
      const auto all = std::accumulate(region.outcomes.begin(), region.outcomes.end(), std::uint64_t{0});
      attempts.push_back({{{"region", name}}, static_cast<double>(all)});
      for (const LoginOutcome outcome : kOutcomes) {
        if (outcome == LoginOutcome::kOk) continue;
        errors.push_back({{{"region", name}, {"reason", std::string(login_outcome_name(outcome))}},
                          static_cast<double>(region.outcomes.at(static_cast<std::size_t>(outcome)))});
      }
    }
  }
  MetricFamilies families;
  families.push_back(histogram_family("game_login_duration_seconds", "From a login's request to its answer.", took));
  families.push_back(counter_family("game_login_attempts_total", "Logins that were answered, however.", std::move(attempts)));
  families.push_back(counter_family("game_login_errors_total", "Logins that gave no token, by reason.", std::move(errors)));
  return families;
}

}  // namespace tickwire::game
