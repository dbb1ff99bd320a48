// SPDX-License-Identifier: Apache-2.0
#include "gameserver/store/store.h"

#include <fcntl.h>
#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "gameserver/store/schema.h"

namespace tickwire::game {
namespace {

constexpr std::string_view kInMemory = ":memory:";

// Before SQLite does it: the file holds password hashes, and the log beside it gets the same mode.
Result<void> make_private_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file) return fail_errno(errno, "open", path);
  return {};
}

Result<void> use_write_ahead_log(Database& database) {
  const auto mode = database.value_of("PRAGMA journal_mode = WAL");
  if (!mode) return std::unexpected(mode.error());
  if (*mode != "wal") return std::unexpected(std::string("a write-ahead log cannot be used here"));
  return database.execute("PRAGMA synchronous = NORMAL");
}

std::int64_t whole_seconds(Nanoseconds time) { return std::chrono::floor<std::chrono::seconds>(time).count(); }

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  auto wake = Wake::open();
  if (!wake) return std::unexpected(wake.error());
  std::unique_ptr<Store> store(new Store(options, std::move(*wake)));
  const auto ready = in_order([&] { return store->open_databases(); }, [&] { return store->prepare_statements(); });
  if (!ready) return std::unexpected(fmt::format("open database {}: {}", options.path, ready.error()));
  try {
    store->thread_ = std::thread([borrowed = store.get()] { borrowed->run(); });
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "start", "the store's thread");
  }
  ::pthread_setname_np(store->thread_.native_handle(), "store");
  return store;
}

Result<void> Store::open_databases() {
  const auto& path = options_.path;
  const auto open_writer = [&] {
    return keep(writer_, Database::open(path, Database::Access::kReadWrite, options_.busy_timeout));
  };
  if (path == kInMemory) return in_order(open_writer, [&] { return migrate(*writer_); });
  return in_order([&] { return make_private_file(path); }, open_writer, [&] { return use_write_ahead_log(*writer_); },
                  [&] { return migrate(*writer_); },
                  [&] { return keep(reader_, Database::open(path, Database::Access::kReadOnly, options_.busy_timeout)); });
}

Result<void> Store::prepare_statements() {
  auto& reader = reader_ ? *reader_ : *writer_;
  // A conflict is no error: it gives no row.
  return in_order(
      [&] {
        return keep(insert_account_, writer_->prepare("INSERT INTO accounts (name, password_hash, rating, created_unix_s) "
                                                      "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO NOTHING RETURNING id"));
      },
      [&] {
        return keep(insert_result_,
                    writer_->prepare("INSERT INTO results (event, match, account, score, reason, played_ms, at_unix_s) "
                                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (event) DO NOTHING RETURNING event"));
      },
      [&] {
        return keep(find_account_, reader.prepare("SELECT id, name, password_hash, rating FROM accounts WHERE name = ?1"));
      });
}

Result<std::optional<Account>> Store::find(std::string_view name) {
  const std::lock_guard lock(reader_ ? reader_mutex_ : writer_mutex_);
  auto& statement = *find_account_;
  statement.bind(1, name);
  const auto row = statement.step();
  std::optional<Account> account;
  if (row && *row) {
    const auto hash = statement.bytes(2);
    account = Account{.id = static_cast<std::uint64_t>(statement.integer(0)),
                      .name = std::string(statement.text(1)),
                      .password_hash = {hash.begin(), hash.end()},
                      .rating = static_cast<std::int32_t>(statement.integer(3))};
  }
  statement.reset();
  if (!row) return std::unexpected(fmt::format("read an account of {}: {}", options_.path, row.error()));
  return account;
}

void Store::create(std::string name, std::vector<std::byte> password_hash, std::int32_t rating, CreateDone done) {
  Write write = NewAccount{.name = std::move(name),
                           .password_hash = std::move(password_hash),
                           .rating = rating,
                           .created_unix_s = whole_seconds(unix_now()),
                           .done = std::move(done)};
  if (!stopping_.load() && queue_.push_until(std::move(write), monotonic_now() + options_.create_within)) return;
  // What was not taken is still here.
  std::get<NewAccount>(write).done(std::unexpected(CreateError::kBusy));  // NOLINT(bugprone-use-after-move)
}

bool Store::record(std::uint64_t event_id, const PlayerLeft& left, Nanoseconds deadline_mono) {
  if (stopping_.load()) return false;
  return queue_.push_until(NewResult{.event_id = event_id, .left = left}, deadline_mono);
}

void Store::stop() {
  stopping_.store(true);
  wake_->notify();
  if (thread_.joinable()) thread_.join();
}

void Store::run() {
  std::vector<Write> writes;
  while (true) {
    static_cast<void>(wake_->wait_until(Nanoseconds::max()));
    wake_->drain();
    // Read before the queue is emptied: what came before stop() is then written.
    const bool is_last = stopping_.load();
    queue_.drain(writes);
    for (std::span<Write> rest(writes); !rest.empty();) {
      const auto batch = rest.first(std::min(rest.size(), kMostBatch));
      write_batch(batch);
      rest = rest.subspan(batch.size());
    }
    // What the callbacks hold is let go of now, not when the next write comes.
    writes.clear();
    if (is_last) return;
  }
}

void Store::write_batch(std::span<Write> batch) {
  StoreCounts tally;
  Result<void> outcome;
  {
    const std::lock_guard lock(writer_mutex_);
    const auto begin_mono = monotonic_now();
    outcome = transact(batch, tally);
    tally.last_commit = monotonic_now() - begin_mono;
    if (!outcome) writer_->roll_back();
  }
  {
    const std::lock_guard lock(counts_mutex_);
    if (outcome) {
      ++counts_.batches;
      counts_.rows += tally.rows;
      counts_.names_taken += tally.names_taken;
      counts_.repeats += tally.repeats;
      counts_.last_commit = tally.last_commit;
      counts_.worst_commit = std::max(counts_.worst_commit, tally.last_commit);
    } else {
      ++counts_.failed_batches;
      counts_.failed_writes += batch.size();
      last_error_ = fmt::format("write to {}: {}", options_.path, outcome.error());
    }
  }
  for (auto& write : batch) {
    auto* const account = std::get_if<NewAccount>(&write);
    if (account != nullptr) account->done(outcome ? account->outcome : std::unexpected(CreateError::kFailed));
  }
}

Result<void> Store::transact(std::span<Write> batch, StoreCounts& tally) {
  if (auto begun = writer_->execute("BEGIN IMMEDIATE"); !begun) return begun;
  for (auto& write : batch) {
    auto inserted = std::visit([&](auto& row) { return insert(row, tally); }, write);
    if (!inserted) return inserted;
  }
  return writer_->execute("COMMIT");
}

Result<void> Store::insert(NewAccount& account, StoreCounts& tally) {
  auto& statement = *insert_account_;
  statement.bind(1, std::string_view(account.name));
  statement.bind(2, std::span<const std::byte>(account.password_hash));
  statement.bind(3, std::int64_t{account.rating});
  statement.bind(4, account.created_unix_s);
  const auto is_new = statement.step();
  if (is_new && *is_new) {
    account.outcome = static_cast<std::uint64_t>(statement.integer(0));
  } else {
    account.outcome = std::unexpected(CreateError::kNameTaken);
  }
  statement.reset();
  if (!is_new) return std::unexpected(is_new.error());
  ++(*is_new ? tally.rows : tally.names_taken);
  return {};
}

Result<void> Store::insert(const NewResult& result, StoreCounts& tally) {
  auto& statement = *insert_result_;
  const auto& left = result.left;
  // SQLite's integers are signed: the upper half of the ids is stored as negative ones.
  statement.bind(1, static_cast<std::int64_t>(result.event_id));
  statement.bind(2, std::int64_t{left.match});
  statement.bind(3, static_cast<std::int64_t>(left.account));
  statement.bind(4, std::int64_t{left.score});
  statement.bind(5, static_cast<std::int64_t>(left.reason));
  statement.bind(6, static_cast<std::int64_t>(std::chrono::floor<std::chrono::milliseconds>(left.played).count()));
  statement.bind(7, whole_seconds(left.at_unix));
  const auto is_new = statement.step();
  statement.reset();
  if (!is_new) return std::unexpected(is_new.error());
  ++(*is_new ? tally.rows : tally.repeats);
  return {};
}

StoreCounts Store::counts() const {
  const std::lock_guard lock(counts_mutex_);
  return counts_;
}

std::string Store::last_error() const {
  const std::lock_guard lock(counts_mutex_);
  return last_error_;
}

}  // namespace tickwire::game
