// What it owns: one request over HTTPS, and its answer.
// Who may use it: relay.
// Thread: each poster one at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "base/result.h"
#include "relay/outcome.h"

namespace tickwire::relay {

// Posts a JSON body to an address. Never throws for want of an answer: Answer.error says why there is none, without the address.
using Post = std::function<Answer(const std::string& address, const std::string& body)>;

// When to give up whatever is being sent, on CLOCK_MONOTONIC; written once by the thread that stops the relay, read by those that send.
struct GiveUp {
  std::atomic<std::chrono::nanoseconds::rep> at_mono_ns = std::numeric_limits<std::chrono::nanoseconds::rep>::max();
};

// By libcurl: connects within 3 s, is done within 8 s, verifies the server's certificate against `ca_file` (empty: the machine's authorities),
// follows no redirect, uses the proxy that the environment names (for https), takes 64 KiB of an answer. The connection is kept for the next one.
[[nodiscard]] Result<Post> make_post(const std::string& ca_file, std::shared_ptr<const GiveUp> give_up);

}  // namespace tickwire::relay
