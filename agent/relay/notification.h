// What it owns: what Alertmanager tells: one notification with its alerts, read from the JSON of its webhook.
// Who may use it: relay; the fuzzer.
// Thread: any, values and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickwire::relay {

inline constexpr std::size_t kMostAlerts = 1000;  // that are read of one notification

// One alert. All text is valid UTF-8 and bounded: 4 KiB together at most, so that what waits is bounded as well.
struct Alert {
  bool firing = true;
  std::string fingerprint;  // what makes it the same alert later: Alertmanager's hash of the labels, or the labels themselves
  std::string name;         // labels: alertname
  std::string severity;     // "critical", "warning", ...; empty: none
  std::string service;      // service, or region
  std::string node;         // instance, or node
  std::string summary;      // annotations
  std::string description;
  std::string summary_zh;  // the same in Chinese; empty: not told
  std::string description_zh;
  std::string runbook_url;
  std::string source_url;         // dashboard_url, or else generatorURL
  std::chrono::seconds starts{};  // since 1970-01-01 UTC
  std::chrono::seconds ends{};    // of a resolved one
  friend bool operator==(const Alert&, const Alert&) = default;
};

struct Notification {
  std::string group_key;
  std::string external_url;                          // Alertmanager's own page; empty: none
  std::vector<std::shared_ptr<const Alert>> alerts;  // kMostAlerts at most; shared with the robots whose digests hold them
  std::size_t unread = 0;                            // alerts beyond that, and those that Alertmanager's max_alerts left out
};

// Reads the body of a webhook of version 4. Usage errors say what is wrong and where: no JSON (with the byte), another version, a field
// of another type, no alerts, more than about 200,000 values. Fields that are not known are passed over.
[[nodiscard]] Result<Notification> parse_notification(std::string_view body);

// A hash of what is said and of whom: two notifications with the same digest are one that was sent again.
[[nodiscard]] std::string content_digest(const Notification& notification);

}  // namespace tickwire::relay
