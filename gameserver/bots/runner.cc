// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/runner.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <random>
#include <utility>

#include "gameserver/bots/tcp_carrier.h"
#include "gameserver/bots/udp_carrier.h"
#include "gameserver/bots/ws_carrier.h"
#include "gameserver/resources/resource_set.h"

namespace tickwire::game {
namespace {

constexpr std::uint64_t kStop = 0;
constexpr std::uint64_t kTimer = 1;
constexpr std::uint64_t kFirstBot = 2;
// Without a welcome for so long, a bot gives up.
constexpr Nanoseconds kJoinTimeout = std::chrono::seconds(5);
constexpr Nanoseconds kTicketInterval = std::chrono::milliseconds(20);
constexpr Nanoseconds kHelloInterval = std::chrono::milliseconds(200);

Nanoseconds seconds(double count) { return std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(count)); }

std::unique_ptr<Carrier> make_carrier(BotProtocol protocol, const CarrierSpec& spec) {
  switch (protocol) {
    case BotProtocol::kTcp:
      return std::make_unique<TcpCarrier>(spec);
    case BotProtocol::kWs:
      return std::make_unique<WsCarrier>(spec);
    case BotProtocol::kUdp:
      break;
  }
  return std::make_unique<UdpCarrier>(spec);
}

}  // namespace

Runner::Runner(const BotOptions& options, Poller poller, DeadlineTimer timer, TruthLog truth)
    : options_(options), poller_(std::move(poller)), timer_(std::move(timer)), truth_(std::move(truth)) {}

Result<std::unique_ptr<Runner>> Runner::open(const BotOptions& options) {
  raise_file_limit();
  auto poller = Poller::open();
  if (!poller) return std::unexpected(poller.error());
  auto timer = DeadlineTimer::open();
  if (!timer) return std::unexpected(timer.error());
  auto truth = TruthLog::open(options.truth_path);
  if (!truth) return std::unexpected(truth.error());
  std::unique_ptr<Runner> runner(new Runner(options, std::move(*poller), std::move(*timer), std::move(*truth)));
  if (!options.login_url.empty()) {
    auto login = LoginDesk::open({.url = options.login_url, .match_url = options.match_url, .region = options.login_region});
    if (!login) return std::unexpected(login.error());
    runner->login_ = std::move(*login);
  }
  const auto made = in_order([&] { return runner->load_dictionary(); }, [&] { return runner->make_bots(); });
  if (!made) return std::unexpected(made.error());
  return runner;
}

Result<void> Runner::load_dictionary() {
  const auto resources = ResourceSet::load(options_.resources);
  if (!resources) return std::unexpected(resources.error());
  const std::string& bytes = (*resources)[ResourceId::kSnapshotDictionary].bytes;
  if (bytes.empty()) return {};
  auto dictionary = SnapshotDictionary::make(std::as_bytes(std::span(bytes)));
  if (!dictionary) return std::unexpected(dictionary.error());
  decompressor_ = std::make_unique<SnapshotDecompressor>(std::move(*dictionary));
  return {};
}

Result<void> Runner::make_bots() {
  const auto udp = Endpoint::resolve(options_.server, options_.udp_port);
  const auto tcp = Endpoint::resolve(options_.server, options_.tcp_port);
  const auto ws = Endpoint::resolve(options_.server, options_.ws_port);
  for (const auto* remote : {&udp, &tcp, &ws}) {
    if (!*remote) return std::unexpected(remote->error());
  }
  CarrierSpec spec{.ack_hold = options_.ack_hold, .quickack = options_.quickack, .borrowed_decompressor = decompressor_.get()};
  if (!options_.truth_path.empty()) spec.borrowed_truth = &truth_;
  if (options_.pace.read_delay > Nanoseconds::zero()) spec.receive_bytes = 1;
  if (!options_.source_address.empty()) {
    const auto resolved = Endpoint::resolve(options_.source_address, 0);
    if (!resolved) return std::unexpected(resolved.error());
    spec.source = *resolved;
  }
  const auto remote_of = [&](BotProtocol protocol) {
    return protocol == BotProtocol::kUdp ? *udp : protocol == BotProtocol::kTcp ? *tcp : *ws;
  };
  const auto add = [&](std::size_t count, BotProtocol protocol, bool lockstep) {
    spec.remote = remote_of(protocol);
    add_bots(count, protocol, lockstep, spec);
  };
  add(options_.udp_count, BotProtocol::kUdp, false);
  add(options_.tcp_count, BotProtocol::kTcp, false);
  add(options_.ws_count, BotProtocol::kWs, false);
  add(options_.lockstep_count, options_.lockstep_over, true);
  idle_ = IdleGroup({.count = options_.idle_ws_count,
                     .remote = *ws,
                     .source = spec.source,
                     .ramp_hz = options_.ramp_hz,
                     .first_id = kFirstBot + bots_.size()});
  return {};
}

void Runner::add_bots(std::size_t count, BotProtocol protocol, bool lockstep, CarrierSpec spec) {
  std::random_device random;
  for (std::size_t i = 0; i < count; ++i) {
    spec.nonce = random();
    auto carrier = make_carrier(protocol, spec);
    if (lockstep) carrier->player().ask_for_lockstep(options_.lockstep_diverge && i == 0);
    bots_.push_back({.carrier = std::move(carrier), .inputs = TickClock(1, {}), .lockstep = lockstep});
  }
}

// Begins and phases of everybody, from now on.
void Runner::schedule() {
  started_ = monotonic_now();
  // A frame has one input at most.
  const unsigned rate_hz = options_.pace.fps > 0 ? std::min(options_.rate_hz, options_.pace.fps) : options_.rate_hz;
  for (std::size_t i = 0; i < bots_.size(); ++i) {
    const auto place = static_cast<double>(i);
    // Spread over one period: bots that all send at once would measure each other. In whole milliseconds: thousands of bots that each have
    // a moment of their own would wake this thread for every input.
    const auto phase =
        std::chrono::floor<std::chrono::milliseconds>(seconds(place / static_cast<double>(bots_.size()) / rate_hz));
    bots_[i].inputs = TickClock(rate_hz, started_ + phase);
    bots_[i].begins_mono = options_.ramp_hz == 0 ? started_ : started_ + seconds(place / options_.ramp_hz);
  }
}

Nanoseconds Runner::all_begun_mono() const {
  if (options_.ramp_hz == 0) return started_;
  return started_ + seconds(static_cast<double>(std::max(bots_.size(), options_.idle_ws_count)) / options_.ramp_hz);
}

void Runner::run(int borrowed_stop_fd) {
  if (!poller_.add(borrowed_stop_fd, EPOLLIN, kStop) || !poller_.add(timer_.fd(), EPOLLIN, kTimer)) return;
  schedule();
  auto ends = all_begun_mono() + seconds(options_.duration_s);
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue;
  for (std::size_t i = 0; i < bots_.size(); ++i) queue.push({.at_mono = bots_[i].begins_mono, .bot = i});
  std::optional<Nanoseconds> next_idle = started_;
  bool stopping = false;
  while (!stopping) {
    stopping = dispatch(std::min({queue.empty() ? ends : queue.top().at_mono, next_idle.value_or(ends), ends}));
    const auto now = monotonic_now();
    // Who waits for a ticket has not begun.
    if (login_ && login_->waiting() > 0) ends = std::max(ends, now + seconds(options_.duration_s));
    if (next_idle && *next_idle <= now) next_idle = idle_.begin_due(poller_, started_, now);
    while (!queue.empty() && queue.top().at_mono <= now) {
      const auto index = queue.top().bot;
      queue.pop();
      if (const auto next = act(index, now)) queue.push({.at_mono = *next, .bot = index});
    }
    const auto& idle = idle_.counts();
    const bool idle_remain = next_idle || idle.lost + idle.refused < idle.begun;
    stopping = stopping || now >= ends || (queue.empty() && !idle_remain);
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
    if (idle_.owns(id)) {
      idle_.on_ready(poller_, id, event.events);
    } else if (id >= kFirstBot) {
      bots_[id - kFirstBot].carrier->on_ready(poller_, id, event.events);
    }
  }
  return stop;
}

std::optional<Nanoseconds> Runner::act(std::size_t index, Nanoseconds now_mono) {
  Bot& bot = bots_[index];
  Carrier& carrier = *bot.carrier;
  if (!bot.begun) begin(index, now_mono);
  if (!bot.begun && carrier.player().state() == BotState::kConnecting) return now_mono + kTicketInterval;
  if (now_mono - bot.begins_mono > kJoinTimeout && carrier.player().state() < BotState::kPlaying) carrier.player().finish();
  switch (carrier.player().state()) {
    case BotState::kConnecting:
    case BotState::kJoining:
      join(bot, now_mono);
      return bot.inputs.next_deadline_mono();
    case BotState::kPlaying:
      if (!keep_pace(index, now_mono)) return bot.pace->next_mono();
      send_inputs(bot, now_mono);
      return std::min(bot.inputs.next_deadline_mono(), bot.pace->next_mono());
    case BotState::kDone:
    case BotState::kFailed:
      break;
  }
  carrier.stop();
  return std::nullopt;
}

void Runner::begin(std::size_t index, Nanoseconds now_mono) {
  Bot& bot = bots_[index];
  if (login_ && !bot.asked) {
    bot.asked = true;
    login_->ask(index, bot.lockstep ? GameMode::kLockstep : GameMode::kState);
  }
  if (login_) {
    auto ticket = login_->take(index);
    if (!ticket) return;
    if (!*ticket) return bot.carrier->player().fail(ticket->error());
    bot.carrier->player().set_ticket(std::move(**ticket));
    bot.begins_mono = now_mono;
  }
  bot.begun = true;
  bot.carrier->start(poller_, kFirstBot + index);
}

void Runner::join(Bot& bot, Nanoseconds now_mono) {
  Carrier& carrier = *bot.carrier;
  static_cast<void>(bot.inputs.advance(now_mono));
  if (carrier.player().state() != BotState::kJoining || now_mono < bot.next_hello_mono) return;
  bot.next_hello_mono = carrier.is_stream() ? Nanoseconds::max() : now_mono + kHelloInterval;
  carrier.send(carrier.player().hello(now_mono), now_mono);
}

bool Runner::keep_pace(std::size_t index, Nanoseconds now_mono) {
  Bot& bot = bots_[index];
  Carrier& carrier = *bot.carrier;
  // A frame is at an input's deadline, so that it reads first and then sends.
  if (!bot.pace) bot.pace.emplace(options_.pace, carrier.is_stream(), bot.inputs.next_deadline_mono());
  const auto mode = bot.pace->at(now_mono);
  if (bot.in_hitch && mode != Pace::Mode::kHitches) {
    bot.in_hitch = false;
    carrier.witness().interval("hitch", bot.pace->hitch_begin_mono(), now_mono);
  }
  carrier.watch(poller_, kFirstBot + index, mode == Pace::Mode::kRuns && bot.pace->reads_on_arrival());
  if (mode == Pace::Mode::kHitches) bot.in_hitch = true;
  if (mode != Pace::Mode::kRuns) return false;
  if (!bot.pace->reads_on_arrival() && bot.pace->read_due(now_mono)) carrier.read(bot.pace->read_bytes());
  return carrier.player().state() == BotState::kPlaying;
}

void Runner::send_inputs(Bot& bot, Nanoseconds now_mono) {
  Carrier& carrier = *bot.carrier;
  if (const auto hash = carrier.player().state_hash(now_mono)) carrier.send(*hash, now_mono);
  const auto due = bot.inputs.advance(now_mono);
  bot.skipped_inputs += due.skipped;
  bot.worst_late = std::max(bot.worst_late, due.late_by);
  const auto period = Nanoseconds(std::chrono::seconds(1)) / bot.inputs.rate_hz();
  // Of several the oldest deadlines count: how long the player has waited is not to be made less.
  for (int i = 0; i < due.run; ++i) bot.bundled.push_back(now_mono - due.late_by + i * period);
  const auto leaving = static_cast<std::ptrdiff_t>(bot.bundled.size() / options_.bundle * options_.bundle);
  const auto rest = bot.bundled.begin() + leaving;
  for (auto intended = bot.bundled.begin(); intended != rest; ++intended) {
    carrier.send(carrier.player().input(now_mono, *intended), *intended);
  }
  bot.bundled.erase(bot.bundled.begin(), rest);
}

void Runner::say_bye() {
  for (auto& bot : bots_) {
    Carrier& carrier = *bot.carrier;
    const auto now = monotonic_now();
    const bool silent = bot.pace && bot.pace->at(now) == Pace::Mode::kSilent;
    if (bot.in_hitch) carrier.witness().interval("hitch", bot.pace->hitch_begin_mono(), now);
    if (carrier.player().state() == BotState::kPlaying && !silent) carrier.send(carrier.player().bye(now), now);
    carrier.player().finish();
    carrier.stop();
  }
  idle_.close();
  truth_.close();
}

}  // namespace tickwire::game
