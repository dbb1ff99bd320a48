// What it owns: the declared protocol of a service: where its messages keep the numbers that latency is measured by; and what the
// kernel counted with it.
// Who may use it: config makes rules, kernel loads them, ingest and State carry the counts, export shows them.
// Thread: any, values.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/protocol.h"

namespace tickwire::model {

// Bits of a message, counted as include/tickwire/rule.h says.
struct RuleField {
  std::uint16_t offset_bits = 0;
  std::uint8_t width_bits = 0;  // 1 .. 32
  bool little_endian = false;
  friend bool operator==(const RuleField&, const RuleField&) = default;
};

struct Rule {
  struct Magic {
    RuleField field;
    std::uint32_t mask = 0xffffffff;
    std::uint32_t value = 0;
    friend bool operator==(const Magic&, const Magic&) = default;
  };
  struct Delay {
    RuleField field;
    std::chrono::nanoseconds unit{};  // 1 ns .. 1 s
    friend bool operator==(const Delay&, const Delay&) = default;
  };
  struct Frame {
    std::uint8_t bytes = 4;  // 1 .. 4
    bool little_endian = false;
    bool counts_itself = false;
    friend bool operator==(const Frame&, const Frame&) = default;
  };

  std::string service;  // the name of the service it belongs to
  std::optional<Magic> magic;
  std::array<RuleField, 2> token{};                    // by Direction of the message: the sender's own number
  std::array<RuleField, 2> echo{};                     // by Direction: the other side's number that it acknowledges
  std::array<std::optional<RuleField>, 2> sequence{};  // by Direction: goes up by one a message
  std::optional<Delay> delay;                          // in messages in: how long the player held what it echoes
  std::optional<Frame> frame;                          // TCP: the length in front of each message

  // "world: token=64:16 echo=80:16 delay=128:16:32us magic=0:16:0x5457". The service's name and a colon, then words:
  //   token=OFFSET:WIDTH[:le]       both directions; token-in= and token-out= for one
  //   echo=OFFSET:WIDTH[:le]        likewise echo-in=, echo-out=
  //   sequence=OFFSET:WIDTH[:le]    likewise; optional
  //   delay=OFFSET:WIDTH:UNIT[:le]  UNIT is a duration; optional
  //   magic=OFFSET:WIDTH:VALUE[/MASK][:le]  VALUE and MASK decimal or 0x...; optional
  //   frame=BITS[:le][:self]        BITS 8, 16, 24 or 32; for TCP services only, and wanted there
  // Offsets and widths in bits; a field ends within the first 2048 bits. token and echo are needed for both directions, and the
  // echo that goes one way is as wide as the token that goes the other. Usage error that names the word and what is wrong with it.
  [[nodiscard]] static Result<Rule> parse(std::string_view text);
  friend bool operator==(const Rule&, const Rule&) = default;
};

// What the sequence numbers of one direction say, of a connection or a service. All of it only grows, and adds up.
struct SequenceCounts {
  std::uint64_t messages = 0;
  std::uint64_t passed_over = 0;  // numbers that a newer one came before
  std::uint64_t reordered = 0;    // of these, those that came
  std::uint64_t duplicated = 0;
  std::uint64_t jumps = 0;  // by 64 or more: a new start, no losses

  // Numbers that were passed over and have not come; the one number that can go down.
  [[nodiscard]] std::uint64_t lost() const { return passed_over > reordered ? passed_over - reordered : 0; }
  // Messages that must have been sent: those that came, each once, and those that were lost.
  [[nodiscard]] std::uint64_t expected() const { return messages - duplicated + lost(); }
  // lost / expected, 0 .. 1; none before the first message, and without sequences in the protocol.
  [[nodiscard]] std::optional<double> loss_ratio() const;
  friend bool operator==(const SequenceCounts&, const SequenceCounts&) = default;
};

// How a rule fared with a connection or a service, each by Direction. All of it only grows, and adds up.
struct RuleCounts {
  std::array<std::uint64_t, 2> messages{};   // with the protocol's magic
  std::array<std::uint64_t, 2> strangers{};  // packets that are none of the protocol's, or too short
  std::array<std::uint64_t, 2> tokens{};     // messages with a new token
  std::array<std::uint64_t, 2> echoes{};     // messages whose echo found its token
  std::array<SequenceCounts, 2> sequences{};

  static constexpr std::uint64_t kLeastMessages = 20;
  static constexpr double kFits = 0.05;
  // echoes / (messages + strangers) of a direction; none below kLeastMessages.
  [[nodiscard]] std::optional<double> match_ratio(Direction direction) const;
  // False when the match ratio of either direction is below kFits: the rule does not fit the traffic, and what it measured is not
  // shown. True while there are too few messages to say.
  [[nodiscard]] bool fits() const;

  RuleCounts& operator+=(const RuleCounts& gained);
  friend bool operator==(const RuleCounts&, const RuleCounts&) = default;
};

// Calls apply(count of `to`, the same count of `from`) for every count.
template <typename Apply>
void for_each_count(RuleCounts& to, const RuleCounts& from, Apply apply) {
  for (std::size_t i = 0; i < kDirections.size(); ++i) {
    for (const auto count : {&RuleCounts::messages, &RuleCounts::strangers, &RuleCounts::tokens, &RuleCounts::echoes}) {
      apply((to.*count)[i], (from.*count)[i]);
    }
    for (const auto count : {&SequenceCounts::messages, &SequenceCounts::passed_over, &SequenceCounts::reordered,
                             &SequenceCounts::duplicated, &SequenceCounts::jumps}) {
      apply(to.sequences[i].*count, from.sequences[i].*count);
    }
  }
}

}  // namespace tickwire::model
