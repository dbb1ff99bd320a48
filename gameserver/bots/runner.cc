// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/runner.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <random>
#include <utility>

#include "gameserver/bots/tcp_carrier.h"
#include "gameserver/bots/udp_carrier.h"

namespace tickwire::game {
namespace {

constexpr std::uint64_t kStop = 0;
constexpr std::uint64_t kTimer = 1;
constexpr std::uint64_t kFirstBot = 2;
// Without a welcome for so long, a bot gives up.
constexpr Nanoseconds kJoinTimeout = std::chrono::seconds(5);
constexpr Nanoseconds kHelloInterval = std::chrono::milliseconds(200);

Nanoseconds seconds(double count) { return std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(count)); }

}  // namespace

Runner::Runner(const BotOptions& options, Poller poller, DeadlineTimer timer)
    : options_(options), poller_(std::move(poller)), timer_(std::move(timer)) {}

Result<std::unique_ptr<Runner>> Runner::open(const BotOptions& options) {
  raise_file_limit();
  auto poller = Poller::open();
  if (!poller) return std::unexpected(poller.error());
  auto timer = DeadlineTimer::open();
  if (!timer) return std::unexpected(timer.error());
  std::unique_ptr<Runner> runner(new Runner(options, std::move(*poller), std::move(*timer)));
  if (const auto made = runner->make_bots(); !made) return std::unexpected(made.error());
  return runner;
}

Result<void> Runner::make_bots() {
  const auto udp = Endpoint::resolve(options_.server, options_.udp_port);
  if (!udp) return std::unexpected(udp.error());
  const auto tcp = Endpoint::resolve(options_.server, options_.tcp_port);
  if (!tcp) return std::unexpected(tcp.error());
  std::optional<Endpoint> source;
  if (!options_.source_address.empty()) {
    const auto resolved = Endpoint::resolve(options_.source_address, 0);
    if (!resolved) return std::unexpected(resolved.error());
    source = *resolved;
  }
  std::random_device random;
  const std::size_t count = options_.udp_count + options_.tcp_count;
  const auto started = monotonic_now();
  for (std::size_t i = 0; i < count; ++i) {
    std::unique_ptr<Carrier> carrier;
    if (i < options_.udp_count) {
      carrier = std::make_unique<UdpCarrier>(random(), *udp, source);
    } else {
      carrier = std::make_unique<TcpCarrier>(random(), *tcp, source, options_.quickack);
    }
    // Spread over one period: bots that all send at once would measure each other.
    const auto phase = seconds(static_cast<double>(i) / static_cast<double>(count) / options_.rate_hz);
    bots_.push_back({.carrier = std::move(carrier), .inputs = TickClock(options_.rate_hz, started + phase)});
  }
  return {};
}

void Runner::run(int borrowed_stop_fd) {
  if (!poller_.add(borrowed_stop_fd, EPOLLIN, kStop) || !poller_.add(timer_.fd(), EPOLLIN, kTimer)) return;
  started_ = monotonic_now();
  const auto ends = started_ + seconds(options_.duration_s);
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue;
  for (std::size_t i = 0; i < bots_.size(); ++i) {
    bots_[i].carrier->start(poller_, kFirstBot + i);
    queue.push({.at_mono = bots_[i].inputs.next_deadline_mono(), .bot = i});
  }
  bool stopping = false;
  while (!stopping) {
    stopping = dispatch(std::min(queue.top().at_mono, ends));
    const auto now = monotonic_now();
    while (!queue.empty() && queue.top().at_mono <= now) {
      const auto index = queue.top().bot;
      queue.pop();
      if (const auto next = act(bots_[index], now)) queue.push({.at_mono = *next, .bot = index});
    }
    stopping = stopping || now >= ends || queue.empty();
  }
  duration_ = monotonic_now() - started_;
  say_bye();
}

// True when a signal asks for the end.
bool Runner::dispatch(Nanoseconds next_mono) {
  bool stop = false;
  timer_.arm(next_mono);
  for (const auto& event : poller_.wait()) {
    const auto id = event.data.u64;
    if (id == kStop) stop = true;
    if (id >= kFirstBot) bots_[id - kFirstBot].carrier->on_ready(poller_, id, event.events);
  }
  return stop;
}

std::optional<Nanoseconds> Runner::act(Bot& bot, Nanoseconds now_mono) {
  Carrier& carrier = *bot.carrier;
  const auto due = bot.inputs.advance(now_mono);
  if (now_mono - started_ > kJoinTimeout && carrier.player().state() < BotState::kPlaying) carrier.player().finish();
  switch (carrier.player().state()) {
    case BotState::kConnecting:
      break;
    case BotState::kJoining:
      if (now_mono >= bot.next_hello_mono) {
        const bool once = carrier.protocol() == std::string_view("tcp");
        bot.next_hello_mono = once ? Nanoseconds::max() : now_mono + kHelloInterval;
        carrier.send(carrier.player().hello(now_mono));
      }
      break;
    case BotState::kPlaying:
      bot.skipped_inputs += due.skipped;
      bot.worst_late = std::max(bot.worst_late, due.late_by);
      for (int i = 0; i < due.run; ++i) carrier.send(carrier.player().input(now_mono));
      break;
    case BotState::kDone:
    case BotState::kFailed:
      carrier.stop();
      return std::nullopt;
  }
  return bot.inputs.next_deadline_mono();
}

void Runner::say_bye() {
  for (auto& bot : bots_) {
    Carrier& carrier = *bot.carrier;
    if (carrier.player().state() == BotState::kPlaying) carrier.send(carrier.player().bye(monotonic_now()));
    carrier.player().finish();
    carrier.stop();
  }
}

}  // namespace tickwire::game
