// What it owns: bringing a message to one robot: its files, its form of JSON, its signature, and what its answer means.
// Who may use it: relay.
// Thread: one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/result.h"
#include "relay/message.h"
#include "relay/outcome.h"
#include "relay/poster.h"
#include "relay/robot.h"
#include "relay/secret_file.h"

namespace tickwire::relay {

// The JSON that the robot takes: at most 20,000 bytes (DingTalk).
[[nodiscard]] std::string payload(RobotKind kind, const Message& message);

class Courier {
 public:
  // Nanoseconds since 1970-01-01 UTC, of the clock that DingTalk compares with its own.
  using UnixClock = std::function<std::chrono::nanoseconds()>;

  Courier(const Robot& robot, Post post, UnixClock clock);

  // Whether the robot's files hold what they should; usage errors name robot and file.
  [[nodiscard]] Result<void> check();
  // The files are read again if they have changed; one that is not good now makes the message wait, as an answer that does not come.
  [[nodiscard]] Outcome send(const Message& message);

 private:
  struct Access {
    std::string address;
    std::string secret;
  };
  [[nodiscard]] Result<Access> access();

  RobotKind kind_;
  std::string name_;
  SecretFile address_file_;
  std::optional<SecretFile> secret_file_;
  std::string address_path_;
  Post post_;
  UnixClock clock_;
};

}  // namespace tickwire::relay
