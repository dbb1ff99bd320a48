// What it owns: packets out of a made-up game server, the bursts that the kernel would keep of them, and an inference that reads them
// once a second.
// Who may use it: tests of the tick inference.
// Thread: the test's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "model/tick_inference.h"
#include "tickwire/burst.h"

namespace tickwire::model {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// One packet out.
struct Send {
  nanoseconds at{};
  std::uint32_t player = 0;
  bool prompt = false;
};

struct Stall {
  nanoseconds at{};  // the first tick at this time or later takes so long before it sends
  nanoseconds for_{};
};

struct Loop {
  double rate_hz = 30;
  std::uint32_t players = 8;
  std::uint32_t first_player = 0;
  nanoseconds noise = microseconds(500);     // of a tick's start, mean: the scheduler is late, never early
  nanoseconds send_cost = microseconds(10);  // between two players
  double pause_chance = 0;                   // after a send, to be preempted
  nanoseconds pause = milliseconds(2);
  nanoseconds phase{};
  bool absolute = true;  // deadlines; else a period after the tick before
  std::vector<Stall> stalls{};
  unsigned seed = 1;

  // Its sends from 0 to `until`. After a stall one tick is caught up at once, the other deadlines are given up.
  [[nodiscard]] std::vector<Send> sends(nanoseconds until) const {
    std::mt19937_64 random(seed);
    std::exponential_distribution<double> late(1.0 / static_cast<double>(std::max<std::int64_t>(noise.count(), 1)));
    std::bernoulli_distribution paused(pause_chance);
    const auto period = nanoseconds(static_cast<std::int64_t>(1e9 / rate_hz));
    std::vector<Send> sends;
    nanoseconds free_at{};
    std::size_t stall = 0;
    bool caught_up = true;
    for (nanoseconds deadline = phase; deadline < until;) {
      // Noise beyond ten means is a stall of its own, which nobody ordered.
      const auto noise_now = std::min(nanoseconds(static_cast<std::int64_t>(late(random))), 4 * noise);
      nanoseconds now = std::max(deadline + noise_now, free_at);
      if (stall < stalls.size() && now >= stalls[stall].at) now += stalls[stall++].for_;
      for (std::uint32_t i = 0; i < players; ++i) {
        sends.push_back({now, first_player + i});
        now += send_cost;
        if (paused(random)) now += pause;
      }
      free_at = now;
      if (!absolute) {
        deadline = now + period - send_cost * players;
        continue;
      }
      deadline += period;
      if (deadline > now) {
        caught_up = true;
        continue;
      }
      if (!std::exchange(caught_up, false)) {
        while (deadline <= now) deadline += period;
      }
    }
    return sends;
  }
};

inline std::vector<Send> merged(std::vector<std::vector<Send>> parts) {
  std::vector<Send> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  std::ranges::stable_sort(all, {}, &Send::at);
  return all;
}

// Players who ask at a steady rate, each in a phase of his own, and a server that answers each after a while.
struct Clients {
  double rate_hz = 20;
  std::uint32_t players = 8;
  nanoseconds service = microseconds(100);
  nanoseconds jitter = milliseconds(1);  // of a request, at most
  unsigned seed = 1;

  [[nodiscard]] std::vector<Send> answers(nanoseconds until) const {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> part(0.0, 1.0);
    const double period_ns = 1e9 / rate_hz;
    std::vector<Send> sends;
    for (std::uint32_t player = 0; player < players; ++player) {
      double at_ns = part(random) * period_ns;
      for (; at_ns < static_cast<double>(until.count()); at_ns += period_ns) {
        const double late_ns = part(random) * static_cast<double>(jitter.count());
        sends.push_back({nanoseconds(static_cast<std::int64_t>(at_ns + late_ns)) + service, player,
                         service < nanoseconds(TW_BURST_PROMPT_NS)});
      }
    }
    std::ranges::stable_sort(sends, {}, &Send::at);
    return sends;
  }
};

// As bpf/burst.bpf.h.
inline std::vector<Burst> bursts_of(const std::vector<Send>& sends) {
  std::vector<Burst> bursts;
  std::optional<std::uint32_t> last;
  for (const Send& send : sends) {
    if (bursts.empty() || send.at - bursts.back().end > nanoseconds(TW_BURST_GAP_NS)) {
      bursts.push_back({.start = send.at, .end = send.at, .players = 1, .prompt = send.prompt ? 1U : 0U});
    } else {
      bursts.back().end = send.at;
      if (last != send.player) ++bursts.back().players;
      if (send.prompt) ++bursts.back().prompt;
    }
    last = send.player;
  }
  return bursts;
}

// Reads the bursts once a second, as the agent would.
class Observed {
 public:
  explicit Observed(const std::vector<Send>& sends, nanoseconds interval = seconds(1)) {
    const std::vector<Burst> bursts = bursts_of(sends);
    const nanoseconds end = sends.empty() ? seconds(1) : sends.back().at + seconds(1);
    auto burst = bursts.begin();
    auto send = sends.begin();
    for (nanoseconds now = interval; now <= end; now += interval) {
      const auto first = burst;
      while (burst != bursts.end() && burst->end + nanoseconds(TW_BURST_GAP_NS) <= now) ++burst;
      std::set<std::uint32_t> receivers;
      for (; send != sends.end() && send->at < now; ++send) receivers.insert(send->player);
      inference_.apply({.now = now,
                        .bursts = std::span(first, burst),
                        .packets_in = 60,
                        .receivers = static_cast<std::uint32_t>(receivers.size())});
      history_.push_back(inference_.tick());
    }
  }
  [[nodiscard]] const LoopTick& tick() const { return inference_.tick(); }
  // After each reading.
  [[nodiscard]] const std::vector<LoopTick>& history() const { return history_; }

 private:
  TickInference inference_;
  std::vector<LoopTick> history_;
};

}  // namespace tickwire::model
