// What it owns: what outlives the process: accounts, and the results of players.
// Who may use it: Auth through AccountStore; the server's wiring for results and counts.
// Thread: any. It has a thread of its own, the only one that writes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include "gameserver/auth/account_store.h"
#include "gameserver/bus/events.h"
#include "gameserver/bus/queue.h"
#include "gameserver/store/sqlite.h"

namespace tickwire::game {

struct StoreOptions {
  // A file, which is made with mode 0600 if it is not there; ":memory:" ends with the process.
  std::string path = ":memory:";
  std::size_t capacity = 4096;                          // writes that wait
  Nanoseconds create_within = std::chrono::seconds(1);  // how long create() waits for room
  std::chrono::milliseconds busy_timeout{1000};         // how long a lock of another process is waited for
};

struct StoreCounts {
  std::uint64_t batches = 0;         // transactions that were committed
  std::uint64_t rows = 0;            // written by them
  std::uint64_t names_taken = 0;     // accounts that were not, as there is one of this name
  std::uint64_t repeats = 0;         // results that were not, as they were there already
  std::uint64_t failed_batches = 0;  // transactions that the disk or the database refused
  std::uint64_t failed_writes = 0;   // lost with them
  Nanoseconds last_commit{};         // from the begin of the newest transaction to its commit
  Nanoseconds worst_commit{};        // of all
  friend bool operator==(const StoreCounts&, const StoreCounts&) = default;
};

// SQLite with a write-ahead log, synchronous NORMAL: a crash of the process loses nothing that was committed, a power cut may
// lose the newest commits, neither damages the file. What waits is written in one transaction, of at most kMostBatch writes. A
// file has a second connection, which only reads; ":memory:" has one that readers and the writer take in turn. Memory: 2 x
// capacity writes of about 300 bytes, and SQLite's page cache, 2 MB for each connection.
class Store final : public AccountStore {
 public:
  static constexpr std::size_t kMostBatch = 1000;

  // The error names the path: it cannot be opened or written, is damaged, is of another program, or of a newer version.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() override { stop(); }

  // Names are compared byte by byte.
  [[nodiscard]] Result<std::optional<Account>> find(std::string_view name) override;
  // Waits for room, up to create_within: else done gets kBusy, here. Otherwise done is called on the store's thread, after the
  // commit; it must be short.
  void create(std::string name, std::vector<std::byte> password_hash, std::int32_t rating, CreateDone done) override;
  // Notes that a player left. event_id: Event::id() of left. Waits for room: false when deadline_mono has passed without, which
  // the queue counts, or after stop().
  [[nodiscard]] bool record(std::uint64_t event_id, const PlayerLeft& left, Nanoseconds deadline_mono);

  // Writes what waits and ends the thread: create() then answers kBusy and record() is false. Not while another thread is in one
  // of them. A second call does nothing.
  void stop();

  // The queue of writes, for metrics.
  [[nodiscard]] const auto& queue() const { return queue_; }
  [[nodiscard]] StoreCounts counts() const;
  // Why the newest failed transaction failed; empty: none did.
  [[nodiscard]] std::string last_error() const;

 private:
  struct NewAccount {
    std::string name;
    std::vector<std::byte> password_hash;
    std::int32_t rating = 0;
    std::int64_t created_unix_s = 0;
    CreateDone done;
    CreateResult outcome = std::unexpected(CreateError::kFailed);
  };
  struct NewResult {
    std::uint64_t event_id = 0;
    PlayerLeft left;
  };
  using Write = std::variant<NewAccount, NewResult>;

  Store(const StoreOptions& options, std::shared_ptr<Wake> wake)
      : options_(options), wake_(std::move(wake)), queue_("store_writes", options.capacity, wake_) {}
  Result<void> open_databases();
  Result<void> prepare_statements();
  void run();
  void write_batch(std::span<Write> batch);
  // One transaction; what became of each write is added to tally, and to accounts' outcomes.
  Result<void> transact(std::span<Write> batch, StoreCounts& tally);
  Result<void> insert(NewAccount& account, StoreCounts& tally);
  Result<void> insert(const NewResult& result, StoreCounts& tally);

  const StoreOptions options_;
  std::shared_ptr<Wake> wake_;
  BoundedQueue<Write, FullPolicy::kBlock> queue_;
  std::atomic<bool> stopping_ = false;

  std::mutex writer_mutex_;  // of these three
  std::optional<Database> writer_;
  std::optional<Statement> insert_account_;
  std::optional<Statement> insert_result_;

  std::mutex reader_mutex_;  // of these two; with ":memory:" the writer's is taken instead
  std::optional<Database> reader_;
  std::optional<Statement> find_account_;

  mutable std::mutex counts_mutex_;
  StoreCounts counts_;
  std::string last_error_;
  std::thread thread_;
};

}  // namespace tickwire::game
