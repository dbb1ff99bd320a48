// SPDX-License-Identifier: Apache-2.0
#include "vm/echo_truth.h"

#include <netinet/in.h>

#include <algorithm>
#include <set>

#include "harness/frame_view.h"

namespace tickwire::vm {

namespace {

using harness::FrameView;
using std::chrono::nanoseconds;

constexpr std::uint16_t kMagic = 0x5457;

bool after(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) > 0; }

// Calls `seen` with each frame of the conversation: what was read of it, its time, whether it left, its first bytes.
template <typename Seen>
void each(const Conversation& conversation, Seen seen) {
  for (const harness::LoggedFrame& frame : conversation.frames) {
    const std::optional<FrameView> read = harness::view(frame.head);
    if (!read) continue;
    const auto [node, player] = frame.outgoing ? std::pair(read->source_port, read->destination_port)
                                               : std::pair(read->destination_port, read->source_port);
    if (node == conversation.node_port && player == conversation.player_port) seen(*read, frame);
  }
}

// Tokens on their way, in the order in which they set out: an echo takes its own, and those before it, which cannot be echoed any more.
template <typename Token>
class Pending {
 public:
  // The first time counts.
  void add(Token token, nanoseconds at) {
    if (ever_.insert(token).second) pending_.emplace_back(token, at);
  }
  [[nodiscard]] std::optional<nanoseconds> take(Token token) {
    const auto found = std::ranges::find(pending_, token, &std::pair<Token, nanoseconds>::first);
    if (found == pending_.end()) return std::nullopt;
    const nanoseconds at = found->second;
    pending_.erase(pending_.begin(), std::next(found));
    return at;
  }

 private:
  std::vector<std::pair<Token, nanoseconds>> pending_;
  std::set<Token> ever_;
};

// Numbers as they were before they were cut to 16 bits.
class Unwrapped {
 public:
  std::int64_t operator()(std::uint16_t number) {
    if (!newest_) newest_ = number;
    const std::int64_t value = *newest_ + static_cast<std::int16_t>(number - static_cast<std::uint16_t>(*newest_));
    newest_ = std::max(*newest_, value);
    return value;
  }

 private:
  std::optional<std::int64_t> newest_;
};

}  // namespace

std::vector<std::uint8_t> written(const Header& header) {
  std::vector<std::uint8_t> message(kHeaderBytes);
  const auto put = [&](std::size_t at, std::uint64_t value) {
    message.at(at) = static_cast<std::uint8_t>(value >> 8);
    message.at(at + 1) = static_cast<std::uint8_t>(value);
  };
  put(0, kMagic);
  put(8, header.seq);
  put(10, header.ack);
  put(16, static_cast<std::uint64_t>(header.ack_delay / kDelayUnit));
  return message;
}

std::optional<Header> read(std::span<const std::uint8_t> message) {
  if (message.size() < kHeaderBytes) return std::nullopt;
  const auto get = [&](std::size_t at) { return static_cast<std::uint16_t>(message[at] << 8 | message[at + 1]); };
  if (get(0) != kMagic) return std::nullopt;
  return Header{.seq = get(8), .ack = get(10), .ack_delay = get(16) * kDelayUnit};
}

Samples timestamp_samples(const Conversation& conversation) {
  Samples samples;
  Pending<std::uint32_t> sent;
  std::optional<std::uint32_t> end;
  each(conversation, [&](const FrameView& frame, const harness::LoggedFrame& logged) {
    if (frame.syn || !frame.timestamp_value) return;
    if (!logged.outgoing) {
      if (const auto since = sent.take(*frame.timestamp_echo)) samples.push_back(logged.at - *since);
      return;
    }
    const std::uint32_t frame_end = frame.sequence + static_cast<std::uint32_t>(frame.payload_bytes);
    if (frame.payload_bytes == 0 || (end && !after(frame_end, *end))) return;
    end = frame_end;
    sent.add(*frame.timestamp_value, logged.at);
  });
  return samples;
}

Samples sequence_samples(const Conversation& conversation) {
  Samples samples;
  std::vector<std::pair<std::uint32_t, nanoseconds>> sent;  // ends of ranges that were sent once and are not acknowledged
  std::optional<std::uint32_t> end;
  each(conversation, [&](const FrameView& frame, const harness::LoggedFrame& logged) {
    if (frame.syn) return;
    if (!logged.outgoing) {
      const auto rest = std::ranges::find_if(sent, [&](const auto& range) { return after(range.first, frame.acknowledgement); });
      if (rest != sent.begin()) samples.push_back(logged.at - std::prev(rest)->second);
      sent.erase(sent.begin(), rest);
      return;
    }
    if (frame.payload_bytes == 0) return;
    const std::uint32_t frame_end = frame.sequence + static_cast<std::uint32_t>(frame.payload_bytes);
    if (!end || after(frame_end, *end)) {
      end = frame_end;
      sent.emplace_back(frame_end, logged.at);
    } else {
      std::erase_if(sent, [&](const auto& range) { return after(range.first, frame.sequence); });
    }
  });
  return samples;
}

RuleTruth rule_truth(const Conversation& conversation) {
  RuleTruth truth;
  Pending<std::uint16_t> sent;
  std::vector<std::pair<std::int64_t, nanoseconds>> came;  // what was not answered, in its order
  std::set<std::int64_t> ever_came;
  Unwrapped in, echoed;
  each(conversation, [&](const FrameView& frame, const harness::LoggedFrame& logged) {
    if (frame.protocol != IPPROTO_UDP) return;
    const std::optional<Header> header = read(std::span(logged.head).subspan(frame.payload_offset));
    if (!header) return;
    if (logged.outgoing) {
      const std::int64_t answered = echoed(header->ack);
      const auto rest = std::ranges::find_if(came, [&](const auto& message) { return message.first > answered; });
      if (rest != came.begin()) truth.turnaround.push_back(logged.at - came.front().second);
      came.erase(came.begin(), rest);
      sent.add(header->seq, logged.at);
      return;
    }
    if (const auto since = sent.take(header->ack)) {
      truth.rtt.push_back(logged.at - *since);
      truth.network.push_back(logged.at - *since - header->ack_delay);
    }
    const std::int64_t number = in(header->seq);
    const bool late = !ever_came.empty() && number < *ever_came.rbegin();
    ++truth.messages;
    if (!ever_came.insert(number).second) {
      ++truth.duplicated;
    } else if (late) {
      ++truth.reordered;
    } else {
      came.emplace_back(number, logged.at);
    }
  });
  if (!ever_came.empty())
    truth.lost = static_cast<std::uint64_t>(*ever_came.rbegin() - *ever_came.begin() + 1) - ever_came.size();
  return truth;
}

Impossible impossible(const std::vector<Cell>& cells, const Samples& possible, nanoseconds allowance) {
  Impossible most;
  for (auto first = cells.begin(); first != cells.end(); ++first) {
    std::uint64_t samples = 0;
    for (auto last = first; last != cells.end(); ++last) {
      samples += last->samples;
      const auto places = static_cast<std::uint64_t>(std::ranges::count_if(
          possible, [&](nanoseconds sample) { return sample >= first->from - allowance && sample <= last->to + allowance; }));
      if (samples > places + most.samples) most = {.samples = samples - places, .from = first->from, .to = last->to};
    }
  }
  return most;
}

}  // namespace tickwire::vm
