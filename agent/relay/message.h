// What it owns: how alerts become one chat message: what is said, in which order, and what is left out where there is no room.
// Who may use it: relay; the fuzzer.
// Thread: any, pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "relay/language.h"
#include "relay/notification.h"
#include "relay/robot.h"

namespace tickwire::relay {

// What a message is about.
struct Occasion {
  std::vector<std::shared_ptr<const Alert>> alerts;
  std::string external_url;  // Alertmanager's page
  std::size_t unread = 0;    // alerts that came and were not read
  std::size_t dropped = 0;   // alerts that a full digest has lost
  bool digest = false;       // of several notifications
};

// For whom it is written, and when.
struct Style {
  RobotKind kind = RobotKind::kDingTalk;
  Language language = Language::kEnglish;
  std::string link_base;
  std::vector<std::string> called;
  std::chrono::seconds now{};                                                // since 1970-01-01 UTC
  std::chrono::seconds (*offset)(std::chrono::seconds unix_time) = nullptr;  // of the time zone; none: UTC
};

struct Message {
  std::string title;                // plain, at most kTitleBytes
  std::string text;                 // markdown of the robot's dialect, at most text_bytes(kind) as JSON
  std::vector<std::string> called;  // mobile numbers, which DingTalk wants beside the text as well
  friend bool operator==(const Message&, const Message&) = default;
};

inline constexpr std::size_t kTitleBytes = 64;
// DingTalk: 18,000, which keeps the whole body below the 20,000 that it takes. WeCom: 4,096, the limit of its markdown.
[[nodiscard]] std::size_t text_bytes(RobotKind kind);

// Critical ones first, then warnings, then others; the newest first among them. What has no room is left out whole, and counted; a first
// alert that has no room has its summary and description shortened. People are called only where something fires.
[[nodiscard]] Message render(const Occasion& occasion, const Style& style);

}  // namespace tickwire::relay
