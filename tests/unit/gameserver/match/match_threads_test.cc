// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "gameserver/match/match.h"

namespace tickwire::game {
namespace {

constexpr std::uint64_t kThreads = 4;
constexpr std::uint64_t kEach = 100;
constexpr std::uint64_t kAll = kThreads * kEach;

// Threads ask for matches, let players go and pass the time, all at once.
TEST(MatchThreads, AnswerEveryPlayerOnce) {
  std::atomic<std::uint64_t> granted = 0;
  std::atomic<std::uint64_t> cancelled = 0;
  std::atomic<std::uint64_t> other = 0;
  std::atomic<std::uint64_t> let_go = 0;
  std::atomic<std::uint64_t> published = 0;
  auto made = Match::make({.rules = {.size = 3}}, {.key = std::make_shared<TokenKey>(TokenKey::random()),
                                                   .publish =
                                                       [&](const Event&) {
                                                         ++published;
                                                         return true;
                                                       },
                                                   .now_mono = [] { return Nanoseconds{}; }});
  ASSERT_TRUE(made);
  Match& match = **made;
  {
    std::vector<std::jthread> clients;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
      clients.emplace_back([&, thread] {
        for (std::uint64_t i = 0; i < kEach; ++i) {
          const std::uint64_t account = 1 + thread * kEach + i;
          match.find({.account = account, .rating = 1500}, GameMode::kState, [&](const auto& answer) {
            if (answer) {
              ++granted;
            } else {
              ++(answer.error() == MatchRefusal::kCancelled ? cancelled : other);
            }
          });
          if (i % 5 == 0 && match.cancel(account)) ++let_go;
          match.run_due();
          static_cast<void>(match.counts());
        }
      });
    }
  }
  const auto counts = match.counts();
  EXPECT_EQ(cancelled, let_go);
  EXPECT_EQ(other, 0U);
  EXPECT_EQ(granted, 3 * published);
  EXPECT_EQ(granted + cancelled + counts.waiting[0], kAll);
  EXPECT_LT(counts.waiting[0], 3U);
}

}  // namespace
}  // namespace tickwire::game
