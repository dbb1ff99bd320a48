// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bus/workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "eventually.h"

namespace tickwire::game {
namespace {

using std::chrono::minutes;

std::unique_ptr<WorkerPool> pool_of(unsigned threads, std::size_t capacity, Nanoseconds finish_within = minutes(1)) {
  return *WorkerPool::open({.threads = threads, .capacity = capacity, .finish_within = finish_within});
}

const auto kAnn = subscriber_of(*Endpoint::resolve("192.0.2.1", 4000));
const auto kBob = subscriber_of(*Endpoint::resolve("192.0.2.2", 4000));

// Holds the only worker of a pool until it is told to let go.
class Blocker {
 public:
  explicit Blocker(WorkerPool& pool) {
    std::promise<void> begin;
    const auto begun = begin.get_future();
    EXPECT_TRUE(pool.try_run([begin = std::move(begin), release = release_.get_future()]() mutable {
      begin.set_value();
      release.wait();
    }));
    begun.wait();
  }
  void release() { release_.set_value(); }

 private:
  std::promise<void> release_;
};

TEST(WorkerPool, RunsATaskOnAnotherThread) {
  const auto pool = pool_of(1, 1);
  std::promise<std::thread::id> running;
  auto ran_on = running.get_future();
  EXPECT_TRUE(pool->try_run([running = std::move(running)]() mutable { running.set_value(std::this_thread::get_id()); }));
  EXPECT_NE(ran_on.get(), std::this_thread::get_id());
}

TEST(WorkerPool, RunsTheTasksOfOneThreadInOrder) {
  std::vector<int> order;
  const auto pool = pool_of(1, 10);
  Blocker blocker(*pool);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(pool->try_run([&order, i] { order.push_back(i); }));
  blocker.release();
  pool->stop();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(WorkerPool, RefusesATaskWhenFullAndLeavesItUntouched) {
  const auto pool = pool_of(1, 1);
  Blocker blocker(*pool);
  EXPECT_TRUE(pool->try_run([] {}));
  bool ran = false;
  WorkerPool::Task kept = [&ran] { ran = true; };
  EXPECT_FALSE(pool->try_run(std::move(kept)));
  ASSERT_TRUE(kept);  // NOLINT(bugprone-use-after-move): this is what is promised
  kept();
  EXPECT_TRUE(ran);
  EXPECT_EQ(pool->counts().refused, 1U);
  blocker.release();
}

// What ran, in order, of tasks that wait behind a busy worker.
struct Waiting {
  explicit Waiting(const WorkerOptions& options) : pool(*WorkerPool::open(options)), blocker(*pool) {}
  std::expected<void, TaskRefusal> add(char name, const TaskOwner& owner) {
    return pool->try_run([this, name] { ran += name; }, owner);
  }
  void finish() {
    blocker.release();
    pool->stop();
  }

  std::string ran;
  std::unique_ptr<WorkerPool> pool;
  Blocker blocker;
};

TEST(WorkerPool, TakesTurnsBetweenThoseForWhomTasksWait) {
  Waiting waiting({.finish_within = minutes(1)});
  for (const char name : {'a', 'b', 'c'}) EXPECT_TRUE(waiting.add(name, kAnn));
  for (const char name : {'x', 'y'}) EXPECT_TRUE(waiting.add(name, kBob));
  EXPECT_TRUE(waiting.add('s', std::nullopt));
  waiting.finish();
  EXPECT_EQ(waiting.ran, "axsbyc");
}

TEST(WorkerPool, GivesEachRemoteItsShare) {
  Waiting waiting({.capacity = 100, .most_per_remote = 2, .finish_within = minutes(1)});
  EXPECT_TRUE(waiting.add('a', kAnn));
  EXPECT_TRUE(waiting.add('b', kAnn));
  EXPECT_EQ(waiting.add('c', kAnn), std::unexpected(TaskRefusal::kOverShare));
  EXPECT_TRUE(waiting.add('x', kBob));
  for (const char name : {'s', 't', 'u'}) EXPECT_TRUE(waiting.add(name, std::nullopt));
  EXPECT_EQ(waiting.pool->counts().over_share, 1U);
  EXPECT_EQ(waiting.pool->counts().refused, 0U);
  waiting.finish();
  EXPECT_EQ(waiting.ran, "axsbtu");
}

TEST(WorkerPool, WhenFullLetsTheLongestLineMakeRoom) {
  Waiting waiting({.capacity = 4, .finish_within = minutes(1)});
  const auto held = std::make_shared<bool>();
  for (const char name : {'a', 'b', 'c'}) EXPECT_TRUE(waiting.add(name, kAnn));
  EXPECT_TRUE(waiting.pool->try_run([held] {}, kAnn));
  EXPECT_TRUE(waiting.add('x', kBob));
  EXPECT_EQ(held.use_count(), 1) << "the newest of the longest line has gone";
  EXPECT_TRUE(waiting.add('y', kBob));
  // Two each: nobody has more than his part.
  EXPECT_EQ(waiting.add('z', kBob), std::unexpected(TaskRefusal::kFull));
  EXPECT_EQ(waiting.add('d', kAnn), std::unexpected(TaskRefusal::kFull));
  EXPECT_EQ(waiting.pool->counts().displaced, 2U);
  EXPECT_EQ(waiting.pool->counts().refused, 2U);
  EXPECT_EQ(waiting.pool->counts().depth, 4U);
  waiting.finish();
  EXPECT_EQ(waiting.ran, "axby");
}

TEST(WorkerPool, CountsItsTasks) {
  const auto pool = pool_of(1, 3);
  Blocker blocker(*pool);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool->try_run([] {}));
  EXPECT_EQ(pool->counts(), (WorkerCounts{.depth = 3, .high_water = 3, .capacity = 3, .threads = 1}));
  blocker.release();
  pool->stop();
  auto counts = pool->counts();
  EXPECT_GT(counts.busy, Nanoseconds::zero());
  counts.busy = {};
  EXPECT_EQ(counts, (WorkerCounts{.run = 4, .high_water = 3, .capacity = 3, .threads = 1}));
}

TEST(WorkerPool, SurvivesATaskThatThrows) {
  const auto pool = pool_of(1, 2);
  Blocker blocker(*pool);
  EXPECT_TRUE(pool->try_run([] { throw std::runtime_error("no"); }));
  bool ran = false;
  EXPECT_TRUE(pool->try_run([&ran] { ran = true; }));
  blocker.release();
  pool->stop();
  EXPECT_TRUE(ran);
  EXPECT_EQ(pool->counts().failed, 1U);
  EXPECT_EQ(pool->counts().run, 3U);
}

TEST(WorkerPool, RunsAsManyTasksAtOnceAsItHasThreads) {
  const auto pool = pool_of(3, 3);
  std::atomic<int> together = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(pool->try_run([&together] {
      ++together;
      // Ends only when all three run at the same time.
      while (together < 3) std::this_thread::yield();
    }));
  }
  pool->stop();
  EXPECT_EQ(pool->counts().run, 3U);
}

TEST(WorkerPool, FinishesWhatWaitsWhenItEnds) {
  std::atomic<int> ran = 0;
  {
    const auto pool = pool_of(2, 100);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(pool->try_run([&ran] { ++ran; }));
  }
  EXPECT_EQ(ran, 100);
}

TEST(WorkerPool, AbandonsWhatIsNotBegunInTime) {
  const auto pool = pool_of(1, 1'000'000, Nanoseconds(-1));
  Blocker blocker(*pool);
  const auto held = std::make_shared<bool>(false);
  EXPECT_TRUE(pool->try_run([held] { *held = true; }));
  {
    std::jthread ending([&pool] { pool->stop(); });
    // stop() refuses tasks from its first moment on.
    EXPECT_TRUE(eventually([&pool] { return !pool->try_run([] {}); }));
    blocker.release();
  }
  EXPECT_FALSE(*held);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_GE(pool->counts().abandoned, 1U);
  EXPECT_EQ(pool->counts().run, 1U);
  EXPECT_EQ(pool->counts().depth, 0U);
}

TEST(WorkerPool, TakesNothingAfterItsEnd) {
  const auto pool = pool_of(1, 8);
  EXPECT_TRUE(pool->try_run([] {}));
  pool->stop();
  EXPECT_FALSE(pool->try_run([] {}));
  pool->stop();
  EXPECT_EQ(pool->counts().run, 1U);
  EXPECT_EQ(pool->counts().refused, 1U);
}

TEST(WorkerPool, LosesNoTaskOfManyThreads) {
  constexpr int kThreads = 3;
  constexpr int kEach = 2000;
  std::atomic<int> ran = 0;
  const auto pool = pool_of(2, 16);
  {
    std::vector<std::jthread> producers;
    for (int i = 0; i < kThreads; ++i) {
      producers.emplace_back([&] {
        for (int done = 0; done < kEach;) {
          if (pool->try_run([&ran] { ++ran; })) {
            ++done;
          } else {
            std::this_thread::yield();
          }
        }
      });
    }
  }
  pool->stop();
  EXPECT_EQ(ran, kThreads * kEach);
}

}  // namespace
}  // namespace tickwire::game
