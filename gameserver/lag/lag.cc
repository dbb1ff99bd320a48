// SPDX-License-Identifier: Apache-2.0
#include "gameserver/lag/lag.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "gameserver/lag/lag_line.h"

namespace tickwire::game {

Lag::Lag(LineFile log, LagTargets targets, std::shared_ptr<Wake> wake)
    : targets_(std::move(targets)), log_(std::move(log)), wake_(std::move(wake)) {}

Result<std::unique_ptr<Lag>> Lag::open(const LagOptions& options, const LagTargets& targets) {
  auto log = LineFile::open(options.log_path);
  if (!log) return std::unexpected(std::move(log.error()));
  auto wake = Wake::open();
  if (!wake) return std::unexpected(std::move(wake.error()));
  std::unique_ptr<Lag> lag(new Lag(std::move(*log), targets, std::move(*wake)));
  if (auto started = lag->start(options); !started) return std::unexpected(std::move(started.error()));
  return lag;
}

Result<void> Lag::start(const LagOptions& options) {
  if (!options.control_path.empty()) {
    if (auto opened = keep(control_, LagControl::open(options.control_path)); !opened) return opened;
  }
  for (const auto& command : options.at_start) {
    if (auto taken = take(lag_command_text(command), command); !taken) return taken;
  }
  if (options.at_start.empty() && !control_) return {};
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "start", "the thread of injected lag");
  }
  return {};
}

Lag::~Lag() {
  end();
  net_.close(monotonic_now());
}

void Lag::end() {
  end_.end();
  wake_->notify();
  if (thread_.joinable()) thread_.join();
}

Result<void> Lag::apply(const LagCommand& command, Nanoseconds now_mono) {
  if (const auto* recur = std::get_if<RecurLag>(&command)) return start_recurring(*recur, now_mono);
  if (const auto* buffer = std::get_if<SetReceiveBuffer>(&command)) return set_receive_buffer(buffer->bytes, now_mono);
  for (auto* schedule : {&world_.tick_stall(), &world_.burn(), &net_.io_stall(), &web_.io_stall(), &lock_held_}) schedule->stop();
  return {};
}

Result<void> Lag::start_recurring(const RecurLag& command, Nanoseconds now_mono) {
  const auto first = now_mono + command.spec.every;
  switch (command.kind) {
    case LagKind::kTickStall:
      world_.tick_stall().start(command.spec, first);
      break;
    case LagKind::kBurn:
      world_.burn().start(command.spec, first);
      break;
    case LagKind::kIoStall:
      net_.io_stall().start(command.spec, first);
      web_.io_stall().start(command.spec, first);
      if (targets_.net_wake) targets_.net_wake->notify();
      if (targets_.web_wake) targets_.web_wake->notify();
      break;
    case LagKind::kLockHeld:
      if (targets_.borrowed_board == nullptr) return std::unexpected(std::string("lock-held: there is no lock to hold"));
      lock_held_.start(command.spec, first);
      wake_->notify();
      break;
  }
  return {};
}

Result<void> Lag::set_receive_buffer(int bytes, Nanoseconds now_mono) {
  const int fd = targets_.borrowed_udp_fd;
  if (fd < 0) return std::unexpected(std::string("receive-buffer: there is no UDP socket"));
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0) {
    return fail_errno(errno, "set the receive buffer of", "the UDP socket");
  }
  int effective = 0;
  socklen_t length = sizeof effective;
  ::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &effective, &length);
  const nlohmann::ordered_json line = {{"kind", "receive_buffer"},
                                       {"begin_mono_ns", now_mono.count()},
                                       {"end_mono_ns", now_mono.count()},
                                       {"asked_bytes", bytes},
                                       {"effective_bytes", effective}};
  log_.write(line.dump());
  return {};
}

Result<void> Lag::take(std::string_view text, const Result<LagCommand>& command) {
  const auto now = monotonic_now();
  auto outcome = command ? apply(*command, now) : Result<void>(std::unexpected(command.error()));
  using Json = nlohmann::ordered_json;
  const Json line = {{"kind", "command"},
                     {"time_mono_ns", now.count()},
                     {"text", text},
                     {"error", outcome ? Json(nullptr) : Json(outcome.error())}};
  log_.write(line.dump(-1, ' ', false, Json::error_handler_t::replace));
  return outcome;
}

void Lag::run() {
  std::optional<Held> held;
  while (!end_.has_ended()) {
    wait_until(held ? held->begin_mono + held->length : lock_held_.next_mono());
    wake_->drain();
    if (control_)
      control_->serve([this](std::string_view text, const Result<LagCommand>& command) { return take(text, command); });
    if (held && monotonic_now() >= held->begin_mono + held->length) {
      release(std::move(*held));
      held.reset();
    }
    const auto length = lock_held_.take(monotonic_now());
    if (length && !held) {
      held.emplace(Held{.lock = targets_.borrowed_board->hold(), .begin_mono = monotonic_now(), .length = *length});
    }
  }
  if (held) release(std::move(*held));
}

void Lag::wait_until(Nanoseconds deadline_mono) const {
  std::array<pollfd, 2> waiting{{{.fd = wake_->fd(), .events = POLLIN, .revents = 0},
                                 {.fd = control_ ? control_->fd() : -1, .events = POLLIN, .revents = 0}}};
  const auto left = to_timespec(deadline_mono - monotonic_now());
  ::ppoll(waiting.data(), waiting.size(), deadline_mono == Nanoseconds::max() ? nullptr : &left, nullptr);
}

void Lag::release(Held held) {
  const auto end = monotonic_now();
  held.lock.unlock();
  log_.write(lag_line("lock_held", held.begin_mono, end, held.length).dump());
}

}  // namespace tickwire::game
