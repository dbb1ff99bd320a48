// SPDX-License-Identifier: Apache-2.0
#include "relay/worker.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

#include "base/clock.h"

namespace tickwire::relay {
namespace {

// libstdc++'s steady clock is CLOCK_MONOTONIC.
std::chrono::steady_clock::time_point moment(std::chrono::nanoseconds monotonic) {
  return std::chrono::steady_clock::time_point(monotonic);
}

}  // namespace

Worker::Worker(std::unique_ptr<Dispatcher> dispatcher) : dispatcher_(std::move(dispatcher)), thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "tickwire-robot");
}

Worker::~Worker() {
  stop(std::chrono::nanoseconds(0));
  if (thread_.joinable()) thread_.join();
}

std::future<Delivery> Worker::post(std::shared_ptr<const Notification> notification) {
  Job job{.notification = std::move(notification), .answer = {}};
  std::future<Delivery> answer = job.answer.get_future();
  const std::scoped_lock lock(mutex_);
  if (deadline_) {
    job.answer.set_value({.fate = Fate::kFailedRetryable, .reason = "the relay stops"});
    return answer;
  }
  jobs_.push_back(std::move(job));
  changed_.notify_one();
  return answer;
}

void Worker::stop(std::chrono::nanoseconds deadline) {
  const std::scoped_lock lock(mutex_);
  if (!deadline_) deadline_ = deadline;
  changed_.notify_one();
}

std::size_t Worker::join() {
  if (thread_.joinable()) thread_.join();
  return std::exchange(lost_, 0);
}

bool Worker::has_ended(std::optional<std::chrono::nanoseconds> due) const {
  return deadline_ && jobs_.empty() && (!due || *due > *deadline_ || monotonic_now() >= *deadline_);
}

void Worker::take(Job job) {
  Delivery delivery;
  try {
    delivery = dispatcher_->take(*job.notification);
  } catch (const std::exception& error) {  // memory ran out: the robot's thread goes on
    spdlog::error("telling a robot: {}", error.what());
    delivery = {.fate = Fate::kFailedRetryable, .reason = "the relay failed"};
  }
  job.answer.set_value(std::move(delivery));
}

void Worker::flush() {
  try {
    dispatcher_->flush();
  } catch (const std::exception& error) {  // as above
    spdlog::error("what waited for a robot is lost: {}", error.what());
  }
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto due = dispatcher_->due();
    if (has_ended(due)) break;
    if (due && *due <= monotonic_now()) {
      lock.unlock();
      flush();
      lock.lock();
    } else if (!jobs_.empty()) {
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      take(std::move(job));
      lock.lock();
    } else if (due) {
      changed_.wait_until(lock, moment(*due));
    } else {
      changed_.wait(lock);
    }
  }
  lost_ = dispatcher_->give_up();
}

}  // namespace tickwire::relay
