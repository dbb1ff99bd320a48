// SPDX-License-Identifier: Apache-2.0
#include "gameserver/store/store.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

#include "unit/gameserver/bus/eventually.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using testing::HasSubstr;
using Hash = std::vector<std::byte>;

const Hash kHash{std::byte{0}, std::byte{0xff}, std::byte{7}};

CreateResult created(Store& store, const std::string& name, const Hash& hash = kHash) {
  std::promise<CreateResult> promise;
  auto future = promise.get_future();
  store.create(name, hash, 1500, [promise = std::move(promise)](CreateResult result) mutable { promise.set_value(result); });
  return future.get();
}

PlayerLeft left(PlayerId player) {
  return {.account = 3,
          .player = player,
          .reason = Reason::kIdle,
          .match = 77,
          .played = milliseconds(61'234),
          .score = -4,
          .at_unix = std::chrono::seconds(1'700'000'000) + milliseconds(999)};
}

std::string error_of(const std::string& path) {
  StoreOptions options;
  options.path = path;
  const auto store = Store::open(options);
  return store ? "none" : store.error();
}

Nanoseconds soon() { return monotonic_now() + minutes(1); }

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    auto pattern = (std::filesystem::path(testing::TempDir()) / "storeXXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ + "/game.db";
  }
  ~StoreTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Store> open(std::size_t capacity = 4096) const {
    return *Store::open(
        {.path = path_, .capacity = capacity, .create_within = Nanoseconds::zero(), .busy_timeout = milliseconds(1)});
  }
  // A look at the file from outside.
  std::string value_of(std::string_view sql) const { return *outside().value_of(sql); }
  Database outside() const { return *Database::open(path_, Database::Access::kReadWrite, milliseconds(1000)); }

  std::string directory_;
  std::string path_;
};

TEST(MemoryStore, FindsWhatItWasGiven) {
  const auto store = *Store::open({});
  EXPECT_EQ(created(*store, "ada"), CreateResult(1));
  EXPECT_EQ(**store->find("ada"), (Account{.id = 1, .name = "ada", .password_hash = kHash, .rating = 1500}));
}

TEST(MemoryStore, FindsNobodyElse) {
  const auto store = *Store::open({});
  EXPECT_EQ(created(*store, "ada"), CreateResult(1));
  for (const std::string_view name : {"", "ad", "Ada", "ada ", "' OR 1 = 1 --"}) EXPECT_EQ(*store->find(name), std::nullopt);
}

TEST(MemoryStore, CreatesANameOnce) {
  const auto store = *Store::open({});
  EXPECT_EQ(created(*store, "ada"), CreateResult(1));
  EXPECT_EQ(created(*store, "ada", Hash{}), CreateResult(std::unexpected(CreateError::kNameTaken)));
  EXPECT_EQ((*store->find("ada"))->password_hash, kHash);
  EXPECT_EQ(created(*store, "bob"), CreateResult(2));
  EXPECT_EQ(store->counts().names_taken, 1U);
  EXPECT_EQ(store->counts().rows, 2U);
}

TEST(MemoryStore, KeepsANameThatIsNoSql) {
  const auto store = *Store::open({});
  const std::string name("a'); DROP TABLE accounts; --");
  EXPECT_EQ(created(*store, name), CreateResult(1));
  EXPECT_EQ((*store->find(name))->name, name);
}

TEST(MemoryStore, IsItsOwn) {
  const auto one = *Store::open({});
  const auto other = *Store::open({});
  EXPECT_EQ(created(*one, "ada"), CreateResult(1));
  EXPECT_EQ(*other->find("ada"), std::nullopt);
}

TEST(MemoryStore, AnswersEveryCreationOfManyThreads) {
  constexpr int kThreads = 3;
  constexpr int kEach = 200;
  const auto store = *Store::open({.capacity = 8, .create_within = minutes(1)});
  std::atomic<int> made = 0;
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < kThreads; ++i) {
      workers.emplace_back([&] {
        for (int j = 0; j < kEach; ++j) {
          const auto name = fmt::format("player{}", j);
          store->create(name, kHash, 0, [&](CreateResult result) { ++(result ? made : taken); });
          EXPECT_TRUE(store->find(name));
        }
      });
    }
  }
  store->stop();
  EXPECT_EQ(made, kEach);
  EXPECT_EQ(taken, (kThreads - 1) * kEach);
}

TEST_F(StoreTest, KeepsAccountsFromOneRunToTheNext) {
  EXPECT_EQ(created(*open(), "ada"), CreateResult(1));
  const auto store = open();
  EXPECT_EQ(**store->find("ada"), (Account{.id = 1, .name = "ada", .password_hash = kHash, .rating = 1500}));
  EXPECT_EQ(created(*store, "bob"), CreateResult(2));
}

TEST_F(StoreTest, FindsAnAccountAsSoonAsItIsAnswered) {
  const auto store = open();
  EXPECT_EQ(created(*store, "ada"), CreateResult(1));
  EXPECT_NE(*store->find("ada"), std::nullopt);
}

TEST_F(StoreTest, RecordsAResultAsItWas) {
  const auto store = open();
  EXPECT_TRUE(store->record(~0ULL, left(5), soon()));
  store->stop();
  EXPECT_EQ(
      value_of("SELECT event || ' ' || match || ' ' || account || ' ' || score || ' ' || reason || ' ' || played_ms || ' ' || "
               "at_unix_s FROM results"),
      "-1 77 3 -4 6 61234 1700000000");
}

TEST_F(StoreTest, RecordsAnEventOnce) {
  const auto store = open();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(store->record(9, left(5), soon()));
  EXPECT_TRUE(store->record(10, left(5), soon()));
  store->stop();
  EXPECT_EQ(value_of("SELECT count(*) FROM results"), "2");
  EXPECT_EQ(store->counts().rows, 2U);
  EXPECT_EQ(store->counts().repeats, 2U);
}

TEST_F(StoreTest, WritesWhatWaitsInOneTransaction) {
  const auto store = open();
  auto lock = outside();
  ASSERT_TRUE(lock.execute("BEGIN IMMEDIATE"));
  // The first write holds the thread until it gives up; all others wait meanwhile.
  EXPECT_TRUE(store->record(0, left(0), soon()));
  ASSERT_TRUE(eventually([&store] { return store->counts().failed_batches == 1; }));
  ASSERT_TRUE(lock.execute("COMMIT"));
  std::promise<void> release;
  const auto released = release.get_future().share();
  store->create("ada", kHash, 0, [released](CreateResult) { released.wait(); });
  ASSERT_TRUE(eventually([&store] { return store->counts().batches == 1; }));
  for (std::uint64_t event = 1; event <= 2500; ++event) EXPECT_TRUE(store->record(event, left(0), soon()));
  release.set_value();
  store->stop();
  EXPECT_EQ(value_of("SELECT count(*) FROM results"), "2500");
  // 1000, 1000 and 500, after the account's.
  EXPECT_EQ(store->counts().batches, 4U);
  EXPECT_EQ(store->counts().rows, 2501U);
}

TEST_F(StoreTest, WritesWhatWaitsBeforeItEnds) {
  auto store = open();
  for (std::uint64_t event = 1; event <= 300; ++event) EXPECT_TRUE(store->record(event, left(0), soon()));
  store.reset();
  EXPECT_EQ(value_of("SELECT count(*) FROM results"), "300");
}

TEST_F(StoreTest, TakesNothingAfterItsEnd) {
  const auto store = open();
  store->stop();
  EXPECT_FALSE(store->record(1, left(0), soon()));
  EXPECT_EQ(created(*store, "ada"), CreateResult(std::unexpected(CreateError::kBusy)));
  store->stop();
  EXPECT_EQ(*store->find("ada"), std::nullopt);
}

TEST_F(StoreTest, IsBusyWhenTooMuchWaits) {
  const auto store = open(1);
  std::promise<void> begin;
  std::promise<void> release;
  const auto begun = begin.get_future();
  store->create("ada", kHash, 0, [begin = std::move(begin), released = release.get_future()](CreateResult) mutable {
    begin.set_value();
    released.wait();
  });
  begun.wait();
  EXPECT_TRUE(store->record(1, left(0), Nanoseconds::zero()));
  EXPECT_FALSE(store->record(2, left(0), Nanoseconds::zero()));
  EXPECT_EQ(created(*store, "bob"), CreateResult(std::unexpected(CreateError::kBusy)));
  EXPECT_EQ(store->queue().counts().timed_out, 2U);
  release.set_value();
  store->stop();
  EXPECT_EQ(value_of("SELECT group_concat(event) FROM results"), "1");
}

TEST_F(StoreTest, CountsAWriteThatALockedFileRefuses) {
  const auto store = open();
  auto lock = outside();
  ASSERT_TRUE(lock.execute("BEGIN IMMEDIATE"));
  EXPECT_EQ(created(*store, "ada"), CreateResult(std::unexpected(CreateError::kFailed)));
  EXPECT_EQ(store->counts().failed_batches, 1U);
  EXPECT_EQ(store->counts().failed_writes, 1U);
  EXPECT_EQ(store->last_error(), fmt::format("write to {}: database is locked", path_));
  // Reading goes on meanwhile, and writing afterwards.
  EXPECT_EQ(*store->find("ada"), std::nullopt);
  ASSERT_TRUE(lock.execute("COMMIT"));
  EXPECT_EQ(created(*store, "ada"), CreateResult(1));
}

// Files of this process may not grow for as long as it lives: the disk is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t most_bytes) {
    before_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit tight{.rlim_cur = most_bytes, .rlim_max = limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tight);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

 private:
  rlimit limit_{};
  void (*before_)(int) = SIG_DFL;
};

TEST_F(StoreTest, SurvivesAFullDisk) {
  const auto store = open();
  EXPECT_EQ(created(*store, "ada"), CreateResult(1));
  {
    const FullDisk full(64 * 1024);
    EXPECT_EQ(created(*store, "bob", Hash(200'000)), CreateResult(std::unexpected(CreateError::kFailed)));
    EXPECT_NE(*store->find("ada"), std::nullopt);
  }
  EXPECT_EQ(*store->find("bob"), std::nullopt);
  EXPECT_EQ(created(*store, "bob", Hash(200'000)), CreateResult(2));
  EXPECT_EQ(store->counts().failed_batches, 1U);
  EXPECT_EQ(store->counts().batches, 2U);
}

TEST_F(StoreTest, LosesNothingThatWasAnsweredWhenItsProcessIsKilled) {
  const auto child = ::fork();
  if (child == 0) {
    const auto store = open();
    static_cast<void>(created(*store, "ada"));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  const auto store = open();
  EXPECT_NE(*store->find("ada"), std::nullopt);
  EXPECT_EQ(created(*store, "bob"), CreateResult(2));
}

TEST_F(StoreTest, MeasuresItsTransactions) {
  const auto store = open();
  EXPECT_EQ(store->counts(), StoreCounts{});
  EXPECT_EQ(created(*store, "ada"), CreateResult(1));
  const auto counts = store->counts();
  EXPECT_GT(counts.last_commit, Nanoseconds::zero());
  EXPECT_EQ(counts.worst_commit, counts.last_commit);
}

TEST_F(StoreTest, IsForItsUserAlone) {
  const auto store = open();
  EXPECT_EQ(created(*store, "ada"), CreateResult(1));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    struct stat found {};
    ASSERT_EQ(::stat(entry.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << entry.path();
    ++files;
  }
  // The database, its log, and the log's index.
  EXPECT_EQ(files, 3);
}

TEST_F(StoreTest, SaysWhyItCannotOpenAFile) {
  const auto missing = directory_ + "/missing/game.db";
  EXPECT_EQ(error_of(missing), fmt::format("open database {0}: open {0}: No such file or directory", missing));
  EXPECT_EQ(error_of(directory_), fmt::format("open database {0}: open {0}: Is a directory", directory_));
  EXPECT_THAT(error_of(""), HasSubstr("No such file or directory"));
  std::ofstream(path_) << std::string(4096, 'x');
  EXPECT_EQ(error_of(path_), fmt::format("open database {}: file is not a database", path_));
  // A folder in which nobody may make a file, not even root.
  EXPECT_THAT(error_of("/proc/game.db"), HasSubstr("open /proc/game.db: "));
}

TEST_F(StoreTest, SaysThatAFileIsOfAnotherProgram) {
  std::ofstream(path_).flush();
  ASSERT_TRUE(outside().execute("CREATE TABLE notes (text TEXT)"));
  EXPECT_EQ(error_of(path_), fmt::format("open database {}: it is a database of another program", path_));
}

TEST_F(StoreTest, SaysThatAFileIsDamaged) {
  EXPECT_EQ(created(*open(), "ada"), CreateResult(1));
  // The first page says which tables there are.
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(100);
  file << std::string(3000, '\x5a');
  file.close();
  EXPECT_EQ(error_of(path_), fmt::format("open database {}: database disk image is malformed", path_));
}

}  // namespace
}  // namespace tickwire::game
