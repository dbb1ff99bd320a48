// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>

#include "gameserver/bots/churn_visit.h"
#include "gameserver/bots/tcp_carrier.h"
#include "gameserver/bots/udp_carrier.h"
#include "gameserver/bots/ws_carrier.h"
#include "gameserver/common/tick_clock.h"

namespace tickwire::game {
namespace {

using std::chrono::milliseconds;

constexpr Nanoseconds kJoinTimeout = std::chrono::seconds(8);
constexpr Nanoseconds kHelloInterval = milliseconds(200);
constexpr unsigned kRateHz = 30;

enum class Ending { kBye, kVanish };

// The server has no room: allowed, and no fault.
bool is_refusal(const std::string& failure) {
  constexpr std::array<std::string_view, 6> kRefusals = {"rejected: too_many",
                                                         "rejected: server_full",
                                                         "the server refused the upgrade: HTTP 429",
                                                         "the server refused the upgrade: HTTP 503",
                                                         "the server closed the connection",
                                                         "Connection reset by peer"};
  return std::ranges::any_of(kRefusals, [&failure](std::string_view refusal) { return failure.ends_with(refusal); });
}

class PlayerVisit {
 public:
  PlayerVisit(std::unique_ptr<Carrier> carrier, Poller poller, DeadlineTimer timer)
      : carrier_(std::move(carrier)), poller_(std::move(poller)), timer_(std::move(timer)) {}

  VisitResult make(Nanoseconds plays_for, Ending ending) {
    constexpr std::uint64_t kTimer = 0;
    if (const auto added = poller_.add(timer_.fd(), EPOLLIN, kTimer); !added) return std::unexpected(added.error());
    carrier_->start(poller_, kCarrier);
    if (const auto joined = join(); !joined || *joined == VisitEnd::kRefused) return joined;
    const auto played = play(plays_for);
    if (ending == Ending::kBye) carrier_->send(player().bye(monotonic_now()), monotonic_now());
    carrier_->stop();
    return played;
  }

 private:
  static constexpr std::uint64_t kCarrier = 1;

  Player& player() { return carrier_->player(); }

  void wait_until(Nanoseconds deadline_mono) {
    timer_.arm(deadline_mono);
    for (const auto& event : poller_.wait()) {
      if (event.data.u64 == kCarrier) carrier_->on_ready(poller_, kCarrier, event.events);
    }
  }

  VisitResult join() {
    const auto gives_up = monotonic_now() + kJoinTimeout;
    Nanoseconds next_hello{};
    while (player().state() < BotState::kPlaying) {
      const auto now = monotonic_now();
      if (now >= gives_up) return std::unexpected(std::string("no welcome"));
      if (player().state() == BotState::kJoining && now >= next_hello) {
        carrier_->send(player().hello(now), now);
        next_hello = carrier_->is_stream() ? gives_up : now + kHelloInterval;
      }
      wait_until(player().state() == BotState::kConnecting ? now + milliseconds(20) : std::min(next_hello, gives_up));
    }
    if (player().state() == BotState::kPlaying) return VisitEnd::kAsExpected;
    if (is_refusal(player().failure())) return VisitEnd::kRefused;
    return std::unexpected(player().failure());
  }

  VisitResult play(Nanoseconds length) {
    const auto begin = monotonic_now();
    TickClock inputs(kRateHz, begin);
    while (player().state() == BotState::kPlaying && monotonic_now() < begin + length) {
      const auto now = monotonic_now();
      if (inputs.advance(now).run > 0) carrier_->send(player().input(now), now);
      if (const auto hash = player().state_hash(now)) carrier_->send(*hash, now);
      wait_until(inputs.next_deadline_mono());
    }
    if (player().state() != BotState::kPlaying) {
      // Before it has shown that its address is its own, its seat may be given to somebody else.
      if (!player().has_played() && is_refusal(player().failure())) return VisitEnd::kRefused;
      return std::unexpected(player().failure());
    }
    if (!player().has_played()) return std::unexpected(std::string("no snapshot"));
    return VisitEnd::kAsExpected;
  }

  std::unique_ptr<Carrier> carrier_;
  Poller poller_;
  DeadlineTimer timer_;
};

template <typename SomeCarrier>
VisitResult visit(const Endpoint& remote, const ChurnTarget& target, std::mt19937_64& random, Ending ending, bool lockstep) {
  auto poller = Poller::open();
  if (!poller) return std::unexpected(poller.error());
  auto timer = DeadlineTimer::open();
  if (!timer) return std::unexpected(timer.error());
  std::optional<SnapshotDecompressor> decompressor;
  if (target.dictionary) decompressor.emplace(target.dictionary);
  auto carrier = std::make_unique<SomeCarrier>(CarrierSpec{.nonce = static_cast<std::uint32_t>(random()),
                                                           .remote = remote,
                                                           .source = target.source,
                                                           .borrowed_decompressor = decompressor ? &*decompressor : nullptr});
  if (lockstep) carrier->player().ask_for_lockstep(false);
  const Nanoseconds length = milliseconds(300 + random() % 2'000);
  return PlayerVisit(std::move(carrier), std::move(*poller), std::move(*timer)).make(length, ending);
}

constexpr auto kVisits = std::to_array<VisitKind>({
    {"udp_player", 6,
     [](const ChurnTarget& t, std::mt19937_64& r) { return visit<UdpCarrier>(t.udp, t, r, Ending::kBye, false); }},
    {"udp_vanishes", 4,
     [](const ChurnTarget& t, std::mt19937_64& r) { return visit<UdpCarrier>(t.udp, t, r, Ending::kVanish, false); }},
    {"udp_lockstep", 1,
     [](const ChurnTarget& t, std::mt19937_64& r) { return visit<UdpCarrier>(t.udp, t, r, Ending::kBye, true); }},
    {"tcp_player", 6,
     [](const ChurnTarget& t, std::mt19937_64& r) { return visit<TcpCarrier>(t.tcp, t, r, Ending::kBye, false); }},
    {"tcp_vanishes", 4,
     [](const ChurnTarget& t, std::mt19937_64& r) { return visit<TcpCarrier>(t.tcp, t, r, Ending::kVanish, false); }},
    {"ws_player", 6,
     [](const ChurnTarget& t, std::mt19937_64& r) { return visit<WsCarrier>(t.http, t, r, Ending::kBye, false); }},
    {"ws_vanishes", 4,
     [](const ChurnTarget& t, std::mt19937_64& r) { return visit<WsCarrier>(t.http, t, r, Ending::kVanish, false); }},
    {"ws_lockstep", 1,
     [](const ChurnTarget& t, std::mt19937_64& r) { return visit<WsCarrier>(t.http, t, r, Ending::kBye, true); }},
});

}  // namespace

std::span<const VisitKind> player_visits() { return kVisits; }

}  // namespace tickwire::game
