// What it owns: the module Auth with what it keeps: accounts, and the results of players who left.
// Who may use it: the server's wiring.
// Thread: open and stop on one; the rest on any.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gameserver/auth/auth.h"
#include "gameserver/bus/event_bus.h"
#include "gameserver/bus/workers.h"
#include "gameserver/metrics/families.h"
#include "gameserver/metrics/login_metrics.h"
#include "gameserver/metrics/queue_families.h"
#include "gameserver/store/store.h"
#include "gameserver/web/http.h"

namespace tickwire::game {

// What Auth is given by the rest of the server. All of it outlives the module.
struct AccountLinks {
  EventBus& borrowed_bus;
  WorkerPool& borrowed_workers;
  std::shared_ptr<const TokenKey> key;
};

class AccountModule {
 public:
  // How long a result waits for the database at a time. Until then, and while the bus has no room, nobody is let go.
  static constexpr Nanoseconds kRecordWithin = std::chrono::milliseconds(500);

  // database: as StoreOptions::path. The error names it.
  [[nodiscard]] static Result<std::unique_ptr<AccountModule>> open(const std::string& database, AccountLinks links);
  AccountModule(const AccountModule&) = delete;
  AccountModule& operator=(const AccountModule&) = delete;
  ~AccountModule();

  // POST /register and POST /login; the module outlives them.
  [[nodiscard]] std::vector<HttpRoute> routes();
  // Records what waits and closes the database; after the world has ended, and the workers.
  void stop();

  // Logins, accounts, and game_store_...
  [[nodiscard]] MetricFamilies families() const;
  [[nodiscard]] std::vector<NamedQueueCounts> queues() const;

 private:
  explicit AccountModule(AccountLinks links) : links_(std::move(links)) {}
  Result<void> open_parts(const std::string& database);
  void run();
  void record_waiting();

  AccountLinks links_;
  LoginMetrics logins_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Auth> auth_;
  std::shared_ptr<Wake> wake_;
  std::shared_ptr<EventQueue> left_;  // PlayerLeft
  std::vector<Event> batch_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> lost_results_ = 0;  // at the end, as the database took none any more
  std::thread thread_;                           // from the bus to the store
};

}  // namespace tickwire::game
