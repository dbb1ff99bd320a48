// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/account_module.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>
#include <variant>

#include "gameserver/auth/auth_http.h"

namespace tickwire::game {

Result<std::unique_ptr<AccountModule>> AccountModule::open(const std::string& database, AccountLinks links) {
  std::unique_ptr<AccountModule> module(new AccountModule(std::move(links)));
  if (auto opened = module->open_parts(database); !opened) return std::unexpected(std::move(opened.error()));
  return module;
}

Result<void> AccountModule::open_parts(const std::string& database) {
  auto wake = Wake::open();
  if (!wake) return std::unexpected(std::move(wake.error()));
  wake_ = std::move(*wake);
  auto store = Store::open({.path = database});
  if (!store) return std::unexpected(std::move(store.error()));
  store_ = std::move(*store);
  auto auth =
      Auth::make({}, {.borrowed_store = *store_,
                      .key = links_.key,
                      .borrowed_metrics = logins_,
                      .run = [this](WorkerPool::Task&& task,
                                    const TaskOwner& owner) { return links_.borrowed_workers.try_run(std::move(task), owner); },
                      .publish = [this](const Event& event) { return links_.borrowed_bus.publish(event); }});
  if (!auth) return std::unexpected(std::move(auth.error()));
  auth_ = std::move(*auth);
  left_ = links_.borrowed_bus.subscribe({.name = "store_results", .wake = wake_, .kinds = kinds_of(EventKind::kPlayerLeft)});
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "start", "the thread of results");
  }
  return {};
}

AccountModule::~AccountModule() { stop(); }

std::vector<HttpRoute> AccountModule::routes() { return auth_routes(*auth_); }

void AccountModule::run() {
  while (!stopping_) {
    static_cast<void>(wake_->wait_until(Nanoseconds::max()));
    wake_->drain();
    record_waiting();
  }
  record_waiting();
}

void AccountModule::record_waiting() {
  left_->drain(batch_);
  for (const auto& event : batch_) {
    const auto* left = std::get_if<PlayerLeft>(&event.body());
    if (left == nullptr) continue;
    // Events are never dropped while the server runs: the bus fills up behind this one, and the world holds back.
    while (!store_->record(event.id(), *left, monotonic_now() + kRecordWithin)) {
      if (!stopping_) continue;
      ++lost_results_;
      break;
    }
  }
}

void AccountModule::stop() {
  if (thread_.joinable()) {
    stopping_ = true;
    wake_->notify();
    thread_.join();
  }
  if (store_) store_->stop();
}

std::string AccountModule::new_failure() {
  const auto failed = store_->counts().failed_writes;
  const auto lost = failed - std::exchange(reported_failures_, failed);
  if (lost == 0) return "";
  return fmt::format("{} accounts or results were lost: {}", lost, store_->last_error());
}

MetricFamilies AccountModule::families() const {
  auto families = logins_.collect();
  for (auto& family : auth_families(auth_->counts())) families.push_back(std::move(family));
  const auto counts = store_->counts();
  const auto count = [&families](std::string name, std::string help, std::uint64_t value) {
    families.push_back(counter_family(std::move(name), std::move(help), static_cast<double>(value)));
  };
  count("game_store_batches_total", "Transactions that were committed.", counts.batches);
  count("game_store_rows_total", "Rows that they wrote.", counts.rows);
  count("game_store_failed_batches_total", "Transactions that the disk or the database refused.", counts.failed_batches);
  count("game_store_failed_writes_total", "Writes that were lost with them.", counts.failed_writes);
  count("game_store_lost_results_total", "Results that were not recorded before the server ended.", lost_results_);
  families.push_back(
      gauge_family("game_store_last_commit_seconds", "Duration of the newest transaction.", in_seconds(counts.last_commit)));
  families.push_back(
      gauge_family("game_store_worst_commit_seconds", "Duration of the longest transaction.", in_seconds(counts.worst_commit)));
  return families;
}

}  // namespace tickwire::game
