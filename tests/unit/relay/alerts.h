// What it owns: alerts and notifications that tests of the relay begin with.
// Who may use it: relay's tests.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "relay/notification.h"

namespace tickwire::relay::sample {

inline constexpr std::chrono::seconds kStarts{1'767'323'045};  // 2026-01-02 03:04:05 UTC

inline Alert alert(const std::string& fingerprint = "f1", bool firing = true) {
  return {.firing = firing,
          .fingerprint = fingerprint,
          .name = "TickwireTickStalls",
          .severity = "critical",
          .service = "world",
          .node = "node-1:19435",
          .summary = "the game loop stalls",
          .description = "It missed a tick 7 times.",
          .runbook_url = "docs/runbook.md#tickwiretickstalls",
          .source_url = "https://prometheus.example.net/graph",
          .starts = kStarts,
          .ends = firing ? std::chrono::seconds(0) : kStarts + std::chrono::seconds(90)};
}

inline std::vector<std::shared_ptr<const Alert>> shared(const std::vector<Alert>& alerts) {
  std::vector<std::shared_ptr<const Alert>> result;
  for (const Alert& each : alerts) result.push_back(std::make_shared<const Alert>(each));
  return result;
}

inline Notification notification(const std::vector<Alert>& alerts = {alert()}) {
  return {.group_key = "{}:{alertname=\"TickwireTickStalls\"}",
          .external_url = "https://alertmanager.example.net",
          .alerts = shared(alerts),
          .unread = 0};
}

// As Alertmanager sends it.
inline std::string webhook(const std::string& alerts = {}, const std::string& more = {}) {
  const std::string one =
      R"({"status":"firing","labels":{"alertname":"TickwireTickStalls","severity":"critical","service":"world",)"
      R"("instance":"node-1:19435"},"annotations":{"summary":"the game loop stalls","description":"It missed a )"
      R"(tick 7 times.","runbook_url":"docs/runbook.md#tickwiretickstalls"},"startsAt":"2026-01-02T03:04:05.678Z",)"
      R"("endsAt":"0001-01-01T00:00:00Z","generatorURL":"https://prometheus.example.net/graph","fingerprint":"f1"})";
  return R"({"version":"4","groupKey":"{}:{alertname=\"TickwireTickStalls\"}","truncatedAlerts":0,"status":"firing",)"
         R"("receiver":"robots","externalURL":"https://alertmanager.example.net","alerts":[)" +
         (alerts.empty() ? one : alerts) + "]" + more + "}";
}

}  // namespace tickwire::relay::sample
