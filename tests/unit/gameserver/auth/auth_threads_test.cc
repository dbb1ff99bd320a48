// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "auth_harness.h"
#include "gameserver/bus/event_bus.h"
#include "gameserver/bus/workers.h"

namespace tickwire::game {
namespace {

constexpr int kThreads = 4;
constexpr int kEach = 50;
constexpr int kAll = kThreads * kEach;

// Every second login has the wrong password; all threads log in at once, and two workers decide.
TEST(AuthThreads, AnswerEveryLoginOnce) {
  FakeAccounts accounts;
  LoginMetrics metrics({"eu"});
  EventBus bus;
  const auto events = bus.subscribe({.name = "test", .capacity = kAll});
  std::atomic<int> granted = 0;
  std::atomic<int> denied = 0;
  std::latch answered(kAll);
  auto hash = hash_password(Password("correct horse"), {.log2_n = 1, .r = 1, .p = 1});
  ASSERT_TRUE(hash);
  accounts.by_name["alice"] = {.id = 1, .name = "alice", .password_hash = *hash, .rating = 1500};

  std::unique_ptr<Auth> auth;
  auto workers = WorkerPool::open({.threads = 2, .capacity = kAll, .most_per_remote = kAll});
  ASSERT_TRUE(workers);
  auto made = Auth::make({.cost = {.log2_n = 1, .r = 1, .p = 1},
                          .per_name = {kAll, std::chrono::seconds(1)},
                          .per_address = {kAll, std::chrono::seconds(1)}},
                         {.borrowed_store = accounts,
                          .key = std::make_shared<TokenKey>(TokenKey::random()),
                          .borrowed_metrics = metrics,
                          .run = [&](std::move_only_function<void()>&& task,
                                     const TaskOwner& owner) { return (*workers)->try_run(std::move(task), owner); },
                          .publish = [&](const Event& event) { return bus.publish(event); }});
  ASSERT_TRUE(made);
  auth = std::move(*made);

  {
    std::vector<std::jthread> clients;
    for (int thread = 0; thread < kThreads; ++thread) {
      clients.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          auth->login({"alice", Password(i % 2 == 0 ? "correct horse" : "wrong horse"), "eu", {}}, [&](const auto& answer) {
            ++(answer ? granted : denied);
            answered.count_down();
          });
          static_cast<void>(auth->counts());
          static_cast<void>(metrics.collect());
        }
      });
    }
  }
  answered.wait();
  (*workers)->stop();
  EXPECT_EQ(granted, kAll / 2);
  EXPECT_EQ(denied, kAll / 2);
  EXPECT_EQ(events->counts().pushed, static_cast<std::uint64_t>(kAll / 2));
  EXPECT_EQ(auth->counts().in_flight, 0U);
}

}  // namespace
}  // namespace tickwire::game
