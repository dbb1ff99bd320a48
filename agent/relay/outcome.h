// What it owns: what a robot's answer means: delivered, to be tried again, or refused for good.
// Who may use it: relay; the fuzzer.
// Thread: any, values and pure functions.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "relay/robot.h"

namespace tickwire::relay {

// What came back of a request.
struct Answer {
  std::string error;  // why there was no answer at all; empty: there was one
  long status = 0;    // HTTP
  std::string body;   // 64 KiB at most
};

struct Outcome {
  enum class Result : std::uint8_t { kDelivered, kRetryable, kPermanent };
  Result result = Result::kDelivered;
  std::string reason;              // one line of at most 320 bytes; empty when delivered
  std::chrono::seconds blocked{};  // the robot takes nothing for so long
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// DingTalk and WeCom answer with HTTP 200 and an errcode, which is 0 only when the message was taken.
[[nodiscard]] Outcome judge(RobotKind kind, const Answer& answer);

}  // namespace tickwire::relay
