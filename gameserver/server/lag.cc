// SPDX-License-Identifier: Apache-2.0
#include "gameserver/server/lag.h"

#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

namespace tickwire::game {
namespace {

using Json = nlohmann::ordered_json;

void sleep_until(Nanoseconds deadline_mono) {
  const timespec until = to_timespec(deadline_mono);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

Nanoseconds thread_processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return to_nanoseconds(used);
}

Json interval(std::string_view kind, Nanoseconds begin_mono, Nanoseconds end_mono) {
  return {{"kind", kind}, {"begin_mono_ns", begin_mono.count()}, {"end_mono_ns", end_mono.count()}};
}

}  // namespace

Result<void> Lag::apply(const LagCommand& command, Nanoseconds now_mono) {
  if (const auto* recur = std::get_if<RecurLag>(&command)) {
    of(recur->kind).start(recur->spec, now_mono + recur->spec.every);
    return {};
  }
  if (const auto* buffer = std::get_if<SetReceiveBuffer>(&command)) return set_receive_buffer(buffer->bytes, now_mono);
  for (auto& recurrence : recurrences_) recurrence.stop();
  return {};
}

void Lag::log_command(std::string_view text, const Result<void>& outcome, Nanoseconds now_mono) {
  const Json line = {{"kind", "command"},
                     {"time_mono_ns", now_mono.count()},
                     {"text", text},
                     {"error", outcome ? Json(nullptr) : Json(outcome.error())}};
  log_.write(line.dump(-1, ' ', false, Json::error_handler_t::replace));
  log_.flush();
}

void Lag::begin_tick(std::uint32_t tick, Nanoseconds now_mono) {
  if (const auto length = of(LagKind::kTickStall).take(now_mono)) stall(tick, *length);
  if (const auto length = of(LagKind::kBurn).take(now_mono)) burn(tick, *length);
}

void Lag::stall(std::uint32_t tick, Nanoseconds length) {
  const auto begin = monotonic_now();
  sleep_until(begin + length);
  Json line = interval("tick_stall", begin, monotonic_now());
  line["asked_ns"] = length.count();
  line["tick"] = tick;
  log_.write(line.dump());
  log_.flush();
}

// Counts the thread's own time: where others want the processor too, it lasts longer, as work would.
void Lag::burn(std::uint32_t tick, Nanoseconds length) {
  const auto begin = monotonic_now();
  const auto processor_begin = thread_processor_time();
  auto used = Nanoseconds::zero();
  while (used < length) used = thread_processor_time() - processor_begin;
  Json line = interval("burn", begin, monotonic_now());
  line["asked_ns"] = length.count();
  line["processor_ns"] = used.count();
  line["tick"] = tick;
  log_.write(line.dump());
  log_.flush();
}

void Lag::advance(Nanoseconds now_mono) {
  if (io_stall_ && now_mono >= io_stall_->begin_mono + io_stall_->length) end_io_stall(now_mono);
  const auto length = of(LagKind::kIoStall).take(now_mono);
  if (length && !io_stall_) io_stall_ = Interval{.begin_mono = now_mono, .length = *length};
}

Nanoseconds Lag::next_change_mono() const {
  const auto end = io_stall_ ? io_stall_->begin_mono + io_stall_->length : Nanoseconds::max();
  return std::min(end, of(LagKind::kIoStall).next_mono());
}

void Lag::end_io_stall(Nanoseconds now_mono) {
  Json line = interval("io_stall", io_stall_->begin_mono, now_mono);
  line["asked_ns"] = io_stall_->length.count();
  io_stall_.reset();
  log_.write(line.dump());
  log_.flush();
}

void Lag::close(Nanoseconds now_mono) {
  if (io_stall_) end_io_stall(now_mono);
  log_.flush();
}

Result<void> Lag::set_receive_buffer(int bytes, Nanoseconds now_mono) {
  if (::setsockopt(udp_fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0) {
    return fail_errno(errno, "set the receive buffer of", "the UDP socket");
  }
  int effective = 0;
  socklen_t length = sizeof effective;
  ::getsockopt(udp_fd_, SOL_SOCKET, SO_RCVBUF, &effective, &length);
  Json line = interval("receive_buffer", now_mono, now_mono);
  line["asked_bytes"] = bytes;
  line["effective_bytes"] = effective;
  log_.write(line.dump());
  log_.flush();
  return {};
}

}  // namespace tickwire::game
