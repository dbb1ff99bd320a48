// What it owns: the log of injected lag: one JSON line for each time that it really happened.
// Who may use it: lag/.
// Thread: any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string_view>
#include <utility>

#include "gameserver/common/line_file.h"

namespace tickwire::game {

class LagLog {
 public:
  explicit LagLog(LineFile file) : file_(std::move(file)) {}

  // The line is in the file when this returns.
  void write(std::string_view line) {
    const std::lock_guard lock(mutex_);
    file_.write(line);
    file_.flush();
  }

 private:
  std::mutex mutex_;
  LineFile file_;
};

}  // namespace tickwire::game
