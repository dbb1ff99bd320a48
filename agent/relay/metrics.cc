// SPDX-License-Identifier: Apache-2.0
#include "relay/metrics.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <utility>

#include "export/families.h"
#include "export/metrics.h"

namespace tickwire::relay {
namespace {

using exporting::Labels;
using exporting::seconds;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::array<std::string_view, kFates> kFateNames{"delivered", "merged", "duplicate", "failed_retryable",
                                                          "failed_permanent"};
constexpr std::array<std::string_view, 3> kResultNames{"delivered", "failed_retryable", "failed_permanent"};
constexpr std::array<std::string_view, kDrops> kDropNames{"unread", "digest_full", "refused", "stopped"};
// Robots answer within 0.1 s to 0.5 s; connecting is given up after 3 s, everything after 8 s.
constexpr std::array kBoundsMs{50, 100, 250, 500, 1000, 2500, 5000, 8000};

MetricFamily family(MetricType type, std::string_view name, std::string_view help) {
  return {.name = std::string(name), .help = std::string(help), .type = type, .metric = {}};
}

void add(MetricFamily& to, Labels labels, double value) {
  prometheus::ClientMetric& metric = to.metric.emplace_back();
  metric.label = std::move(labels);
  (to.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
}

}  // namespace

std::string_view name(Fate fate) { return kFateNames[static_cast<std::size_t>(fate)]; }

// The families of all robots, filled one robot after another.
struct Metrics::Families {
  MetricFamily notifications = family(MetricType::Counter, "tickwire_relay_notifications_total",
                                      "Notifications of Alertmanager, by what became of them for the robot.");
  MetricFamily messages = family(MetricType::Counter, "tickwire_relay_messages_total", "Messages that were sent to the robot.");
  MetricFamily waiting =
      family(MetricType::Gauge, "tickwire_relay_digest_alerts", "Alerts that wait for room in the robot's minute.");
  MetricFamily dropped =
      family(MetricType::Counter, "tickwire_relay_alerts_dropped_total", "Alerts that the robot was never told.");
  MetricFamily took =
      family(MetricType::Histogram, "tickwire_relay_send_seconds", "Until the robot's answer, or the lack of one.");
  MetricFamily delivered = family(MetricType::Gauge, "tickwire_relay_last_delivery_timestamp_seconds",
                                  "When the robot last took a message, since 1970-01-01 UTC; 0: never.");

  void add_robot(const Counts& robot) {
    const Labels named{{"robot", robot.name}};
    const auto with = [&robot](std::string_view label, std::string_view value, bool with_kind) {
      Labels labels{{"robot", robot.name}};
      if (with_kind) labels.push_back({"kind", robot.kind});
      labels.push_back({std::string(label), std::string(value)});
      return labels;
    };
    for (std::size_t i = 0; i < kFates; ++i) {
      add(notifications, with("result", kFateNames[i], true), static_cast<double>(robot.notifications[i]));
    }
    for (std::size_t i = 0; i < kResults; ++i) {
      add(messages, with("result", kResultNames[i], true), static_cast<double>(robot.messages[i]));
    }
    for (std::size_t i = 0; i < kDrops; ++i)
      add(dropped, with("reason", kDropNames[i], false), static_cast<double>(robot.dropped[i]));
    add(waiting, named, static_cast<double>(robot.waiting));
    add(delivered, named, seconds(robot.delivered_unix));
    add_took(robot, named);
  }

  void add_took(const Counts& robot, const Labels& named) {
    prometheus::ClientMetric& metric = took.metric.emplace_back();
    metric.label = named;
    std::uint64_t messages_within = 0;
    for (std::size_t i = 0; i < kBounds; ++i) {
      messages_within += robot.took[i];
      metric.histogram.bucket.push_back(
          {.cumulative_count = messages_within, .upper_bound = seconds(std::chrono::milliseconds(kBoundsMs[i]))});
    }
    metric.histogram.sample_count = messages_within + robot.took[kBounds];
    metric.histogram.sample_sum = seconds(robot.took_sum);
  }
};

Metrics::Metrics(const std::vector<Robot>& robots, model::BuildInfo build) : build_(std::move(build)) {
  static_assert(kBoundsMs.size() == kBounds);
  for (const Robot& robot : robots) {
    Counts& counts = robots_.emplace_back();
    counts.name = robot.name;
    counts.kind = relay::name(robot.kind);
  }
}

void Metrics::count_notification(std::size_t robot, Fate fate) {
  const std::scoped_lock lock(mutex_);
  ++robots_[robot].notifications[static_cast<std::size_t>(fate)];
}

void Metrics::count_message(std::size_t robot, Outcome::Result result, std::chrono::nanoseconds took,
                            std::chrono::nanoseconds unix_time) {
  const std::scoped_lock lock(mutex_);
  Counts& counts = robots_[robot];
  ++counts.messages[static_cast<std::size_t>(result)];
  if (result == Outcome::Result::kDelivered) counts.delivered_unix = unix_time;
  const auto bound = std::ranges::find_if(kBoundsMs, [took](int ms) { return took <= std::chrono::milliseconds(ms); });
  ++counts.took[static_cast<std::size_t>(bound - kBoundsMs.begin())];
  counts.took_sum += took;
}

void Metrics::count_dropped(std::size_t robot, Drop reason, std::size_t alerts) {
  const std::scoped_lock lock(mutex_);
  robots_[robot].dropped[static_cast<std::size_t>(reason)] += alerts;
}

void Metrics::set_waiting(std::size_t robot, std::size_t alerts) {
  const std::scoped_lock lock(mutex_);
  robots_[robot].waiting = alerts;
}

void Metrics::count_request(unsigned code) {
  const std::scoped_lock lock(mutex_);
  ++requests_[code];
}

std::size_t Metrics::dropped(std::size_t robot, Drop reason) const {
  const std::scoped_lock lock(mutex_);
  return robots_[robot].dropped[static_cast<std::size_t>(reason)];
}

std::string Metrics::text() const {
  Families families;
  MetricFamily requests = family(MetricType::Counter, "tickwire_relay_requests_total", "HTTP requests that were answered.");
  {
    const std::scoped_lock lock(mutex_);
    for (const Counts& robot : robots_) families.add_robot(robot);
    for (const auto& [code, count] : requests_) add(requests, {{"code", std::to_string(code)}}, static_cast<double>(count));
  }
  std::vector<MetricFamily> all{
      std::move(families.notifications), std::move(families.messages),  std::move(families.waiting), std::move(families.dropped),
      std::move(families.took),          std::move(families.delivered), std::move(requests)};
  exporting::FamilyBuilder build(exporting::Family::kBuildInfo);
  build.add({{"version", build_.version}, {"revision", build_.revision}}, 1);
  std::move(build).finish(all);
  return exporting::metrics_text(all);
}

}  // namespace tickwire::relay
