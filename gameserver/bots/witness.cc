// SPDX-License-Identifier: Apache-2.0
#include "gameserver/bots/witness.h"

#include <array>

#include "gameserver/bots/stamps.h"

namespace tickwire::game {
namespace {

std::string_view type_name(const Body& body) {
  constexpr auto kNames = std::to_array<std::string_view>({"hello", "welcome", "input", "snapshot", "chat", "bye", "reject",
                                                           "presence", "frames", "room_state", "state_hash", "diverged"});
  static_assert(kNames.size() == std::variant_size_v<Body>);
  return kNames.at(body.index());
}

}  // namespace

void Witness::opened(const char* protocol, int borrowed_fd, const Endpoint& local, const Endpoint& remote) {
  if (log_ == nullptr) return;
  tuple_ = {.protocol = protocol, .local = local.text(), .remote = remote.text()};
  stream_ = tuple_.protocol != "udp";
  enable_stamps(borrowed_fd);
}

void Witness::sent(const Message& message, std::size_t payload_bytes, Nanoseconds intended_mono, Nanoseconds called_mono) {
  if (log_ == nullptr) return;
  // A stream's stamp has the number of the last byte of the message.
  next_number_ += stream_ ? static_cast<std::uint32_t>(payload_bytes) : 1;
  SentTruth truth{.type = type_name(message.body),
                  .seq = message.header.seq,
                  .payload_bytes = payload_bytes,
                  .intended_mono = intended_mono,
                  .called_mono = called_mono};
  if (const auto* input = std::get_if<Input>(&message.body)) truth.input_seq = input->input_seq;
  if (const auto* hash = std::get_if<StateHash>(&message.body)) truth.frame = hash->frame;
  pending_.push_back({.number = next_number_ - 1, .truth = truth});
  if (pending_.size() > kMostPending) write_oldest(std::nullopt);
}

void Witness::passed_over(std::size_t bytes) { next_number_ += static_cast<std::uint32_t>(bytes); }

void Witness::refused(int borrowed_fd) {
  if (log_ == nullptr) return;
  close(borrowed_fd);
  enable_stamps(borrowed_fd);
  next_number_ = 0;
}

void Witness::received(const Message& message, std::size_t payload_bytes, Nanoseconds arrived_unix, Nanoseconds read_mono) {
  if (log_ == nullptr) return;
  const Header& header = message.header;
  ReceivedTruth truth{.type = type_name(message.body),
                      .seq = header.seq,
                      .ack_delay = header.ack_delay,
                      .payload_bytes = payload_bytes,
                      .read_mono = read_mono};
  if ((header.flags & kFlagAck) != 0) truth.ack = header.ack;
  const bool has_input = (header.flags & kFlagInput) != 0;
  if (const auto* snapshot = std::get_if<Snapshot>(&message.body); snapshot != nullptr && has_input) {
    truth.last_input = snapshot->last_input;
  }
  if (const auto* frames = std::get_if<Frames>(&message.body)) {
    if (has_input) truth.last_input = frames->last_input;
    if (frames->count > 0) truth.frame = frames->first + frames->count - 1;
  }
  if (const auto* state = std::get_if<RoomState>(&message.body)) truth.frame = state->frame;
  if (const auto* diverged = std::get_if<Diverged>(&message.body)) truth.frame = diverged->frame;
  log_->received(tuple_, truth, arrived_unix > Nanoseconds::zero() ? std::optional(arrived_unix) : std::nullopt);
}

void Witness::interval(std::string_view kind, Nanoseconds begin_mono, Nanoseconds end_mono) {
  if (log_ != nullptr) log_->interval(tuple_, kind, begin_mono, end_mono);
}

void Witness::collect(int borrowed_fd) {
  if (log_ == nullptr) return;
  while (const auto stamp = next_sent_stamp(borrowed_fd)) {
    const auto is_before = [&stamp](const Pending& pending) {
      return static_cast<std::int32_t>(pending.number - stamp->number) < 0;
    };
    while (!pending_.empty() && is_before(pending_.front())) write_oldest(std::nullopt);
    // A second stamp of the same packet, from another device on its way, finds nothing.
    if (!pending_.empty() && pending_.front().number == stamp->number) write_oldest(stamp->left_unix);
  }
}

void Witness::close(int borrowed_fd) {
  if (log_ == nullptr) return;
  collect(borrowed_fd);
  while (!pending_.empty()) write_oldest(std::nullopt);
}

void Witness::write_oldest(std::optional<Nanoseconds> left_unix) {
  log_->sent(tuple_, pending_.front().truth, left_unix);
  pending_.pop_front();
}

}  // namespace tickwire::game
