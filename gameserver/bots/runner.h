// What it owns: the bots' loop: who sends when, and until when.
// Who may use it: main.
// Thread: run() on one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "gameserver/bots/carrier.h"
#include "gameserver/bots/idle_group.h"
#include "gameserver/bots/login_desk.h"
#include "gameserver/bots/options.h"
#include "gameserver/bots/pace.h"
#include "gameserver/bots/truth_log.h"
#include "gameserver/common/poller.h"
#include "gameserver/common/result.h"
#include "gameserver/common/tick_clock.h"

namespace tickwire::game {

// One bot and its schedule.
struct Bot {
  std::unique_ptr<Carrier> carrier;
  TickClock inputs;  // open loop: inputs are due at fixed times, whatever the server does
  Nanoseconds begins_mono{};
  bool lockstep = false;
  bool asked = false;  // for a ticket
  bool begun = false;  // its socket was opened, or could not be
  Nanoseconds next_hello_mono{};
  std::uint64_t skipped_inputs = 0;       // deadlines that this process missed altogether
  Nanoseconds worst_late{};               // how late this process was with an input, at worst
  std::optional<Pace> pace = {};          // once it plays
  std::vector<Nanoseconds> bundled = {};  // inputs that are due and held back: when each was due
  bool in_hitch = false;
};

class Runner {
 public:
  // Resolves the server and makes the bots; nothing is sent yet.
  [[nodiscard]] static Result<std::unique_ptr<Runner>> open(const BotOptions& options);

  // Plays for the duration, until borrowed_stop_fd is readable, or until every bot has failed; then every bot says bye and is
  // finished.
  void run(int borrowed_stop_fd);

  [[nodiscard]] const std::vector<Bot>& bots() const { return bots_; }
  [[nodiscard]] const IdleGroup& idle() const { return idle_; }
  // Null when nobody needs a ticket.
  [[nodiscard]] const LoginDesk* login() const { return login_.get(); }
  [[nodiscard]] Nanoseconds duration() const { return duration_; }

 private:
  // A bot's place in the queue of deadlines.
  struct Due {
    Nanoseconds at_mono;
    std::size_t bot;
    friend bool operator>(const Due& left, const Due& right) { return left.at_mono > right.at_mono; }
  };

  Runner(const BotOptions& options, Poller poller, DeadlineTimer timer, TruthLog truth);
  Result<void> load_dictionary();
  Result<void> make_bots();
  void add_bots(std::size_t count, BotProtocol protocol, bool lockstep, CarrierSpec spec);
  void schedule();
  // Opens the bot's socket, when it has a ticket if it needs one.
  void begin(std::size_t index, Nanoseconds now_mono);
  // Does what is due for the bot and says when it wants to be asked again; nullopt: never.
  std::optional<Nanoseconds> act(std::size_t index, Nanoseconds now_mono);
  void join(Bot& bot, Nanoseconds now_mono);
  // Reads, unless the bot does so when something arrives; false while it neither reads nor sends.
  bool keep_pace(std::size_t index, Nanoseconds now_mono);
  void send_inputs(Bot& bot, Nanoseconds now_mono);
  bool dispatch(Nanoseconds next_mono);
  // When the last bot or connection begins.
  [[nodiscard]] Nanoseconds all_begun_mono() const;
  void say_bye();

  BotOptions options_;
  Poller poller_;
  DeadlineTimer timer_;
  TruthLog truth_;
  std::unique_ptr<LoginDesk> login_;
  std::unique_ptr<SnapshotDecompressor> decompressor_;  // null: there is no dictionary
  std::vector<Bot> bots_;
  IdleGroup idle_{{}};
  Nanoseconds started_{};
  Nanoseconds duration_{};
};

}  // namespace tickwire::game
