// What it owns: one bot's side of the protocol, whatever carries the messages.
// Who may use it: the carriers and the runner.
// Thread: the runner's loop; reads no clock itself.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "gameserver/bots/presence_watch.h"
#include "gameserver/bots/samples.h"
#include "gameserver/lockstep/client.h"
#include "gameserver/protocol/ack_window.h"
#include "gameserver/protocol/message.h"
#include "gameserver/snapshot/reader.h"

namespace tickwire::game {

enum class BotState { kConnecting, kJoining, kPlaying, kDone, kFailed };

struct SnapshotCounts {
  std::uint64_t read = 0;
  std::uint64_t deltas = 0;      // of these: changes to one before
  std::uint64_t compressed = 0;  // of these
  std::uint64_t unreadable = 0;  // it came, and gave no states
  std::uint64_t states = 0;      // that came out
  std::uint64_t content_bytes = 0;
};

// Joins, sends inputs, and measures the response time: from sending an input to the first snapshot that contains it, which is the
// round trip and what the server took to answer. When a snapshot contains several new inputs, the newest of them is measured.
// Memory: 32 KiB from the first input on, the samples, and the snapshots that the server may refer to, 38 KB.
class Player {
 public:
  // ack_hold: how long what was received is not acknowledged; the headers say the truth about it, in ack_delay.
  // decompressor: of this thread, may be shared; null: compressed snapshots cannot be read.
  explicit Player(std::uint32_t nonce, Nanoseconds ack_hold = {}, SnapshotDecompressor* borrowed_decompressor = nullptr)
      : nonce_(nonce), ack_hold_(ack_hold), reader_(borrowed_decompressor) {}

  // What the hello says besides: a ticket of at most kMaxTicketBytes.
  void set_ticket(std::vector<std::byte> ticket) { ticket_ = std::move(ticket); }
  // To the lockstep room. diverges: falsifies its state once, after two seconds there.
  void ask_for_lockstep(bool diverges) {
    asks_for_lockstep_ = true;
    diverges_ = diverges;
  }

  // The connection is there; a hello is due.
  void connected() { state_ = BotState::kJoining; }
  void fail(std::string reason);
  // A playing bot is done; one that never played has failed.
  void finish();

  [[nodiscard]] Message hello(Nanoseconds now_mono);
  // The next input, which was due at intended_mono; which way it walks follows from the number of inputs, so that every run is
  // the same.
  [[nodiscard]] Message input(Nanoseconds now_mono, Nanoseconds intended_mono);
  [[nodiscard]] Message input(Nanoseconds now_mono) { return input(now_mono, now_mono); }
  [[nodiscard]] Message bye(Nanoseconds now_mono);
  // In the lockstep room: what is to be said of its state, once a second.
  [[nodiscard]] std::optional<Message> state_hash(Nanoseconds now_mono);
  // What the server sent.
  void take(const Message& message, Nanoseconds now_mono);

  [[nodiscard]] BotState state() const { return state_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] std::uint32_t player_id() const { return player_id_; }
  [[nodiscard]] std::uint64_t inputs_sent() const { return inputs_sent_; }
  [[nodiscard]] std::uint64_t snapshots() const { return snapshots_.read; }
  // The server has shown it the game.
  [[nodiscard]] bool has_played() const { return snapshots_.read > 0 || (lockstep_ && lockstep_->counts().applied > 0); }
  [[nodiscard]] const SnapshotCounts& snapshot_counts() const { return snapshots_; }
  // Null outside of the lockstep room.
  [[nodiscard]] const LockstepClient* lockstep() const { return lockstep_ ? &*lockstep_ : nullptr; }
  [[nodiscard]] std::uint64_t hashes_sent() const { return hashes_sent_; }
  [[nodiscard]] const PresenceWatch& presence() const { return presence_; }
  [[nodiscard]] std::uint64_t chats() const { return chats_; }
  [[nodiscard]] std::uint64_t missing() const { return received_.missing(); }
  [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }
  [[nodiscard]] const Samples& responses() const { return responses_; }
  // From when each input was due to the first snapshot that contains it or a newer one: what the player felt, whoever was late. No
  // input is left out.
  [[nodiscard]] const Samples& intended_responses() const { return intended_responses_; }

 private:
  // Inputs older than this are not measured: 2 s at 1000 Hz.
  static constexpr std::size_t kSentRing = 2048;

  struct SentInput {
    Nanoseconds sent_mono{};
    Nanoseconds intended_mono{};
  };
  // What had been received at a time.
  struct HeldAck {
    Nanoseconds received_mono;
    AckWindow received;
  };

  [[nodiscard]] Header next_header(Nanoseconds now_mono);
  void take_welcome(const Header& header, const Welcome& welcome);
  // False: of no use now, and not to be acknowledged, as what follows would build on it.
  bool read_state(const Message& message);
  bool read_snapshot(const Header& header, const Snapshot& snapshot);
  void take_presence(const Header& header, const Presence& presence);
  // The server's state holds this input: measures those that it answers.
  void take_answer(std::uint16_t last_input, Nanoseconds now_mono);

  BotState state_ = BotState::kConnecting;
  std::string failure_;
  std::uint32_t nonce_;
  Nanoseconds ack_hold_;
  std::uint32_t conn_ = 0;
  std::uint32_t player_id_ = 0;
  std::uint16_t next_seq_ = 1;
  std::uint16_t next_input_ = 1;
  std::optional<std::uint16_t> acknowledged_input_;
  AckWindow received_;
  AckWindow acknowledged_;         // with ack_hold: what the headers say
  std::deque<HeldAck> held_acks_;  // with ack_hold: what they will say
  std::vector<std::byte> ticket_;
  std::vector<SentInput> sent_;  // kSentRing, by input number modulo it; empty before the first input
  PresenceWatch presence_;
  std::uint64_t inputs_sent_ = 0;
  SnapshotReader reader_;
  SnapshotCounts snapshots_;
  bool asks_for_lockstep_ = false;
  bool diverges_ = false;
  unsigned tick_rate_hz_ = 0;
  std::optional<LockstepClient> lockstep_;
  std::uint64_t hashes_sent_ = 0;
  std::uint64_t chats_ = 0;
  std::uint64_t duplicates_ = 0;
  Samples responses_;
  Samples intended_responses_;
};

}  // namespace tickwire::game
