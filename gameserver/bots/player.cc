// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/player.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tickwire::game {

void Player::fail(std::string reason) {
  if (state_ == BotState::kDone || state_ == BotState::kFailed) return;
  state_ = BotState::kFailed;
  failure_ = std::move(reason);
}

void Player::finish() {
  if (state_ == BotState::kConnecting) return fail("not connected");
  if (state_ == BotState::kJoining) return fail("no welcome");
  if (state_ == BotState::kPlaying && !has_played()) return fail("no snapshot");
  if (state_ == BotState::kPlaying) state_ = BotState::kDone;
}

Header Player::next_header(Nanoseconds now_mono) {
  Header header{.conn = conn_, .seq = next_seq_++};
  while (!held_acks_.empty() && held_acks_.front().received_mono + ack_hold_ <= now_mono) {
    acknowledged_ = held_acks_.front().received;
    held_acks_.pop_front();
  }
  (ack_hold_ > Nanoseconds::zero() ? acknowledged_ : received_).fill(header, now_mono);
  return header;
}

Message Player::hello(Nanoseconds now_mono) {
  constexpr std::string_view kName = "bot";
  Hello hello{.nonce = nonce_, .ticket = ticket_};
  std::ranges::copy(kName, hello.name.begin());
  auto header = next_header(now_mono);
  if (asks_for_lockstep_) header.flags |= kFlagLockstep;
  return {.header = header, .body = hello};
}

Message Player::input(Nanoseconds now_mono, Nanoseconds intended_mono) {
  constexpr std::array<std::uint16_t, 4> kWay = {kButtonUp, kButtonRight, kButtonDown, kButtonLeft};
  constexpr std::uint64_t kInputsPerSide = 30;
  if (sent_.empty()) sent_.resize(kSentRing);
  const auto number = next_input_++;
  sent_[number % kSentRing] = {.sent_mono = now_mono, .intended_mono = intended_mono};
  const Input input{.client_tick = static_cast<std::uint32_t>(inputs_sent_),
                    .input_seq = number,
                    .buttons = kWay[inputs_sent_ / kInputsPerSide % kWay.size()]};
  ++inputs_sent_;
  return {.header = next_header(now_mono), .body = input};
}

Message Player::chat(Nanoseconds now_mono) { return {.header = next_header(now_mono), .body = Chat{.text = chats_.next_line()}}; }

Message Player::bye(Nanoseconds now_mono) { return {.header = next_header(now_mono), .body = Bye{}}; }

std::optional<Message> Player::state_hash(Nanoseconds now_mono) {
  const auto hash = lockstep_ ? lockstep_->take_hash() : std::nullopt;
  if (!hash) return std::nullopt;
  ++hashes_sent_;
  return Message{.header = next_header(now_mono), .body = *hash};
}

void Player::take(const Message& message, Nanoseconds now_mono) {
  if (const auto* reject = std::get_if<Reject>(&message.body)) {
    return fail(fmt::format("rejected: {}", reason_name(reject->reason)));
  }
  if (const auto* welcome = std::get_if<Welcome>(&message.body)) take_welcome(message.header, *welcome);
  const auto* bye = std::get_if<Bye>(&message.body);
  // A server that ends says so to those whom it has not welcomed yet, too.
  const bool expected = state_ == BotState::kPlaying || (state_ == BotState::kJoining && bye != nullptr);
  if (!expected || message.header.conn != conn_) return;
  if (!read_state(message)) return;
  const auto arrival = received_.receive(message.header.seq, now_mono);
  if (arrival == AckWindow::Arrival::kDuplicate) {
    ++duplicates_;
    return;
  }
  if (ack_hold_ > Nanoseconds::zero()) held_acks_.push_back({.received_mono = now_mono, .received = received_});
  if ((message.header.flags & kFlagInput) != 0) {
    if (const auto* snapshot = std::get_if<Snapshot>(&message.body)) take_answer(snapshot->last_input, now_mono);
    if (const auto* frames = std::get_if<Frames>(&message.body)) take_answer(frames->last_input, now_mono);
  }
  if (const auto* presence = std::get_if<Presence>(&message.body)) take_presence(message.header, *presence);
  if (const auto* chat = std::get_if<Chat>(&message.body)) {
    if (const auto taken = chats_.take(*chat, arrival == AckWindow::Arrival::kNewest); !taken) fail(taken.error());
  }
  if (bye != nullptr) fail(fmt::format("the server ended it: {}", reason_name(bye->reason)));
}

void Player::take_welcome(const Header& header, const Welcome& welcome) {
  if (welcome.nonce != nonce_ || state_ != BotState::kJoining) return;
  const bool lockstep = (header.flags & kFlagLockstep) != 0;
  if (welcome.tick_rate_hz == 0) return fail("the server welcomes to 0 ticks a second");
  if (asks_for_lockstep_ && !lockstep) return fail("the server welcomes, but not to the lockstep room");
  state_ = BotState::kPlaying;
  conn_ = header.conn;
  player_id_ = welcome.player_id;
  tick_rate_hz_ = welcome.tick_rate_hz;
  if (lockstep) lockstep_.emplace(tick_rate_hz_);
}

bool Player::read_state(const Message& message) {
  if (const auto* snapshot = std::get_if<Snapshot>(&message.body)) return read_snapshot(message.header, *snapshot);
  if (const auto* diverged = std::get_if<Diverged>(&message.body); diverged != nullptr && lockstep_) lockstep_->take(*diverged);
  if (const auto* state = std::get_if<RoomState>(&message.body)) return lockstep_ && lockstep_->take(*state);
  const auto* frames = std::get_if<Frames>(&message.body);
  if (frames == nullptr) return true;
  const bool taken = lockstep_ && lockstep_->take(*frames);
  if (diverges_ && lockstep_ && lockstep_->counts().applied >= 2 * tick_rate_hz_) {
    diverges_ = false;
    lockstep_->corrupt();
  }
  return taken;
}

bool Player::read_snapshot(const Header& header, const Snapshot& snapshot) {
  const auto states = reader_.read(header.seq, snapshot);
  if (!states) {
    ++snapshots_.unreadable;
    return false;
  }
  ++snapshots_.read;
  snapshots_.deltas += snapshot.baseline != 0 ? 1 : 0;
  snapshots_.compressed += snapshot.plain_bytes != 0 ? 1 : 0;
  snapshots_.states += states->size();
  snapshots_.content_bytes += snapshot.content.size();
  return true;
}

void Player::take_presence(const Header& header, const Presence& presence) {
  const auto taken = presence_.take(presence, (header.flags & kFlagPartial) != 0);
  if (!taken) fail(taken.error());
}

void Player::take_answer(std::uint16_t number, Nanoseconds now_mono) {
  if (acknowledged_input_ && !is_newer(number, *acknowledged_input_)) return;
  const auto age = static_cast<std::uint16_t>(next_input_ - number);
  if (age == 0 || age > kSentRing || age > inputs_sent_) return;
  // Inputs that are answered, up to what the ring still holds.
  const std::uint64_t answered =
      acknowledged_input_ ? static_cast<std::uint16_t>(number - *acknowledged_input_) : inputs_sent_ - age + 1;
  acknowledged_input_ = number;
  responses_.add(now_mono - sent_[number % kSentRing].sent_mono);
  const auto measured = std::min<std::uint64_t>(answered, kSentRing - age + 1);
  for (std::uint64_t i = 0; i < measured; ++i) {
    const auto older = static_cast<std::uint16_t>(number - i);
    intended_responses_.add(now_mono - sent_[older % kSentRing].intended_mono);
  }
}

}  // namespace tickwire::game
