// SPDX-License-Identifier: Apache-2.0
// The token echo beside a second one, which keeps what is pending as a plain list: whatever order tokens and echoes come in.
//
// An input: a byte for the tokens' width, then moves of four bytes each: what happens, how much time passes, and a number.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

#include "fuzz/check.h"
#include "fuzz/host/program.h"

namespace tickwire::fuzz {
namespace {

struct Token {
  std::uint32_t number;
  std::uint64_t sent_ns;
  friend bool operator==(const Token&, const Token&) = default;
  friend auto operator<=>(const Token&, const Token&) = default;
};

// What the programs keep, and the list that it must be.
class Echo {
 public:
  explicit Echo(unsigned width) : width_(width) {}

  void move(std::uint8_t kind, std::uint8_t pause, std::uint16_t number) {
    // Up to two seconds, or so long that what waits is stale.
    now_ns_ += pause == 255 ? TW_SAMPLE_MAX_NS : 1 + pause * 8'000'000ULL;
    const auto token = static_cast<std::uint32_t>(number & (size() - 1));
    switch (kind % 4) {
      case 0:
        pass(ahead(token));
        break;
      case 1:
        pass(token);
        break;
      case 2:
        take_exactly(ahead(0) - (number & 7));
        break;
      default: {
        const std::uint32_t covered = kind >= 128 ? token : ahead(0) - (number & 7);
        kind % 8 < 4 ? take_covered(covered) : take_answered(covered);
      }
    }
    compare();
  }

 private:
  [[nodiscard]] std::uint64_t size() const { return 1ULL << width_; }
  // How far b lies behind a, going up.
  [[nodiscard]] std::uint64_t from(std::uint32_t a, std::uint32_t b) const { return (b + size() - a % size()) % size(); }
  [[nodiscard]] bool at_or_before(std::uint32_t a, std::uint32_t b) const { return from(a, b) < size() / 2; }
  [[nodiscard]] std::uint32_t ahead(std::uint32_t steps) const {
    return static_cast<std::uint32_t>((newest_.value_or(0) + steps % 8) % size());
  }

  // A token passes, if it is a new one.
  void pass(std::uint32_t token) {
    if (newest_) {
      const bool known = at_or_before(token, *newest_);
      const bool anew = known && from(token, *newest_) >= TW_SEQUENCE_JUMP;
      check(host_is_new(times_ns_.data(), tokens_.data(), token, *newest_, width_) == (!known || anew), "a token is new or not");
      if (known && !anew) return;
      expected_.count[TW_LOSS_UNMATCHED] +=
          std::erase_if(pending_, [&](const Token& old) { return anew || !at_or_before(old.number, token); });
    }
    newest_ = token;
    make_room();
    if (pending_.size() < TW_TOKENS) pending_.push_back({token, now_ns_});
    host_store_new_token(times_ns_.data(), tokens_.data(), token, now_ns_);
  }
  // Of several stale ones any may go: it is the programs' choice, so theirs is looked up before it is made.
  void make_room() {
    if (pending_.size() < TW_TOKENS) return;
    for (std::size_t place = 0; place < TW_TOKENS; ++place) {
      if (now_ns_ - times_ns_[place] < TW_SAMPLE_MAX_NS) continue;
      std::erase(pending_, Token{tokens_[place], times_ns_[place]});
      ++expected_.count[TW_LOSS_STALE];
      return;
    }
  }

  void take_exactly(std::uint32_t echo) {
    echo = static_cast<std::uint32_t>(echo % size());
    const auto found = std::ranges::find(pending_, echo, &Token::number);
    const std::uint64_t expected = found == pending_.end() ? 0 : found->sent_ns;
    const auto gone = std::erase_if(pending_, [&](const Token& token) { return at_or_before(token.number, echo); });
    expected_.count[TW_LOSS_UNMATCHED] += gone - (expected != 0 ? 1 : 0);
    check(host_take_token(times_ns_.data(), tokens_.data(), echo, width_) == expected, "an echo takes its own token's time");
  }
  void take_covered(std::uint32_t acknowledged) {
    acknowledged = static_cast<std::uint32_t>(acknowledged % size());
    std::optional<Token> newest;
    for (const Token& token : pending_) {
      if (!at_or_before(token.number, acknowledged)) continue;
      if (!newest || from(token.number, acknowledged) < from(newest->number, acknowledged)) newest = token;
    }
    const auto gone = std::erase_if(pending_, [&](const Token& token) { return at_or_before(token.number, acknowledged); });
    expected_.count[TW_LOSS_UNMATCHED] += gone - (newest ? 1 : 0);
    check(host_take_covered(times_ns_.data(), tokens_.data(), acknowledged, width_) == (newest ? newest->sent_ns : 0),
          "an acknowledgement takes the time of the newest token that it covers");
  }

  void take_answered(std::uint32_t answered) {
    answered = static_cast<std::uint32_t>(answered % size());
    std::uint64_t first_ns = 0;
    std::erase_if(pending_, [&](const Token& token) {
      if (!at_or_before(token.number, answered)) return false;
      first_ns = first_ns == 0 ? token.sent_ns : std::min(first_ns, token.sent_ns);
      return true;
    });
    check(host_take_answered(times_ns_.data(), tokens_.data(), answered, width_) == first_ns,
          "an answer takes the time of the first token that it covers");
  }

  void compare() {
    std::vector<Token> kept;
    for (std::size_t place = 0; place < TW_TOKENS; ++place) {
      if (times_ns_[place] != 0) kept.push_back({tokens_[place], times_ns_[place]});
    }
    std::ranges::sort(kept);
    std::ranges::sort(pending_);
    check(kept == pending_, "what is pending is what the list has");
    const tw_losses counted = host_take_losses();
    for (int reason = 0; reason < TW_LOSS_MAX; ++reason)
      check(counted.count[reason] == expected_.count[reason], "a token that is lost is counted, and by its reason");
    expected_ = {};
  }

  unsigned width_;
  std::uint64_t now_ns_ = 1;
  std::array<__u64, TW_TOKENS> times_ns_{};
  std::array<__u32, TW_TOKENS> tokens_{};
  std::optional<std::uint32_t> newest_;
  std::vector<Token> pending_;
  tw_losses expected_{};
};

}  // namespace
}  // namespace tickwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t length) {
  if (length == 0) return 0;
  host_take_losses();
  tickwire::fuzz::Echo echo(1U + bytes[0] % TW_FIELD_WIDTH_MAX);
  for (std::size_t at = 1; at + 4 <= length; at += 4)
    echo.move(bytes[at], bytes[at + 1], static_cast<std::uint16_t>(bytes[at + 2] << 8 | bytes[at + 3]));
  return 0;
}
