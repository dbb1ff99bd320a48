// SPDX-License-Identifier: Apache-2.0
#include "relay/told.h"

namespace tickwire::relay {
namespace {

constexpr std::chrono::minutes kRemembered{10};
constexpr std::size_t kMost = 1024;

}  // namespace

void Told::forget(std::chrono::nanoseconds now, std::size_t most) {
  while (!entries_.empty() && (entries_.size() > most || now - entries_.front().told >= kRemembered)) {
    known_.erase(entries_.front().content_digest);
    entries_.pop_front();
  }
}

bool Told::contains(std::string_view content_digest, std::chrono::nanoseconds now) {
  forget(now, kMost);
  return known_.contains(content_digest);
}

void Told::add(std::string_view content_digest, std::chrono::nanoseconds now) {
  forget(now, kMost - 1);
  if (known_.contains(content_digest)) return;
  entries_.push_back({.content_digest = std::string(content_digest), .told = now});
  known_.insert(entries_.back().content_digest);
}

}  // namespace tickwire::relay
