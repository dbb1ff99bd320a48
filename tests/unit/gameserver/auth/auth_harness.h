// What it owns: an Auth with a store in memory, workers that run when they are told to, and clocks that are set.
// Who may use it: the tests of auth/.
// Thread: the test's.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gameserver/auth/auth.h"

namespace tickwire::game {

class FakeAccounts final : public AccountStore {
 public:
  [[nodiscard]] Result<std::optional<Account>> find(std::string_view name) override {
    ++finds;
    if (is_broken) return std::unexpected(std::string("the disk is gone"));
    const auto found = by_name.find(name);
    return found == by_name.end() ? std::nullopt : std::optional(found->second);
  }
  void create(std::string name, std::vector<std::byte> password_hash, std::int32_t rating, CreateDone done) override {
    if (refusal) return done(std::unexpected(*refusal));
    if (by_name.contains(name)) return done(std::unexpected(CreateError::kNameTaken));
    const std::uint64_t id = by_name.size() + 1;
    by_name[name] = {.id = id, .name = name, .password_hash = std::move(password_hash), .rating = rating};
    done(id);
  }

  std::map<std::string, Account, std::less<>> by_name;
  std::optional<CreateError> refusal;
  bool is_broken = false;
  std::atomic<int> finds = 0;
};

class AuthHarness {
 public:
  explicit AuthHarness(AuthOptions options = {}) {
    options.cost = {.log2_n = 1, .r = 1, .p = 1};
    auto made = Auth::make(options, {.borrowed_store = accounts,
                                     .key = key,
                                     .borrowed_metrics = metrics,
                                     .run = [this](std::move_only_function<void()>&& task,
                                                   const TaskOwner& owner) { return take(std::move(task), owner); },
                                     .publish =
                                         [this](const Event& event) {
                                           if (is_bus_full) return false;
                                           events.push_back(event);
                                           return true;
                                         },
                                     .now_mono = [this] { return now_mono; },
                                     .now_unix = [this] { return now_unix; }});
    EXPECT_TRUE(made);
    auth = std::move(*made);
  }

  void run_workers() {
    while (!tasks.empty()) {
      auto task = std::move(tasks.front());
      tasks.pop_front();
      task();
    }
  }

  void begin_login(std::string name, std::string password, const std::string& host = "192.0.2.1") {
    answers.emplace_back();
    auth->login({std::move(name), Password(std::move(password)), "eu", *Endpoint::resolve(host, 4000)},
                [this, at = answers.size() - 1](auto answer) { answers[at] = std::move(answer); });
  }
  std::expected<LoginGrant, AuthError> login(std::string name, std::string password, const std::string& host = "192.0.2.1") {
    begin_login(std::move(name), std::move(password), host);
    run_workers();
    return answers.back().value_or(std::unexpected(AuthError{AuthRefusal::kFailed, std::chrono::seconds(999)}));
  }
  std::expected<std::uint64_t, AuthError> register_account(std::string name, std::string password,
                                                           const std::string& host = "192.0.2.1") {
    std::optional<std::expected<std::uint64_t, AuthError>> answer;
    auth->register_account({std::move(name), Password(std::move(password)), *Endpoint::resolve(host, 4000)},
                           [&](auto given) { answer = given; });
    run_workers();
    return answer.value_or(std::unexpected(AuthError{AuthRefusal::kFailed, std::chrono::seconds(999)}));
  }
  // "denied" and so on with their numbers, as the login metrics have them.
  [[nodiscard]] double login_errors(std::string_view reason) const {
    for (const auto& family : metrics.collect()) {
      if (family.name != "game_login_errors_total") continue;
      for (const auto& metric : family.metric) {
        for (const auto& label : metric.label) {
          if (label.name == "reason" && label.value == reason) return metric.counter.value;
        }
      }
    }
    return -1;
  }

  FakeAccounts accounts;
  std::shared_ptr<const TokenKey> key = std::make_shared<TokenKey>(TokenKey::random());
  LoginMetrics metrics{{"eu"}};
  std::vector<Event> events;
  std::deque<std::move_only_function<void()>> tasks;
  std::vector<std::optional<std::expected<LoginGrant, AuthError>>> answers;
  std::vector<TaskOwner> owners;         // of all tasks
  std::optional<TaskRefusal> no_worker;  // why no task is taken
  bool is_bus_full = false;
  Nanoseconds now_mono = std::chrono::seconds(100);
  Nanoseconds now_unix = std::chrono::seconds(1'000'000) + std::chrono::milliseconds(1);
  std::unique_ptr<Auth> auth;

 private:
  std::expected<void, TaskRefusal> take(std::move_only_function<void()>&& task, const TaskOwner& owner) {
    if (no_worker) return std::unexpected(*no_worker);
    tasks.push_back(std::move(task));
    owners.push_back(owner);
    return {};
  }
};

}  // namespace tickwire::game
