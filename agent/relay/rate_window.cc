// SPDX-License-Identifier: Apache-2.0
#include "relay/rate_window.h"

#include <algorithm>

namespace tickwire::relay {
namespace {

constexpr std::chrono::seconds kWindow{60};

}  // namespace

std::chrono::nanoseconds RateWindow::next(std::chrono::nanoseconds now) const {
  return ended_.size() < most_ ? now : std::max<std::chrono::nanoseconds>(now, ended_.front() + kWindow);
}

void RateWindow::record(std::chrono::nanoseconds ended) {
  ended_.push_back(ended);
  if (ended_.size() > most_) ended_.pop_front();
}

}  // namespace tickwire::relay
